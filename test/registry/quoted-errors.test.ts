import assert from "node:assert/strict";
import fc from "fast-check";
import { errorTextOf } from "../../policypack/registry/errors";

function quoted(message: string, secrets: readonly string[] = []): string {
  const body = Buffer.from(JSON.stringify({ errors: [{ code: "DENIED", message }] }));
  return errorTextOf(
    { url: new URL("https://registry.example/v2/"), status: 403, header: () => [], body },
    secrets,
  ).quoted;
}

const bytes = (text: string) => Buffer.from(text, "utf8");
const reversed = (text: string) => Array.from(text).reverse().join("");
const percent = (text: string) =>
  [...bytes(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

/** What a registry may make of a password that it repeats. */
const forms: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (secret) => secret,
  "in upper case": (secret) => secret.toUpperCase(),
  "in lower case": (secret) => secret.toLowerCase(),
  reversed,
  "in hex": (secret) => bytes(secret).toString("hex"),
  "in upper-case hex": (secret) => bytes(secret).toString("hex").toUpperCase(),
  "in spaced hex": (secret) => [...bytes(secret)].map((byte) => byte.toString(16)).join(" "),
  "in base64": (secret) => bytes(secret).toString("base64"),
  "in base64 without padding": (secret) => bytes(secret).toString("base64").replace(/=+$/, ""),
  "in base64 for URLs": (secret) => bytes(secret).toString("base64url"),
  "in base64 with its user": (secret) => bytes(`robot:${secret}`).toString("base64"),
  "in reversed base64": (secret) => reversed(bytes(secret).toString("base64")),
  spaced: (secret) => Array.from(secret).join(" "),
  "with dashes": (secret) => Array.from(secret).join("-"),
  halved: (secret) => `${secret.slice(0, secret.length / 2)} and ${secret.slice(secret.length / 2)}`,
  "its first half": (secret) => secret.slice(0, secret.length / 2 + 1),
  "percent-encoded": percent,
  "partly percent-encoded": (secret) => secret.slice(0, 2) + percent(secret.slice(2)),
  "in character codes": (secret) => [...bytes(secret)].join(", "),
  "in a URL's query": (secret) => `https://registry.example/?password=${secret}`,
};

describe("an error text of a registry", () => {
  for (const text of [
    "requested access to the resource is denied",
    "manifest unknown: OCI index found, but Accept header does not support OCI indexes",
    "You have reached your pull rate limit. See https://www.docker.com/increase-rate-limit",
    'repository "team/app" not found (try again)',
  ]) {
    it(`is quoted as it is: ${text}`, () => {
      assert.equal(quoted(text, ["Tr0ub4dor&3", "hunter22"]), `: "${text}"`);
    });
  }

  for (const text of ["a%62c", "a\\u0062", "a&#98;c", "ａｂｃ", "a\u001b[31m", "\u202eabc", "#$^~|`"]) {
    it(`is not quoted if it may encode another: ${JSON.stringify(text)}`, () => {
      assert.equal(quoted(text), "");
    });
  }

  it("is cut to 200 characters", () => {
    assert.equal(quoted("no such thing ".repeat(100)).length, 204);
  });

  for (const [form, write] of Object.entries(forms)) {
    it(`is not quoted if it holds a password ${form}`, () => {
      const password = fc.string({
        minLength: 6,
        maxLength: 40,
        unit: fc.constantFrom(...Array.from("abcXYZ0189-_.!")),
      });
      fc.assert(
        fc.property(password, fc.constantFrom("", "denied for ", "your password is: "), (secret, before) => {
          fc.pre(/[a-z0-9].*[a-z0-9].*[a-z0-9].*[a-z0-9]/i.test(secret));
          const written = write(secret);
          const shown = quoted(`${before}${written}, sorry`, [secret]);
          assert.ok(!shown.includes(written) && !(shown !== "" && form !== "in a URL's query"), shown);
        }),
        { seed: 20261127, numRuns: 100 },
      );
    });
  }
});
