import assert from "node:assert/strict";
import { settingsOfDockerBuild } from "../../policypack/builds/docker-build-settings";

const bare = { attestations: false };
const checked = { compression: "gzip", compressionLevel: 0, forceCompression: false, ociMediaTypes: false };

function only(entry: unknown) {
  const [sent, ...others] = settingsOfDockerBuild({ exports: [entry] });
  assert.deepEqual(others, []);
  return sent;
}

describe("the settings of pulumi-docker-build", () => {
  it("drop compression and force without a level, and report it if that matters", () => {
    const settings = { ...bare, ociMediaTypes: true };
    for (const [options, dropped] of [
      [{ compression: "zstd", forceCompression: true }, ["compression", "forceCompression"]],
      [{ compression: "zstd", compressionLevel: 0 }, ["compression"]],
      [{ compression: "gzip", forceCompression: true }, ["forceCompression"]],
      [checked, []],
      [{}, []],
      [{ compression: "no such", forceCompression: "no flag" }, ["compression", "forceCompression"]],
    ] as const) {
      const sent = only({ registry: { ...options, ociMediaTypes: true } });
      assert.deepEqual(sent, { path: "exports[0]", settings, dropped });
    }
  });

  it("pass on all fields of an object that has a level", () => {
    const settings = {
      compression: "zstd",
      forceCompression: true,
      ociMediaTypes: false,
      attestations: false,
    };
    const options = { compression: "zstd", compressionLevel: 3, forceCompression: true };
    assert.deepEqual(only({ registry: options }), { path: "exports[0]", settings, dropped: [] });
    assert.deepEqual(only({ registry: { compressionLevel: 3, compression: null } }), {
      path: "exports[0]",
      settings: { compression: "gzip", forceCompression: false, ociMediaTypes: false, attestations: false },
      dropped: [],
    });
  });

  const raws: readonly [raw: string, settings: object | undefined][] = [
    ["type=registry", bare],
    ["type=image,push=true", bare],
    ["type=image", undefined],
    ["type=image,push=false", undefined],
    ["type=registry,push=false", undefined],
    ["type=image,push=", bare],
    ["Push=1,type=image", bare],
    ["type=oci,dest=out.tar,compression=zstd", undefined],
    ["type=docker", undefined],
    ["out", undefined],
    ["-", undefined],
    ['type=registry,"name=a,b",compression=zstd', { ...bare, compression: "zstd" }],
    ["type=registry, COMPRESSION =estargz", { ...bare, compression: "estargz" }],
    [
      "type=registry,force-compression=,oci-mediatypes=",
      { ...bare, forceCompression: true, ociMediaTypes: true },
    ],
    [
      "type=registry,force-compression=F,oci-mediatypes=0",
      { ...bare, forceCompression: false, ociMediaTypes: false },
    ],
    [
      "type=registry,compression=zstd,compression=gzip,force-compression=true",
      { ...bare, compression: "gzip", forceCompression: true },
    ],
  ];
  for (const [raw, settings] of raws) {
    it(`pass ${raw} through`, () => {
      const expected = settings && { path: "exports[0]", settings, dropped: [] };
      assert.deepEqual(only({ raw }), expected);
      assert.deepEqual(only({ raw, disabled: false, registry: null }), expected);
    });
  }

  it("are those of each export that pushes, and of push itself", () => {
    const props = {
      exports: [
        { docker: { ...checked, tar: true } },
        { registry: {} },
        { disabled: true, registry: { compressionLevel: 3 } },
        { image: { push: true, compressionLevel: 1, compression: "uncompressed" } },
        { image: {} },
        { registry: { push: false } },
        { local: { dest: "out" } },
        { cacheonly: {} },
      ],
      push: true,
    };
    const object = { ...bare, ociMediaTypes: false };
    assert.deepEqual(settingsOfDockerBuild(props), [
      { path: "exports[1]", settings: object, dropped: [] },
      {
        path: "exports[3]",
        settings: { ...object, compression: "uncompressed", forceCompression: false },
        dropped: [],
      },
      { path: "push", settings: bare, dropped: [] },
    ]);
  });

  it("are absent if nothing is pushed", () => {
    for (const props of [{}, { exports: [], push: false }, { exports: null, push: null }])
      assert.deepEqual(settingsOfDockerBuild(props), []);
  });

  const unreadable: readonly [title: string, entry: unknown, reason: RegExp][] = [
    ["a string in place of an object", "type=registry", /not an object/],
    ["no export type", {}, /no export type/],
    ["two export types", { registry: {}, image: {} }, /more than one/],
    ["raw beside an object", { raw: "type=registry", registry: {} }, /more than one/],
    ["two types in raw", { raw: "type=image,type=registry" }, /no export type/],
    ["no type in raw", { raw: "push=true,compression=zstd" }, /no export type/],
    ["a field without a value", { raw: "type=registry,push" }, /no export type/],
    ["an open quote", { raw: 'type=registry,"name=a' }, /no export type/],
    ["raw that is not a string", { raw: 1 }, /raw is not a string/],
    ["an unknown compression", { raw: "type=registry,compression=lz4" }, /compression/],
    [
      "an unknown compression in an object",
      { registry: { compressionLevel: 1, compression: "lz4" } },
      /comp/,
    ],
    ["a level that is not a number", { registry: { compressionLevel: "3" } }, /compressionLevel/],
    ["a flag that is not true or false", { raw: "type=registry,oci-mediatypes=yes" }, /oci-mediatypes/],
    ["a flag that is a string", { registry: { ociMediaTypes: "true" } }, /ociMediaTypes/],
    ["an exporter that is not an object", { registry: true }, /registry is not an object/],
  ];
  for (const [title, entry, reason] of unreadable) {
    it(`are unreadable for ${title}, and those of other exports are still read`, () => {
      const [first, second] = settingsOfDockerBuild({ exports: [entry], push: true });
      assert.ok(first !== undefined && "unreadable" in first);
      assert.equal(first.path, "exports[0]");
      assert.match(first.unreadable, reason);
      assert.deepEqual(second, { path: "push", settings: bare, dropped: [] });
    });
  }

  it("are unreadable if a value that is sent is not known yet", () => {
    const unknown = (key: string, rest: object) =>
      Object.defineProperty({ ...rest }, key, {
        enumerable: true,
        get() {
          throw new Error("unknown value");
        },
      });
    const path = "exports[0]";
    const reason = "part of it is not known yet";
    assert.deepEqual(only({ registry: unknown("compressionLevel", {}) }), { path, unreadable: reason });
    assert.deepEqual(only(unknown("raw", {})), { path, unreadable: reason });
    assert.deepEqual(only({ registry: unknown("compression", {}) }), {
      path,
      settings: { ...bare, ociMediaTypes: false },
      dropped: ["compression"],
    });
    const [exports, push] = settingsOfDockerBuild(unknown("push", { exports: "none" }));
    assert.deepEqual(exports, { path: "exports", unreadable: "it is not a list" });
    assert.deepEqual(push, { path: "push", unreadable: reason });
  });
});
