import type { Failure } from "../common/outcome";
import { type InspectedImage, unreadParts } from "../inspection/inspected-image";
import type { Prediction } from "../runtimes/predict";
import { formatPlatform } from "../oci/platform";
import { canonicalName, type Reference, referenceIn, withDefaultTag, withoutLogin } from "../oci/reference";
import { sharedBase } from "../report/causes";
import { fixOf } from "../report/fixes";
import { causeGroups } from "./causes";
import { stepsOf } from "./explain";
import { type JudgedName, predictionsOf } from "./verdict";

/** For machines; `docs/cli.md` documents the shape, which only ever grows. */
export function renderJson(results: readonly JudgedName[]): string {
  return jsonText({ images: results.map(imageAsJson), groups: groupsAsJson(results) });
}

/** Images are numbers of the list `images`; the first of a group is the one whose message explains the cause. */
function groupsAsJson(results: readonly JudgedName[]) {
  const places = new Map(results.map((result, index) => [result, index]));
  return causeGroups(results).map(({ cause: { kind }, members }) => {
    const inspected = members.flatMap(({ inspection }) => (inspection?.ok ? [inspection.value] : []));
    const base = kind === "shared-layers" && members.length > 1 ? sharedBase(inspected) : undefined;
    return {
      cause: kind,
      verdict: members[0]?.verdict,
      policy: members[0]?.findings[0]?.policy,
      images: members.map((member) => places.get(member)),
      base:
        base === undefined
          ? null
          : { name: base.name ?? null, layers: base.layers.length, digest: base.layers.at(-1)?.digest },
    };
  });
}

function imageAsJson(result: JudgedName) {
  const { image, platform, inspection, verdict, users, findings } = result;
  return {
    image: image === null ? null : withoutLogin(image),
    reference: image === null ? null : referenceAsJson(referenceIn(image)),
    platform: platform === null ? null : formatPlatform(platform),
    verdict,
    usedBy: users.map(({ workload, use }) => ({ taskDefinition: workload.name, container: use.container })),
    manifest: inspection?.ok ? manifestAsJson(inspection.value) : null,
    predictions: predictionsOf(result).map(predictionAsJson),
    findings,
    failure: inspection === null || inspection.ok ? null : failureAsJson(inspection.failure),
    unread:
      inspection === null
        ? []
        : unreadParts(inspection).map(({ part, kind, message }) => ({ part, kind, message })),
    ...(result.steps === undefined ? {} : { explain: stepsOf(result) }),
  };
}

function predictionAsJson(prediction: Prediction) {
  const { runtime, host, pulls, manifest } = prediction;
  return {
    runtime,
    ...(host === undefined ? {} : { host }),
    pulls,
    manifest,
    error: prediction.pulls ? null : prediction.error,
  };
}

function referenceAsJson(reference: Reference | undefined) {
  if (reference === undefined) return null;
  const { registry, repository, tag = null, digest = null } = withDefaultTag(reference);
  return { registry, repository, tag, digest, canonical: canonicalName(reference) };
}

function manifestAsJson({ mediaType, digest, layers, config }: InspectedImage) {
  return {
    mediaType,
    digest,
    layers,
    diffIds: config === null ? null : (config.rootfs.diffIds ?? []).length,
  };
}

function failureAsJson(failed: Failure) {
  const { kind, message, login } = failed;
  return { kind, message, fix: fixOf(failed), ...(login === undefined ? {} : { login }) };
}

/** JSON for machines that terminals show as well: control, format and line-separating characters stand in it as escapes only. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(unprintable, escaped) + "\n";
}

/** JSON.stringify escapes those below U+0020 and unpaired surrogates itself; a line feed is its own. */
const unprintable = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}
