import assert from "node:assert/strict";
import fc from "fast-check";
import { grantedIn } from "../../policypack/registry/token-batches";

describe("the access claim of a token", () => {
  const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;
  const rows: [what: string, token: string, granted: string[] | undefined][] = [
    ["a text that is not a JWT", "opaque", undefined],
    ["a JWT without the claim", token({ sub: "x" }), undefined],
    ["a JWT whose payload is not JSON", "e30.e30e30e.x", undefined],
    ["an empty claim", token({ access: [] }), []],
    [
      "a claim with other types, other actions and garbage",
      token({
        access: [
          { type: "repository", name: "a", actions: ["push", "pull"] },
          { type: "repository", name: "b", actions: ["*"] },
          { type: "repository", name: "c", actions: ["push"] },
          { type: "registry", name: "catalog", actions: ["*"] },
          { type: "repository", name: 7, actions: ["pull"] },
          null,
          "repository:d:pull",
        ],
      }),
      ["a", "b"],
    ],
  ];
  for (const [what, text, granted] of rows)
    it(`is read from ${what}`, () => {
      assert.deepEqual(grantedIn(text), granted && new Set(granted));
    });

  it("is read from any text without throwing", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => token(json)),
        ),
        (text) => {
          grantedIn(text);
        },
      ),
    );
  });
});
