import assert from "node:assert/strict";
import fc from "fast-check";
import { credentialOfEntry } from "../../policypack/logins/docker-config";
import { base64, marker } from "../../support/registry/logins";

describe("an entry of auths", () => {
  it("gives back every user name and password that auth can hold", () => {
    const username = fc
      .string({ minLength: 1, unit: "grapheme" })
      .filter((text) => !/:|^<token>$/.test(text));
    const password = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !/^\0|\0$/.test(text));
    fc.assert(
      fc.property(username, password, (name, secret) => {
        const credential = credentialOfEntry({ auth: base64(`${name}:${secret}`) }, "it");
        assert.deepEqual(credential, { username: name, password: secret });
      }),
      { seed: 4, examples: [["me", "a:b::c"]] },
    );
  });

  it("trims the zero bytes that old docker versions padded passwords with, and skips line ends", () => {
    const auth = base64("me:secret\0\0");
    const wrapped = `${auth.slice(0, 4)}\r\n${auth.slice(4)}\n`;
    assert.deepEqual(credentialOfEntry({ auth: wrapped }, "it"), { username: "me", password: "secret" });
  });

  it("of any JSON gives an answer or a fault in safe words", () => {
    const field = fc.constantFrom("auth", "username", "password", "identitytoken", "Auth");
    const value = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constant(marker), fc.constant(base64(marker)));
    fc.assert(
      fc.property(fc.oneof(value, fc.dictionary(field, value)), (content) => {
        try {
          credentialOfEntry(content, "it");
        } catch (error) {
          assert.ok(error instanceof Error && error.name === "CredentialError");
          assert.ok(!error.message.includes(marker) && !error.message.includes(base64(marker)));
        }
      }),
      { seed: 4 },
    );
  });
});
