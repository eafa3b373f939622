import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { layerBytes, sniffedBytes } from "../../policypack/oci/compression";
import { tar } from "../../support/registry/tar";
import { zstdFrame } from "../../support/registry/zstd";

describe("the first bytes of a layer", () => {
  const archive = tar([{ name: "file", body: "content\n" }]);
  const skippable = Buffer.concat([
    Buffer.from("502a4d1804000000", "hex"),
    Buffer.alloc(4),
    zstdFrame(archive),
  ]);
  const cases: [what: string, bytes: Uint8Array, kind: string][] = [
    ["gzip", gzipSync(archive), "gzip"],
    ["zstd", zstdFrame(archive), "zstd"],
    ["zstd after a skippable frame", skippable, "zstd-skippable"],
    ["a tar", archive, "none"],
    ["a tar without entries", Buffer.alloc(1024), "none"],
    ["an empty blob", Buffer.alloc(0), "none"],
    ["a tar that is cut off in its first header", archive.subarray(0, 511), "unknown"],
    ["text", Buffer.from("x".repeat(600)), "unknown"],
    ["bzip2", Buffer.concat([Buffer.from("BZh9"), Buffer.alloc(600, 7)]), "unknown"],
    ["ciphertext", Buffer.alloc(600, 0xa5), "unknown"],
  ];
  for (const [what, bytes, kind] of cases) {
    it(`show ${what} as ${kind}`, () => {
      assert.equal(layerBytes(bytes.subarray(0, sniffedBytes)), kind);
    });
  }

  it("are a tar's if the checksum of its header is right", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 147 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(archive.subarray(0, sniffedBytes));
        changed[at] = (changed[at]! + by) % 256;
        assert.notEqual(layerBytes(changed), "none");
      }),
      { seed: 1 },
    );
  });
});
