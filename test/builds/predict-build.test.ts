import assert from "node:assert/strict";
import fc from "fast-check";
import { type Build, predictBuild } from "../../policypack/builds/predict-build";

const docker = "application/vnd.docker.image.rootfs.diff.tar";
const oci = "application/vnd.oci.image.layer.v1.tar";

const zstdBase = { baseLayers: [`${docker}.zstd`], newLayers: 1 };
const gzipBase = { baseLayers: [`${docker}.gzip`], newLayers: 1 };

describe("a predicted build", () => {
  const fixed = [`${docker}.gzip`, `${docker}.gzip`];
  const left = [`${docker}.zstd`, `${docker}.gzip`];
  const byDefault = [`${oci}+zstd`, `${oci}+gzip`];
  const forced = { compression: "gzip", forceCompression: true } as const;

  const versions: readonly [version: string, build: Build, layers: readonly string[]][] = [
    ["0.18.2", { ...zstdBase, ...forced }, left],
    ["v0.19.0", { ...zstdBase, ...forced }, fixed],
    ["0.19", { ...zstdBase, ...forced }, fixed],
    ["v0.11.7+d3e6c1360f6e", { ...zstdBase, ...forced }, left],
    ["v0.30.9", zstdBase, left],
    ["v0.31.0-rc1", zstdBase, byDefault],
    ["v0.100.0", zstdBase, byDefault],
    [" 1.0.0 ", zstdBase, byDefault],
  ];
  for (const [buildkitVersion, build, layers] of versions) {
    it(`follows the rules of BuildKit ${buildkitVersion}`, () => {
      assert.deepEqual(predictBuild({ ...build, buildkitVersion }), { layers });
    });
  }

  const unknown: readonly [title: string, build: Build, expected: unknown][] = [
    ["does not pull before it was OCI by default", zstdBase, { layers: left }],
    ["does not pull before force worked on docker's zstd", { ...zstdBase, ...forced }, { layers: left }],
    ["mixes", { ...gzipBase, compression: "zstd" }, { layers: [`${docker}.gzip`, `${docker}.zstd`] }],
    [
      "does not pull, though nothing mixes",
      { ...zstdBase, compression: "zstd", forceCompression: true },
      { layers: [`${docker}.zstd`, `${docker}.zstd`] },
    ],
    [
      "mixes in OCI types, before a refusal",
      { ...zstdBase, attestations: true, ociMediaTypes: false },
      { layers: byDefault },
    ],
    [
      "is refused, before one that is well",
      { ...gzipBase, attestations: true, ociMediaTypes: false },
      { error: 'cannot export attestations with "oci-mediatypes=false"' },
    ],
    ["is well in all, as the newest makes it", gzipBase, { layers: [`${oci}+gzip`, `${oci}+gzip`] }],
    ["is the same in all", { ...gzipBase, ociMediaTypes: false }, { layers: fixed }],
  ];
  for (const [title, build, expected] of unknown) {
    it(`is, of an unknown BuildKit, the one that ${title}`, () => {
      assert.deepEqual(predictBuild(build), expected);
      for (const buildkitVersion of ["", "latest", "vendored", "0"])
        assert.deepEqual(predictBuild({ ...build, buildkitVersion }), expected);
    });
  }

  it("distributes foreign layers, and passes on types that BuildKit does not know", () => {
    const baseLayers = [
      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
      "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
      "application/vnd.docker.image.rootfs.foreign.diff.tar.zstd",
      `${oci}+gzip+encrypted`,
      `${docker}.GZIP`,
    ];
    const build = { baseLayers, newLayers: 0, buildkitVersion: "0.20.2" };
    assert.deepEqual(predictBuild({ ...build, ociMediaTypes: false }), {
      layers: [`${docker}.gzip`, `${docker}.zstd`, ...baseLayers.slice(2)],
    });
    assert.deepEqual(predictBuild({ ...build, ociMediaTypes: true, forceCompression: true }), {
      layers: [`${oci}+gzip`, `${oci}+gzip`, ...baseLayers.slice(2)],
    });
  });

  it("has no layers if neither the base nor the Dockerfile has any", () => {
    assert.deepEqual(predictBuild({ baseLayers: [], newLayers: 0 }), { layers: [] });
  });

  it("refuses a compression that BuildKit does not have, and an invalid count", () => {
    const build: Build = { ...gzipBase, ...(JSON.parse('{"compression":"toString"}') as object) };
    assert.deepEqual(predictBuild(build), { error: "unsupported compression type toString" });
    for (const newLayers of [-1, 0.5, NaN, Infinity])
      assert.throws(() => predictBuild({ ...gzipBase, newLayers }), RangeError);
  });

  it("keeps the number and the one family of its layers, and is what some version makes", () => {
    const types = [docker, `${docker}.gzip`, `${docker}.zstd`, oci, `${oci}+gzip`, `${oci}+zstd`];
    const builds = fc.record(
      {
        baseLayers: fc.array(fc.constantFrom(...types), { maxLength: 6 }),
        newLayers: fc.nat(6),
        compression: fc.constantFrom("uncompressed", "gzip", "zstd", "estargz"),
        forceCompression: fc.boolean(),
        ociMediaTypes: fc.boolean(),
        attestations: fc.boolean(),
      },
      { requiredKeys: ["baseLayers", "newLayers"] },
    );
    fc.assert(
      fc.property(builds, (build) => {
        const worst = predictBuild(build);
        if ("layers" in worst) {
          assert.equal(worst.layers.length, build.baseLayers.length + build.newLayers);
          assert.ok(new Set(worst.layers.map((type) => type.split(".")[1])).size <= 1);
        }
        const each = ["0.17.3", "0.20.2", "0.31.0"].map((buildkitVersion) =>
          JSON.stringify(predictBuild({ ...build, buildkitVersion })),
        );
        assert.ok(each.includes(JSON.stringify(worst)));
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
