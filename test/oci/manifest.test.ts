import assert from "node:assert/strict";
import fc from "fast-check";
import { unmarshalAny } from "../../policypack/oci/go-types";
import { GoJsonError, JsonLimitError } from "../../policypack/oci/json-parser";
import {
  isAttestation,
  readIndex,
  readManifest,
  readManifestList,
  readSchema2,
} from "../../policypack/oci/manifest";
import { acceptedManifestTypes, bareMediaType } from "../../policypack/oci/media-types";
import { bytesOf, config, entry, index, layer, manifest, types } from "../../support/registry/documents";

const zeroFields = { urls: null, annotations: null, platform: null, artifactType: "" };

describe("media types", () => {
  it("are compared without parameters, space and case", () => {
    assert.equal(bareMediaType(" Application/JSON ; charset=utf-8; a=b"), "application/json");
    assert.equal(bareMediaType(""), "");
    assert.equal(bareMediaType(";q=1"), "");
  });

  it("are requested in docker's and OCI's form, images and indexes", () => {
    const { dockerManifest, dockerList, ociManifest, ociIndex } = types;
    assert.deepEqual(acceptedManifestTypes, [dockerManifest, dockerList, ociManifest, ociIndex]);
  });
});

describe("a manifest", () => {
  it("keeps its config and layers in order, duplicates too", () => {
    const layers = [layer, { ...layer, mediaType: types.dockerZstd }, layer];
    const read = readManifest(bytesOf({ ...manifest, layers }));
    assert.equal(read.mediaType, types.ociManifest);
    assert.deepEqual({ ...read.config, data: null }, { ...zeroFields, ...config, data: null });
    assert.deepEqual(
      read.layers?.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
      layers,
    );
  });

  const readings: [title: string, document: unknown, layerTypes: string[] | null][] = [
    ["no layers", { ...manifest, layers: [] }, []],
    ["null for layers", { ...manifest, layers: null }, null],
    ["no key for layers", { mediaType: types.ociManifest, config }, null],
    ["a null layer", { ...manifest, layers: [null] }, [""]],
    ["LAYERS", { config, LAYERS: [layer] }, [types.ociGzip]],
    ["layer\u017f", `{"layer\u017f":[{"MediaType":"x"}]}`, ["x"]],
    ["a shorter second list", `{"layers":[{"mediaType":"a"},{"mediaType":"b"}],"layers":[{}]}`, ["a"]],
    [
      "a longer second list",
      `{"layers":[{"mediaType":"a"}],"Layers":[{"digest":"d"},{"mediaType":"b"}]}`,
      ["a", "b"],
    ],
    ["a second list of null", `{"layers":[{"mediaType":"a"}],"layers":null}`, null],
    ["keys of JavaScript's own objects", `{"__proto__":{"layers":[{}]},"constructor":1}`, null],
  ];
  for (const [title, document, layerTypes] of readings) {
    it(`with ${title} is read as Go reads it`, () => {
      assert.deepEqual(
        readManifest(bytesOf(document)).layers?.map(({ mediaType }) => mediaType) ?? null,
        layerTypes,
      );
    });
  }

  const refused: [title: string, document: unknown, says: RegExp][] = [
    [
      "an object for layers",
      { ...manifest, layers: {} },
      /cannot unmarshal object into Go struct field layers/,
    ],
    ["a string for a layer", { ...manifest, layers: ["x"] }, /unmarshal string into Go struct field layers/],
    [
      "a number for a type",
      { layers: [{ mediaType: 7 }] },
      /number 7 into Go struct field layers\.mediaType/,
    ],
    [
      "a fractional size",
      { layers: [{ size: 1.5 }] },
      /number 1\.5 into Go struct field layers\.size of type int64/,
    ],
    ["a size of 2.0", `{"config":{"size":2.0}}`, /number 2\.0 into Go struct field config\.size/],
    ["a size beyond int64", `{"config":{"size":9223372036854775808}}`, /config\.size of type int64/],
    ["a string for a size", { config: { size: "1" } }, /string into Go struct field config\.size/],
    ["a number for an annotation", { annotations: { a: 1 } }, /number 1 into Go struct field annotations/],
    ["data that is not base64", { config: { data: "*" } }, /config\.data of type \[\]uint8/],
    ["a text", '"x"', /cannot unmarshal string into Go value/],
    ["a list", "[]", /cannot unmarshal array into Go value/],
    ["nothing", "", /unexpected end of JSON input/],
    ["half an object", "{", /unexpected end of JSON input/],
    ["text behind it", `${JSON.stringify(manifest)}x`, /invalid character 'x' after top-level value/],
    ["a byte order mark", `\ufeff${JSON.stringify(manifest)}`, /looking for beginning of value/],
    ["a comma too many", '{"a":1,}', /looking for beginning of object key string/],
    ["a line feed in a string", '{"a":"\n"}', /in string literal/],
    ["a leading zero", '{"a":01}', /after object key:value pair/],
  ];
  for (const [title, document, says] of refused) {
    it(`with ${title} is refused as Go refuses it`, () => {
      assert.throws(
        () => readManifest(bytesOf(document)),
        (error) => error instanceof GoJsonError && says.test(error.message),
      );
    });
  }

  it("is read differently by dockerd, which knows fewer fields and a platform of another Go type", () => {
    const odd = bytesOf({ ...manifest, artifactType: 7, subject: "x" });
    assert.throws(() => readManifest(odd), GoJsonError);
    assert.equal(readSchema2(odd).layers?.length, 1);
    const twice = `{"manifests":[{"platform":{"os":"linux"},"platform":null}]}`;
    assert.equal(readIndex(bytesOf(twice)).manifests?.[0]?.platform, null);
    assert.equal(readManifestList(bytesOf(twice)).manifests?.[0]?.platform?.os, "linux");
  });

  it("of more layers than any image has is not read at all", () => {
    const layers = Array<unknown>(10_001).fill(layer);
    assert.throws(() => readManifest(bytesOf({ ...manifest, layers })), JsonLimitError);
    assert.throws(() => readIndex(bytesOf({ manifests: layers })), JsonLimitError);
  });

  it("has invalid UTF-8 and unpaired surrogates replaced", () => {
    const bytes = Buffer.concat([Buffer.from('{"mediaType":"a'), Buffer.of(0xff), Buffer.from('\\ud800"}')]);
    assert.equal(readManifest(bytes).mediaType, "a\ufffd\ufffd");
  });

  const anyReadings: [text: string, value: unknown][] = [
    ['{"A":1,"a":2}', { a: 2 }],
    ['{"\u017ftop":1,"to\u212aen":2}', { stop: 1, token: 2 }],
    ['{"a":{"b":1},"A":{"c":2}}', { a: { b: 1, c: 2 } }],
    ['{"a":[{"x":1},{"y":2}],"a":[{"z":3}]}', { a: [{ x: 1, z: 3 }] }],
    ['{"a":"x","a":null}', { a: null }],
  ];
  for (const [text, value] of anyReadings)
    it(`of any kind, ${text}, is merged as Go merges it`, () => {
      assert.deepEqual(unmarshalAny(text), value);
    });

  it("that JavaScript reads without duplicates is read alike", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("mediaType", "artifactType", "x", "y"), fc.string()),
        (document) => {
          const read = readManifest(bytesOf(document));
          assert.equal(read.mediaType, document["mediaType"] ?? "");
          assert.equal(read.artifactType, document["artifactType"] ?? "");
        },
      ),
      { seed: 20250214, numRuns: 300 },
    );
  });

  it("is read, or refused with a message, whatever JSON or bytes it is", () => {
    const anything = fc.oneof(fc.json().map(bytesOf), fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(anything, (bytes) => {
        try {
          readManifest(bytes);
          readIndex(bytes);
        } catch (error) {
          assert.ok(error instanceof GoJsonError || error instanceof JsonLimitError, String(error));
        }
      }),
      { seed: 20250214, numRuns: 1_000 },
    );
  });
});

describe("an index", () => {
  it("keeps the platforms of its entries in Go's words", () => {
    const platform = { OS: "windows", architecture: "amd64", "os.version": "10.0.20348.1" };
    const manifests = [{ ...entry, platform }, { ...entry, platform: null }, entry];
    assert.deepEqual(
      readIndex(bytesOf({ ...index, manifests })).manifests?.map((found) => found.platform),
      [
        { os: "windows", architecture: "amd64", variant: "", osVersion: "10.0.20348.1", osFeatures: null },
        null,
        null,
      ],
    );
  });

  it("has attestations that runtimes recognise by their platform alone", () => {
    const annotations = { "vnd.docker.reference.type": "attestation-manifest" };
    const manifests = [
      entry,
      { ...entry, annotations, platform: { os: "linux", architecture: "amd64" } },
      { ...entry, platform: { os: "unknown", architecture: "unknown" } },
      { ...entry, platform: { os: "linux", architecture: "unknown" } },
    ];
    const read = readIndex(bytesOf({ ...index, manifests })).manifests ?? [];
    assert.deepEqual(read.map(isAttestation), [false, false, true, false]);
  });
});
