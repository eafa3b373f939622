import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { digestProblem, isDigest, sha256Of, verifyDigest } from "../../policypack/oci/digest";

describe("a digest", () => {
  // go-digest `digest_test.go` holds most of these.
  const cases: [digest: string, problem: RegExp | undefined][] = [
    [`sha256:${"a".repeat(64)}`, undefined],
    [`sha384:${"a".repeat(96)}`, undefined],
    [`sha512:${"0".repeat(128)}`, undefined],
    ["", /not of the form/],
    ["sha256", /not of the form/],
    [`sha256-${"a".repeat(64)}`, /not of the form/],
    [`sha256:${"a".repeat(63)}`, /63 hex digits/],
    [`sha256:${"g".repeat(64)}`, /lower-case hex/],
    [`SHA256:${"a".repeat(64)}`, /unknown algorithm/],
    [`sha1:${"a".repeat(40)}`, /unknown algorithm/],
    [`sha384.foo+bar:${"a".repeat(96)}`, /unknown algorithm/],
    [`sha384__foo+bar:${"a".repeat(96)}`, /not of the form/],
    ["sha256+b64:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564", /unknown algorithm/],
    [`sha256:${"A".repeat(64)}`, /lower-case hex/],
    [`sha256:${" ".repeat(64)}`, /not of the form/],
    [`sha256:${"a".repeat(64)}\n`, /not of the form/],
    [`sha512:${"a".repeat(64)}`, /64 hex digits where sha512 has 128/],
    ["sha256:", /not of the form/],
    [":", /not of the form/],
    ["a.".repeat(1_000_000), /2000000 characters/],
  ];
  for (const [digest, problem] of cases) {
    it(`${JSON.stringify(digest.slice(0, 20))} (${digest.length} characters) is ${problem === undefined ? "legal" : "not"}`, () => {
      assert.equal(isDigest(digest), problem === undefined);
      if (problem !== undefined) assert.match(digestProblem(digest) ?? "", problem);
    });
  }

  it("is that of its own bytes and of no others", () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.uint8Array(),
        fc.constantFrom("sha256", "sha384", "sha512"),
        (bytes, other, algorithm) => {
          const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
          assert.ok(verifyDigest(digest, bytes));
          assert.equal(verifyDigest(digest, other), Buffer.compare(bytes, other) === 0);
        },
      ),
      { seed: 5 },
    );
  });

  it("of an empty text is the one of the algorithm's standard", () => {
    assert.equal(
      sha256Of(new Uint8Array()),
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });

  it("verifies nothing if it is not valid, whatever the text", () => {
    const bytes = new Uint8Array([1]);
    const hex = sha256Of(bytes).slice("sha256:".length);
    for (const digest of [
      "",
      hex,
      `SHA256:${hex}`,
      `sha256:${hex.toUpperCase()}`,
      `md5:${hex}`,
      `sha256:${hex}:`,
    ]) {
      assert.equal(verifyDigest(digest, bytes), false);
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.equal(isDigest(text), false);
        assert.equal(verifyDigest(text, bytes), false);
      }),
      { seed: 7 },
    );
  });
});
