import fc from "fast-check";
import assert from "node:assert/strict";
import { layerBytes, layerRuns } from "../../../policypack/oci/compression";
import { digestProblem } from "../../../policypack/oci/digest";
import { platformOf, readImageConfig, probableBaseEnd, stepsOf } from "../../../policypack/oci/image-config";
import { requireImage } from "../../../policypack/oci/image-kind";
import { GoJsonError, JsonLimitError } from "../../../policypack/oci/json-parser";
import { readIndex, readManifest } from "../../../policypack/oci/manifest";
import {
  choosePlatform,
  formatPlatform,
  InvalidPlatformError,
  parsePlatform,
} from "../../../policypack/oci/platform";
import { InvalidReferenceError, parseReference } from "../../../policypack/oci/reference";
import { Document, type PullSource } from "../../../policypack/runtimes/pull";
import { layersError, predictPulls, runtimeNames } from "../../../policypack/runtimes/predict";
import { bytesOf, mixed, nearly, text } from "../arbitraries";
import { assertLine, assertWords } from "../safe";
import { type Subject, subject } from "../subject";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const oci = "application/vnd.oci.image";
const docker = "application/vnd.docker";
const types = [
  `${oci}.manifest.v1+json`,
  `${oci}.index.v1+json`,
  `${docker}.distribution.manifest.v2+json`,
  `${docker}.distribution.manifest.list.v2+json`,
  `${docker}.distribution.manifest.v1+prettyjws`,
  `${oci}.layer.v1.tar+gzip`,
  `${docker}.image.rootfs.diff.tar.zstd`,
  "application/json",
  "text/html",
  "",
];
const keys = [
  "mediaType",
  "config",
  "layers",
  "manifests",
  "digest",
  "size",
  "platform",
  "os",
  "architecture",
  "variant",
  "os.version",
  "annotations",
  "artifactType",
  "fsLayers",
  "rootfs",
  "diff_ids",
  "history",
  "created_by",
  "comment",
  "empty_layer",
];

const part = (mediaType: string) => ({ mediaType, digest, size: 7, annotations: { a: "b" } });
const manifest = {
  schemaVersion: 2,
  mediaType: types[0],
  config: part(`${oci}.config.v1+json`),
  layers: [part(`${oci}.layer.v1.tar+gzip`), part(`${docker}.image.rootfs.diff.tar.zstd`), part("x/y")],
};
const platform = { os: "linux", architecture: "arm64", variant: "v8", "os.version": "10.0.1" };
const index = {
  mediaType: types[1],
  manifests: [
    { ...part(types[0] ?? ""), platform },
    part(types[2] ?? ""),
    { ...part(""), platform: { os: "windows" } },
  ],
};
const config = {
  ...platform,
  rootfs: { type: "layers", diff_ids: [digest, digest] },
  history: [
    { created_by: "/bin/sh -c #(nop)  CMD [x]", empty_layer: true },
    { created_by: "RUN |1 A=b /bin/sh -c x # buildkit", comment: "c" },
    {},
  ],
};
const wanted = fc.constantFrom(
  { os: "linux", architecture: "amd64" },
  { os: "linux", architecture: "arm64", variant: "v9.5" },
  { os: "windows", architecture: "amd64", osVersion: "10.0.20348" },
);

/** What the reader gives; undefined if it refuses the document in words that can be shown. */
function orRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof GoJsonError || error instanceof JsonLimitError, String(error));
    assertLine(error.message);
    return undefined;
  }
}

export const images: readonly Subject[] = [
  subject(
    "manifests and indexes",
    fc.tuple(
      bytesOf(nearly(keys, manifest, index)),
      fc.option(fc.oneof(fc.constantFrom(...types), text), { nil: undefined }),
      wanted,
    ),
    async ([bytes, contentType, platformWanted]) => {
      const root = new Document(contentType ?? "", digest, bytes);
      const source: PullSource = {
        child: () => Promise.resolve(root),
        layers: (manifest) => Promise.resolve(manifest.layers ?? []),
        config: () => Promise.resolve(null),
      };
      const { predictions, unpredicted } = await predictPulls(root, platformWanted, source);
      for (const prediction of predictions) if (!prediction.pulls) assertLine(prediction.error);
      for (const { cause } of unpredicted) assert.ok(cause instanceof JsonLimitError, String(cause));
      const index = orRefused(() => readIndex(bytes));
      const chosen = choosePlatform(index?.manifests ?? [], platformWanted);
      assert.ok(chosen === undefined || index?.manifests?.includes(chosen));
      const manifest = orRefused(() => readManifest(bytes));
      if (manifest === undefined) return;
      const image = requireImage(manifest);
      if (!image.ok) assertLine(image.failure.message);
      const layers = manifest.layers ?? [];
      assert.equal(layerRuns(layers).at(-1)?.last ?? 0, layers.length);
    },
  ),
  subject("image configs", bytesOf(nearly(keys, config)), (bytes) => {
    const read = orRefused(() => readImageConfig(bytes));
    if (read === undefined) return;
    const history = read.history ?? [];
    assertLine(formatPlatform(platformOf(read)));
    const steps = stepsOf(history, history.filter(({ emptyLayer }) => !emptyLayer).length);
    assert.ok(steps === undefined || steps.every((step) => step !== ""));
    assert.ok((probableBaseEnd(history) ?? 1) >= 1);
  }),
  subject(
    "build steps",
    fc.array(
      fc.tuple(
        fc.constantFrom("", "RUN "),
        mixed("|1 ", "RUN ", "/bin/sh -c ", "/bin/bash -", "#(nop) ", "CMD", " # buildkit", " ", "\n"),
      ),
      { maxLength: 4 },
    ),
    (lines) => {
      const history = lines.map(([run, line]) => ({
        createdBy: `${run}|1 A=s3cret ${line}`,
        comment: "",
        emptyLayer: false,
      }));
      for (const step of stepsOf(history, history.length) ?? []) assert.doesNotMatch(step, /A=s3cret/);
      probableBaseEnd(history);
    },
  ),
  subject(
    "references",
    mixed("a", "A", "/", ":", "@", ".", "_", "-", "[", "]", "5", "docker.io", "localhost", "sha256:", digest),
    (name) => {
      try {
        parseReference(name);
      } catch (error) {
        assert.ok(error instanceof InvalidReferenceError);
        assertWords(error.message);
      }
    },
  ),
  subject(
    "digests",
    mixed("sha256", "sha512", ":", "+", "a", "0".repeat(64), "f".repeat(128), "="),
    (written) => {
      const problem = digestProblem(written);
      if (problem === undefined) assert.match(written, /^sha\d{3}:[0-9a-f]+$/);
      else assertWords(problem);
    },
  ),
  subject(
    "platforms",
    mixed("linux", "windows", "/", "amd64", "arm", "arm64", "v8", "8.0", "x86_64"),
    (written) => {
      try {
        assertLine(formatPlatform(parsePlatform(written)));
      } catch (error) {
        assert.ok(error instanceof InvalidPlatformError);
        assertWords(error.message);
      }
    },
  ),
  subject("first bytes of layers", fc.uint8Array({ maxLength: 520 }), (bytes) => {
    assert.ok(["gzip", "zstd", "zstd-skippable", "none", "unknown"].includes(layerBytes(bytes)));
  }),
  subject(
    "media types of layers",
    fc.array(
      mixed(
        `${oci}.layer.v1.tar`,
        `${docker}.image.rootfs.diff.tar`,
        "+gzip",
        ".gzip",
        "+zstd",
        "+encrypted",
        "+",
        ";",
        " ",
      ),
      { maxLength: 3 },
    ),
    (list) => {
      const layers = list.map((mediaType) => ({ mediaType }));
      for (const runtime of runtimeNames)
        for (const diffIds of [null, 0, layers.length]) {
          const error = layersError(runtime, { layers, diffIds });
          if (error !== undefined) assertLine(error);
        }
    },
  ),
];
