import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import {
  type Compression,
  compressionOf,
  isMixed,
  layerRuns,
  sniffCompression,
} from "../../policypack/oci/compression";
import { types } from "../../support/registry/documents";

const docker = "application/vnd.docker.image.rootfs";
const oci = "application/vnd.oci.image.layer";

const claims: [mediaType: string, compression: Compression][] = [
  [`${docker}.diff.tar`, "none"],
  [`${docker}.diff.tar.gzip`, "gzip"],
  [`${docker}.diff.tar.zstd`, "zstd"],
  [`${docker}.foreign.diff.tar`, "none"],
  [`${docker}.foreign.diff.tar.gzip`, "gzip"],
  [`${docker}.foreign.diff.tar.zstd`, "zstd"],
  [`${docker}.diff.tar+gzip`, "gzip"],
  [`${docker}.diff.tar+zstd`, "zstd"],
  [`${oci}.v1.tar`, "none"],
  [`${oci}.v1.tar+gzip`, "gzip"],
  [`${oci}.v1.tar+zstd`, "zstd"],
  [`${oci}.nondistributable.v1.tar`, "none"],
  [`${oci}.nondistributable.v1.tar+gzip`, "gzip"],
  [`${oci}.nondistributable.v1.tar+zstd`, "zstd"],
  [`${oci.toUpperCase()}.V1.TAR+ZSTD`, "zstd"],
  [` ${oci}.v1.tar+gzip ; charset=binary`, "gzip"],
  [`${oci}.v1.tar+gzip+encrypted`, "unknown"],
  [`${oci}.v1.tar+encrypted`, "unknown"],
  [`${oci}.v1.tar+bzip2`, "unknown"],
  [`${oci}.v1.tar.gzip`, "unknown"],
  [`${oci}.v2.tar+gzip`, "unknown"],
  [`${docker}.diff.tar.gzip+zstd`, "unknown"],
  [`${docker}.diff.tar.gz`, "unknown"],
  [`x${docker}.diff.tar.gzip`, "unknown"],
  [`${docker}.diff.tar.gzip\nx`, "unknown"],
  ["application/vnd.example.layer.v1.tar+gzip", "unknown"],
  ["application/vnd.in-toto+json", "unknown"],
  ["__proto__", "unknown"],
  ["", "unknown"],
];

describe("the compression of a layer", () => {
  for (const [mediaType, compression] of claims) {
    it(`is ${compression} behind ${JSON.stringify(mediaType)}`, () => {
      assert.equal(compressionOf(mediaType), compression);
    });
  }

  it("is detected by the blob's first bytes", () => {
    const rows: [bytes: Iterable<number>, compression: Compression][] = [
      [gzipSync("layer"), "gzip"],
      [[0x1f, 0x8b], "none"],
      [[0x1f, 0x8b, 0x07, 0], "none"],
      [[0x28, 0xb5, 0x2f, 0xfd, 0], "zstd"],
      [[0x28, 0xb5, 0x2f], "none"],
      [[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0], "zstd"],
      [[0x5f, 0x2a, 0x4d, 0x18], "zstd"],
      [[0x60, 0x2a, 0x4d, 0x18], "none"],
      [new TextEncoder().encode("etc/passwd"), "none"],
      [[], "none"],
    ];
    for (const [bytes, compression] of rows)
      assert.equal(sniffCompression(Uint8Array.from(bytes)), compression);
  });
});

describe("an image's layers", () => {
  const of = (...mediaTypes: string[]) => mediaTypes.map((mediaType) => ({ mediaType }));

  it("are mixed with at least one gzip and one zstd among them, whatever else there is", () => {
    assert.equal(isMixed(of(types.dockerGzip, types.dockerZstd)), true);
    assert.equal(isMixed(of(types.ociZstd, "x/y", `${oci}.v1.tar`, types.dockerGzip)), true);
    for (const one of [
      [],
      [types.dockerZstd],
      [types.dockerGzip, `${oci}.v1.tar`, "x/y"],
      [types.ociZstd, types.dockerZstd],
    ]) {
      assert.equal(isMixed(of(...one)), false);
    }
  });

  it("are judged by a known compression rather than by their type", () => {
    assert.equal(
      isMixed([...of(types.dockerGzip), { mediaType: types.dockerGzip, compression: "zstd" }]),
      true,
    );
  });

  it("fall into runs of one media type, counted from 1", () => {
    assert.deepEqual(
      layerRuns(of(types.ociGzip, types.ociGzip, types.ociZstd, types.dockerZstd, types.ociGzip)),
      [
        { first: 1, last: 2, compression: "gzip", mediaType: types.ociGzip },
        { first: 3, last: 3, compression: "zstd", mediaType: types.ociZstd },
        { first: 4, last: 4, compression: "zstd", mediaType: types.dockerZstd },
        { first: 5, last: 5, compression: "gzip", mediaType: types.ociGzip },
      ],
    );
    assert.deepEqual(layerRuns([]), []);
  });

  it("are each in exactly one run, and neighbouring runs differ", () => {
    const layers = fc.array(
      fc.record({ mediaType: fc.constantFrom(types.ociGzip, types.ociZstd, types.dockerZstd, "x/y") }),
    );
    fc.assert(
      fc.property(layers, (list) => {
        const runs = layerRuns(list);
        const covered = runs.flatMap(({ first, last, mediaType }) =>
          of(...Array<string>(last - first + 1).fill(mediaType)),
        );
        assert.deepEqual(
          covered.map(({ mediaType }) => mediaType),
          list.map(({ mediaType }) => mediaType),
        );
        runs.forEach((run, i) => {
          assert.equal(run.first, (runs[i - 1]?.last ?? 0) + 1);
          assert.notEqual(run.mediaType, runs[i - 1]?.mediaType);
        });
      }),
      { seed: 20250214, numRuns: 300 },
    );
  });
});
