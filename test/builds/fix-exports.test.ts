import fc from "fast-check";
import assert from "node:assert/strict";
import { settingsOfDockerBuild } from "../../policypack/builds/docker-build-settings";
import { judgeBuild, safeSettings } from "../../policypack/builds/judge-build";
import { settingsSet, fixedSource, fixExport } from "../../policypack/builds/fix-exports";
import { isMixed } from "../../policypack/oci/compression";
import { pullError } from "../../policypack/runtimes/predict";

const docker = (compression: string) => `application/vnd.docker.image.rootfs.diff.tar${compression}`;
const oci = (compression: string) => `application/vnd.oci.image.layer.v1.tar${compression}`;
const layerTypes = [docker(""), docker(".gzip"), docker(".zstd"), oci(""), oci("+gzip"), oci("+zstd")];
const versions = [undefined, "0.12.5", "0.17.3", "0.19.0", "0.31.0", "0.34.1"];

/** What is wrong with each push of a resource's properties. */
function faultsOf(props: object, ground: Parameters<typeof judgeBuild>[1]): string[] {
  return settingsOfDockerBuild(props).flatMap((push) =>
    "settings" in push && !judgeBuild(push.settings, ground).fine ? [push.path] : [],
  );
}

function fixed(props: object, ground: Parameters<typeof judgeBuild>[1]): object {
  const copy = structuredClone(props);
  for (const path of faultsOf(copy, ground))
    assert.ok(fixExport(copy, path, safeSettings([ground], settingsSet(copy, path))));
  return copy;
}

describe("the fix for the exports of a build", () => {
  const options = fc.record(
    {
      compression: fc.constantFrom("gzip", "zstd", "estargz", "uncompressed"),
      compressionLevel: fc.constantFrom(0, 1, 9),
      forceCompression: fc.boolean(),
      ociMediaTypes: fc.boolean(),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const raw = fc
    .tuple(
      fc.constantFrom("type=registry", "type=image,push=true", 'type=registry,"name=a,b"'),
      fc.subarray([
        ",compression=zstd",
        ",force-compression=true",
        ",oci-mediatypes=false",
        ",compression-level=7",
      ]),
    )
    .map(([type, attributes]) => type + attributes.join(""));
  const entry = fc.oneof(
    options.map((registry) => ({ registry })),
    options.map((image) => ({ image: { ...image, push: true } })),
    raw.map((text) => ({ raw: text })),
    fc.constant({ local: { dest: "out" } }),
  );
  const ground = fc.record({
    baseLayers: fc.array(fc.constantFrom(...layerTypes), { maxLength: 5 }),
    newLayers: fc.nat(3),
    buildkitVersion: fc.constantFrom(...versions),
  });
  const props = fc.record(
    { tags: fc.constant(["r/app:1"]), push: fc.boolean(), exports: fc.array(entry, { maxLength: 3 }) },
    { requiredKeys: ["tags"], noNullPrototype: true },
  );

  it("makes builds on every base, with every BuildKit, push one compression that every containerd since 1.5 pulls", () => {
    fc.assert(
      fc.property(props, ground, (build, { buildkitVersion, ...rest }) => {
        const on = { ...rest, ...(buildkitVersion === undefined ? {} : { buildkitVersion }) };
        const after = fixed(build, on);
        assert.deepEqual(faultsOf(after, on), []);
        for (const push of settingsOfDockerBuild(after)) {
          assert.ok("settings" in push);
          const { layers } = judgeBuild(push.settings, on);
          const image = { layers: layers.map((mediaType) => ({ mediaType })), diffIds: layers.length };
          assert.ok(!isMixed(image.layers));
          for (const release of [
            "containerd 1.5.18",
            "containerd 1.6.39",
            "containerd 1.7.34",
            "containerd 2.0.11",
          ])
            if (layers.length > 0) assert.equal(pullError(release, image), undefined);
        }
      }),
      { seed: 20260728, numRuns: 1500 },
    );
  });

  it("leaves good exports unchanged, and pushes as many images as before", () => {
    fc.assert(
      fc.property(props, ground, (build, { buildkitVersion, ...rest }) => {
        const on = { ...rest, ...(buildkitVersion === undefined ? {} : { buildkitVersion }) };
        const after = fixed(build, on);
        if (faultsOf(build, on).length === 0) assert.deepEqual(after, build);
        assert.equal(settingsOfDockerBuild(after).length, settingsOfDockerBuild(build).length);
        assert.deepEqual(fixed(after, on), after);
      }),
      { seed: 20260729, numRuns: 500 },
    );
  });

  const zstdBase = { baseLayers: [docker(".zstd")], newLayers: 1, buildkitVersion: "0.25.0" };
  const gzip = { compression: "gzip", compressionLevel: 6, forceCompression: true, ociMediaTypes: true };
  const cases: readonly [why: string, before: object, after: object, buildkit?: string][] = [
    [
      "a bare push becomes an export of its own",
      { tags: ["a"], push: true },
      { tags: ["a"], push: false, exports: [{ registry: { push: true, ...gzip } }] },
    ],
    [
      "with other exports kept before it",
      { push: true, exports: [{ local: { dest: "o" } }] },
      { push: false, exports: [{ local: { dest: "o" } }, { registry: { push: true, ...gzip } }] },
    ],
    [
      "defaults that the provider filled in do not count as a choice",
      { exports: [{ registry: { compression: "gzip", compressionLevel: 0, push: true, names: ["n"] } }] },
      { exports: [{ registry: { ...gzip, push: true, names: ["n"] } }] },
    ],
    [
      "zstd that was configured but dropped takes effect",
      { exports: [{ image: { compression: "zstd", forceCompression: true, push: true } }] },
      { exports: [{ image: { ...gzip, compression: "zstd", compressionLevel: 3, push: true } }] },
    ],
    [
      "the configured level is kept",
      { exports: [{ registry: { compression: "zstd", compressionLevel: 9 } }] },
      { exports: [{ registry: { ...gzip, compression: "zstd", compressionLevel: 9 } }] },
    ],
    [
      "a raw export keeps its other attributes as they are written",
      { exports: [{ raw: 'type=registry,"name=a,b",Force-Compression=false,x=y' }] },
      {
        exports: [
          {
            raw: 'type=registry,"name=a,b",x=y,compression=gzip,compression-level=6,force-compression=true,oci-mediatypes=true',
          },
        ],
      },
    ],
    [
      "where BuildKit may be so old that it leaves docker's zstd in the base, all becomes zstd",
      { exports: [{ registry: {} }] },
      { exports: [{ registry: { ...gzip, compression: "zstd", compressionLevel: 3 } }] },
      "0.17.3",
    ],
  ];
  for (const [why, before, after, buildkitVersion = zstdBase.buildkitVersion] of cases)
    it(`changes only what it must: ${why}`, () => {
      assert.deepEqual(fixed(before, { ...zstdBase, buildkitVersion }), after);
    });

  it("is shown as code", () => {
    const safe = safeSettings([zstdBase]);
    const settings =
      'compression: "gzip", compressionLevel: 6, forceCompression: true, ociMediaTypes: true }';
    assert.equal(fixedSource({ push: true }, "push", safe), `registry: { ${settings}`);
    assert.equal(fixedSource({ exports: [{ registry: {} }] }, "exports[0]", safe), `registry: { ${settings}`);
    assert.equal(
      fixedSource({ exports: [{ image: {} }] }, "exports[0]", safe),
      `image: { push: true, ${settings}`,
    );
    assert.match(
      fixedSource({ exports: [{ raw: "type=registry" }] }, "exports[0]", safe),
      /^raw: "type=registry,c/,
    );
  });
});
