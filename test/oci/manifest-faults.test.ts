import assert from "node:assert/strict";
import type { FailureKind } from "../../policypack/common/outcome";
import { parseDocument } from "../../policypack/oci/manifest";
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

function failureOf(document: unknown, contentType?: string): { kind: FailureKind; message: string } {
  const outcome = parseDocument(document instanceof Uint8Array ? document : bytesOf(document), contentType);
  assert.ok(!outcome.ok, "it was accepted");
  return outcome.failure;
}

function layers(...entries: unknown[]): object {
  return { ...manifest, layers: entries };
}

function manifests(...entries: unknown[]): object {
  return { ...index, manifests: entries };
}

describe("a malformed manifest", () => {
  const faults: [title: string, document: object, says: RegExp][] = [
    ["has null for layers", { ...manifest, layers: null }, /wrong layers: an array is expected, not null/],
    ["has an object for layers", { ...manifest, layers: {} }, /wrong layers:/],
    [
      "has no config",
      { mediaType: types.ociManifest, layers: [] },
      /wrong config: an object is expected, not nothing/,
    ],
    ["has a config without layers", { mediaType: types.ociManifest, config }, /wrong layers:/],
    ["has a string for a layer", layers("x"), /wrong layers\[0\]: an object is expected/],
    ["has a null layer", layers(layer, null), /wrong layers\[1\]:/],
    ["has an array for a layer", layers([]), /wrong layers\[0\]:.*not an array/],
    ["has a layer without a type", layers({ digest, size: 1 }), /layers\[0\]\.mediaType/],
    [
      "has a number for a type",
      layers({ ...layer, mediaType: 7 }),
      /layers\[0\]\.mediaType: a string is expected, not 7/,
    ],
    ["has a negative size", layers({ ...layer, size: -1 }), /layers\[0\]\.size: .* not -1/],
    ["has a fractional size", layers({ ...layer, size: 1.5 }), /layers\[0\]\.size/],
    ["has a size beyond all numbers", layers({ ...layer, size: 2 ** 53 }), /layers\[0\]\.size/],
    ["has a string for a size", layers({ ...layer, size: "1" }), /layers\[0\]\.size/],
    ["has no size", layers({ mediaType: types.ociGzip, digest }), /layers\[0\]\.size/],
    [
      "has a short digest",
      layers(layer, layer, layer, { ...layer, digest: "sha256:ab" }),
      /layers\[3\]\.digest/,
    ],
    ["has an upper-case digest", layers({ ...layer, digest: digest.toUpperCase() }), /layers\[0\]\.digest/],
    ["has a digest with a line after it", layers({ ...layer, digest: `${digest}\n` }), /layers\[0\]\.digest/],
    [
      "has a digest of the wrong length",
      layers({ ...layer, digest: digest.replace("256", "512") }),
      /layers\[0\]\.digest/,
    ],
    [
      "has a digest of an unknown algorithm",
      layers({ ...layer, digest: `md5:${"a".repeat(32)}` }),
      /layers\[0\]\.digest/,
    ],
    ["has a number for a digest", { ...manifest, config: { ...config, digest: 5 } }, /config\.digest/],
    [
      "has annotations that are no strings",
      layers({ ...layer, annotations: { a: 1 } }),
      /layers\[0\]\.annotations/,
    ],
    ["has a number for its own type", { ...manifest, mediaType: 5 }, /wrong mediaType/],
    ["has null for its own type", { ...manifest, mediaType: null }, /wrong mediaType/],
    ["has a number for its artifact type", { ...manifest, artifactType: 5 }, /wrong artifactType/],
    [
      "has too many layers",
      layers(...Array<unknown>(10_001).fill(layer)),
      /more than 10,000 entries in layers/,
    ],
    [
      "has too many entries",
      manifests(...Array<unknown>(10_001).fill(entry)),
      /more than 10,000 entries in manifests/,
    ],
    ["has null for manifests", { ...index, manifests: null }, /wrong manifests/],
    ["has a string for a platform", manifests({ ...entry, platform: "linux" }), /manifests\[0\]\.platform/],
    ["has a number for an os", manifests({ ...entry, platform: { os: 1 } }), /manifests\[0\]\.platform\.os/],
    ["is both image and index", { ...manifest, manifests: [entry] }, /could be read as either/],
    ["is an index with a config", { ...index, config }, /could be read as either/],
    ["is an image with null for manifests", { ...manifest, manifests: null }, /could be read as either/],
    ["has its layers again in capitals", { ...manifest, Layers: [] }, /has a field `Layers`.*as `layers`/],
    [
      "has layers with a long s",
      { ...manifest, "layer\u017f": [] },
      /has a field `layer\u017f`.*as `layers`/,
    ],
    ["is an image with `Manifests`", { ...manifest, Manifests: [entry] }, /`Manifests`.*as `manifests`/],
    ["has a layer with a second type", layers({ ...layer, MediaType: "x" }), /`layers\[0\]\.MediaType`/],
    ["has an entry with a second platform", manifests({ ...entry, Platform: {} }), /\[0\]\.Platform`/],
    ["is neither image nor index", { errors: [] }, /neither layers nor manifests/],
    [
      "is an index that calls itself an image",
      { ...index, mediaType: types.ociManifest },
      /manifests of an index but/,
    ],
    [
      "is an image that calls itself an index",
      { ...manifest, mediaType: types.dockerList },
      /layers of an image but/,
    ],
  ];
  for (const [title, document, says] of faults) {
    it(`is refused, the field named, where it ${title}`, () => {
      const { kind, message } = failureOf(document);
      assert.equal(kind, "malformed");
      assert.match(message, says);
    });
  }

  it("is refused where it is no JSON object in UTF-8", () => {
    const rows: [document: unknown, says: RegExp][] = [
      ["", /is empty/],
      ["  \n", /is empty/],
      ["{", /is not JSON/],
      [`${JSON.stringify(manifest)}x`, /is not JSON/],
      ["[]", /not a JSON object but an array/],
      ["null", /not a JSON object but null/],
      ['"text"', /not a JSON object but `text`/],
      [`\ufeff${JSON.stringify(manifest)}`, /byte order mark/],
      [Uint8Array.of(0x7b, 0xff, 0x7d), /not UTF-8/],
      [new Uint8Array([0xff, 0xfe, ...bytesOf("{}")]), /not UTF-8/],
      ["[".repeat(500_000), /is not JSON/],
      [`{"layers":${"[".repeat(100_000)}${"]".repeat(100_000)},"config":1}`, /wrong config/],
    ];
    for (const [document, says] of rows) {
      const { kind, message } = failureOf(document);
      assert.equal(kind, "malformed");
      assert.match(message, says);
    }
  });

  it("is quoted short and without control characters", () => {
    const { message } = failureOf(layers({ ...layer, digest: `\u001b[31m\u202e${"x".repeat(100_000)}` }));
    assert.ok(message.length < 300);
    assert.match(message, /`.{1,6}\[31m.{1,6}x{40,80}…`/u);
    assert.doesNotMatch(message, /[\p{Cc}\u202e]/u);
  });
});

describe("the type of a manifest", () => {
  it("is refused where header and body disagree, both being named", () => {
    const pairs = [
      [manifest, types.dockerManifest, types.ociManifest],
      [manifest, types.ociIndex, types.ociManifest],
      [index, types.dockerList, types.ociIndex],
      [index, types.ociManifest, types.ociIndex],
      [{ ...manifest, mediaType: "application/x-other" }, types.ociManifest, "application/x-other"],
    ] as const;
    for (const [document, header, body] of pairs) {
      const { kind, message } = failureOf(document, header);
      assert.equal(kind, "malformed");
      assert.ok(message.includes(header) && message.includes(body), message);
    }
  });

  it("is refused where the header and the shape disagree", () => {
    assert.equal(failureOf({ manifests: [entry] }, types.dockerManifest).kind, "malformed");
  });

  it("is a web page's where a portal answered", () => {
    const { kind, message } = failureOf("<html>", "text/html; charset=utf-8");
    assert.equal(kind, "malformed");
    assert.match(message, /answered with a web page, not a manifest/);
  });

  it("is unsupported where it is schema 1, by whatever sign", () => {
    const old = { schemaVersion: 1, name: "a", tag: "b", fsLayers: [], history: [] };
    const rows: [object, string | undefined][] = [
      [old, types.schema1],
      [old, `${types.schema1Signed}; charset=utf-8`],
      [old, "application/json"],
      [old, undefined],
      [old, types.dockerManifest],
      [{ mediaType: types.schema1 }, undefined],
    ];
    for (const [document, header] of rows) {
      const { kind, message } = failureOf(document, header);
      assert.equal(kind, "unsupported");
      assert.match(message, /schema 1/);
    }
  });

  it("is unsupported where nobody knows it, in the header or in the body", () => {
    const artifact = "application/vnd.oci.artifact.manifest.v1+json";
    for (const { kind, message } of [
      failureOf(manifest, artifact),
      failureOf({ ...manifest, mediaType: artifact }, undefined),
    ]) {
      assert.equal(kind, "unsupported");
      assert.ok(message.includes(artifact));
    }
    assert.equal(failureOf(manifest, "image/png").kind, "unsupported");
  });
});
