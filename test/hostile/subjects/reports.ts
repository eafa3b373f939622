import { withoutLogin } from "../../../policypack/oci/reference";
import assert from "node:assert/strict";
import fc from "fast-check";
import { renderJson } from "../../../policypack/cli/json";
import { renderSarif } from "../../../policypack/cli/sarif";
import { renderText } from "../../../policypack/cli/text";
import type { InspectedImage } from "../../../policypack/inspection/inspector";
import type { Compression } from "../../../policypack/oci/compression";
import { type FailureKind, failure, success } from "../../../policypack/common/outcome";
import { printable } from "../../../policypack/common/text";
import { runtimeNames } from "../../../policypack/runtimes/predict";
import { imageConfig, inspectedImage } from "../../../support/registry/inspected-image";
import { judgedImage } from "../../../support/registry/judged";
import * as report from "../../../policypack/report";
import { text } from "../arbitraries";
import { assertLines } from "../safe";
import { type Subject, subject } from "../subject";

const digest = `sha256:${"a".repeat(64)}`;
const mediaType = fc.oneof(
  text,
  fc.constantFrom(
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
  ),
);
const compression = fc.constantFrom<Compression>("gzip", "zstd", "none", "unknown");
const platform = fc.record({ os: text, architecture: text, variant: text, osVersion: text });
const layers = fc.array(fc.record({ mediaType, digest: fc.constant(digest), size: fc.nat(), compression }), {
  maxLength: 20,
});
const history = fc.array(fc.record({ createdBy: text, comment: text, emptyLayer: fc.boolean() }), {
  maxLength: 20,
});
const config = fc.option(
  fc
    .record({ diffIds: fc.nat({ max: 20 }), history, os: text, architecture: text })
    .map(({ diffIds, ...fields }) => imageConfig(diffIds, fields)),
);
const inspected: fc.Arbitrary<InspectedImage> = fc.record({ platform, layers, config }).map((image) =>
  inspectedImage({
    reference: { registry: "a.example", repository: "app", tag: "1" },
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest,
    ...image,
  }),
);
const kind = fc.constantFrom<FailureKind>(
  "missing",
  "denied",
  "throttled",
  "unreachable",
  "timeout",
  "malformed",
  "unsupported",
  "invalid-reference",
);
const users = fc.array(
  fc.record({ workload: fc.record({ name: text }), use: fc.record({ container: text }) }),
  { maxLength: 15 },
);
const exclusion = fc.record({
  image: text,
  stack: text,
  resource: text,
  until: fc.constant("2027-01-31"),
  reason: text,
});

export const reports: readonly Subject[] = [
  subject(
    "the command's output",
    fc.tuple(fc.array(fc.tuple(text, platform, inspected, fc.option(kind)), { maxLength: 3 }), fc.boolean()),
    ([list, named]) => {
      const results = list.map(([image, wanted, found, failed]) => ({
        ...judgedImage(
          image,
          wanted,
          failed === null ? success(found) : failure(failed, printable(image)),
          named ? runtimeNames : [],
        ),
        steps: [
          { step: "manifest", digest, mediaType: "m", layers: 1 } as const,
          { step: "index", wanted: "w", offered: [], attestations: 0, chosen: null, reason: "r" } as const,
        ],
      }));
      assertLines(renderText(results, { color: false, quiet: false }));
      const json = renderJson(results);
      assertLines(json);
      const read = JSON.parse(json) as { images: { image: string; manifest: { layers: unknown } | null }[] };
      assert.deepEqual(
        read.images.map(({ image }) => image),
        list.map(([image]) => withoutLogin(image)),
      );
      for (const [at, [, , found, failed]] of list.entries())
        assert.deepEqual(
          read.images[at]?.manifest?.layers,
          failed === null ? JSON.parse(JSON.stringify(found.layers)) : undefined,
        );
      const sarif = renderSarif(results, "0.0.0");
      assertLines(sarif);
      JSON.parse(sarif);
    },
  ),
  subject(
    "reports on images",
    fc.tuple(text, users, inspected, platform, kind, text),
    ([image, by, found, wanted, failed, words]) => {
      const failure = { kind: failed, message: printable(words), login: printable(words) };
      const { predictions } = found;
      for (const told of [
        report.blockedImage(image, by, found, runtimeNames),
        report.allowedMix(image, by, found),
        report.unpullableImage(image, by, found, predictions),
        report.uncheckedImage(image, wanted, by, failure),
        report.uncheckedImages([image, words], failure, true) ?? "",
        report.sameCause("Not found", { image: words, resource: image }, image, [words]),
        ...report.sharedByOthers(3, report.sharedBase([found, found])),
        report.imageToCome(image, by),
        report.wrongPlatform(image, wanted, by, report.builtFor(wanted, found)),
        report.wrongPlatform(image, wanted, by, report.noManifestFor(failure, wanted)),
        report.unreadableUse(
          { name: words },
          { reason: "malformed", container: words, path: words, message: "m" },
        ),
      ])
        assertLines(told);
    },
  ),
  subject(
    "reports on exemptions and builds",
    fc.tuple(text, text, exclusion, fc.array(text), platform),
    ([name, image, rule, names]) => {
      for (const told of [
        ...(["in-force", "ended"] as const).map((state) =>
          report.exemptionInWords(report.useInWords({ name }, { container: name, image }), {
            state,
            exclusion: rule,
          }),
        ),
        report.useInWords({ name }, { container: name, path: image }),
        report.buildInWords(name),
        report.droppedSettings(name, "exports[0]", ["compression"]),
        report.unknownBuild(name, "r"),
        report.faultyBuild({
          resource: name,
          path: "exports[0]",
          images: names,
          base: { name: image, platform: "linux/amd64", layers: names },
          steps: [{ keyword: "RUN", line: 1 }],
          settings: { compression: "zstd" },
          dropped: [],
          verdict: { fine: false, layers: names, mixed: true },
          buildkitVersion: image,
          notes: [],
        }),
      ])
        assertLines(told);
    },
  ),
];
