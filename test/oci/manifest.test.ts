import assert from "node:assert/strict";
import fc from "fast-check";
import type { Outcome } from "../../policypack/common/outcome";
import {
  type Descriptor,
  imageCandidates,
  isAttestation,
  parseDocument,
} from "../../policypack/oci/manifest";
import { acceptedManifestTypes, bareMediaType } from "../../policypack/oci/media-types";
import {
  bytesOf,
  config,
  digest,
  entry,
  index,
  layer,
  manifest,
  types,
} from "../../support/registry/documents";

function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? "" : outcome.failure.message);
  return outcome.value;
}

describe("media types", () => {
  it("are compared without parameters, space and case", () => {
    assert.equal(bareMediaType(" Application/JSON ; charset=utf-8; a=b"), "application/json");
    assert.equal(bareMediaType(""), "");
    assert.equal(bareMediaType(";q=1"), "");
  });

  it("are asked for in docker's and OCI's form, images and indexes", () => {
    const { dockerManifest, dockerList, ociManifest, ociIndex } = types;
    assert.deepEqual(acceptedManifestTypes, [dockerManifest, dockerList, ociManifest, ociIndex]);
  });
});

describe("a manifest", () => {
  it("keeps its config and layers in order, duplicates too", () => {
    const zstd = { ...layer, mediaType: types.dockerZstd, annotations: { note: "kept" } };
    const layers = [layer, zstd, layer];
    assert.deepEqual(valueOf(parseDocument(bytesOf({ ...manifest, layers }), types.ociManifest)), {
      kind: "manifest",
      mediaType: types.ociManifest,
      config,
      layers,
    });
  });

  it("may have no layers", () => {
    const parsed = valueOf(parseDocument(bytesOf({ ...manifest, layers: [] }), undefined));
    assert.deepEqual(parsed.kind === "manifest" && parsed.layers, []);
  });

  it("tells its type by the header, else by the body, else by its shape", () => {
    const bare = { schemaVersion: 2, config, layers: [layer] };
    const bareIndex = { schemaVersion: 2, manifests: [entry] };
    const rows: [document: object, header: string | undefined, expected: string][] = [
      [bare, types.dockerManifest, types.dockerManifest],
      [bare, `${types.dockerManifest.toUpperCase()}; charset=utf-8`, types.dockerManifest],
      [{ ...bare, mediaType: types.dockerManifest }, "application/json", types.dockerManifest],
      [{ ...bare, mediaType: types.dockerManifest }, "text/plain; charset=utf-8", types.dockerManifest],
      [{ ...bare, mediaType: "" }, "application/octet-stream", types.ociManifest],
      [bare, undefined, types.ociManifest],
      [bare, "", types.ociManifest],
      [bareIndex, undefined, types.ociIndex],
      [bareIndex, types.dockerList, types.dockerList],
      [index, types.ociIndex, types.ociIndex],
    ];
    for (const [document, header, expected] of rows) {
      assert.equal(valueOf(parseDocument(bytesOf(document), header)).mediaType, expected);
    }
  });

  it("takes keys of JavaScript's own objects for what they are: keys", () => {
    const text = JSON.stringify(manifest).replace(
      '"schemaVersion":2',
      '"__proto__":{"manifests":[]},"constructor":1,"toString":null',
    );
    const parsed = valueOf(parseDocument(bytesOf(text), undefined));
    assert.equal(parsed.kind, "manifest");
    const annotated = JSON.stringify(index).replace(
      '"size":500',
      '"size":500,"annotations":{"__proto__":"x"}',
    );
    const list = valueOf(parseDocument(bytesOf(annotated), undefined));
    assert.ok(list.kind === "index");
    assert.deepEqual(Object.keys(list.manifests[0]?.annotations ?? {}), ["__proto__"]);
  });

  it("is never read with an exception, whatever JSON it is", () => {
    const key = fc.constantFrom(
      "mediaType",
      "manifests",
      "layers",
      "config",
      "fsLayers",
      "digest",
      "size",
      "platform",
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom<unknown>(
          ...Object.values(types),
          digest,
          manifest,
          index,
          layer,
          null,
          -1,
          1e300,
          0.5,
          "",
        ),
        fc.jsonValue(),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(fc.oneof(key, fc.constant("__proto__"), fc.string()), tie("tree"), { maxKeys: 5 }),
      ),
    }));
    const header = fc.option(fc.oneof(fc.constantFrom(...Object.values(types)), fc.string()), {
      nil: undefined,
    });
    fc.assert(
      fc.property(tree, header, (document, contentType) => {
        const outcome = parseDocument(bytesOf(document), contentType);
        return outcome.ok || ["malformed", "unsupported"].includes(outcome.failure.kind);
      }),
      { seed: 20250214, numRuns: 500 },
    );
  });

  it("is never read with an exception, whatever bytes it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => !parseDocument(bytes, undefined).ok),
      { seed: 20250214, numRuns: 500 },
    );
  });
});

describe("an index", () => {
  const attestation = { ...entry, annotations: { "vnd.docker.reference.type": "attestation-manifest" } };
  const unknown = { ...entry, platform: { os: "unknown", architecture: "unknown" } };

  it("keeps the platforms of its entries in Go's words", () => {
    const platform = { os: "windows", architecture: "amd64", "os.version": "10.0.20348.1", variant: "" };
    const arm = { os: "linux", architecture: "arm64", variant: "v8", features: ["ignored"] };
    const manifests = [
      { ...entry, platform },
      { ...entry, platform: arm },
      { ...entry, platform: null },
    ];
    const parsed = valueOf(parseDocument(bytesOf({ ...index, manifests }), types.ociIndex));
    assert.ok(parsed.kind === "index");
    assert.deepEqual(
      parsed.manifests.map((found) => found.platform),
      [
        { os: "windows", architecture: "amd64", osVersion: "10.0.20348.1" },
        { os: "linux", architecture: "arm64", variant: "v8" },
        undefined,
      ],
    );
  });

  it("has attestations that are no candidates for a task", () => {
    const manifests: Descriptor[] = [
      entry,
      attestation,
      unknown,
      { ...entry, platform: { os: "linux", architecture: "unknown" } },
      { ...entry, annotations: { "vnd.docker.reference.type": "other" } },
    ];
    assert.deepEqual(manifests.map(isAttestation), [false, true, true, false, false]);
    const candidates = imageCandidates({ kind: "index", mediaType: types.ociIndex, manifests });
    assert.deepEqual(candidates, [manifests[0], manifests[3], manifests[4]]);
  });
});
