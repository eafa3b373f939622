// report/ turns findings into messages: one file per kind of message. Read this one first; `layout.ts` aligns and wraps. A message begins with
// what happens, then names the image and its layers, and ends with the fix. It has at most 24 lines of 80 columns, except for long names.
import type { InspectedImage, Layer } from "../inspection/inspected-image";
import { formatPlatform } from "../oci/platform";
import { printableName } from "../oci/reference";
import type { Prediction, RuntimeName } from "../runtimes/predict";
import { layerFacts } from "./layers";
import { type Fact, facts, type ImageUser, usedBy, wrapped } from "./layout";
import { layerFix } from "./fixes";
import { pullFacts, runtimesInWords } from "./runtimes";

/**
 * A mixed image that is blocked.
 *
 * @param runtimes those that its tasks may meet
 */
export function blockedImage(
  image: string,
  users: readonly ImageUser[],
  inspected: InspectedImage,
  runtimes: readonly RuntimeName[],
): string {
  const takers = takersOf(inspected);
  const { lead, reason } = consequence(inspected, takers, runtimes);
  return [
    ...lead,
    "",
    ...facts([
      ...identity(image, users, inspected),
      ...layerFacts(inspected.layers, inspected.config?.history ?? []),
      ...pullFacts(takers),
    ]),
    ...reason,
    "",
    ...layerFix(inspected),
  ].join("\n");
}

/** A mix that the configuration lets pass. */
export function allowedMix(image: string, users: readonly ImageUser[], inspected: InspectedImage): string {
  return [
    "Mixes gzip and zstd layers. Not blocked, because allowOciMix is set.",
    "",
    ...facts([
      ...identity(image, users, inspected),
      ...layerFacts(inspected.layers),
      ...pullFacts(takersOf(inspected)),
    ]),
  ].join("\n");
}

/** What names an image that was read. */
export function identity(image: string, users: readonly ImageUser[], inspected: InspectedImage): Fact[] {
  const { platform, digest } = inspected;
  return [
    ["image", `${printableName(image)} (${formatPlatform(platform)})`],
    ...usedBy(users),
    ["digest", digest],
  ];
}

/** The predictions for this manifest: each runtime that takes another one from the index is left out. */
function takersOf({ digest, predictions }: InspectedImage): readonly Prediction[] {
  return predictions.filter(({ manifest }) => manifest === digest);
}

/** Runtimes that read no zstd at all, and that no current ECS host runs. */
const oldRuntimes: readonly RuntimeName[] = ["containerd-1.4", "dockerd-20.10"];

/** What happens to tasks with a mixed image, and why it is blocked if theirs would run. */
function consequence(
  { config, layers }: InspectedImage,
  takers: readonly Prediction[],
  runtimes: readonly RuntimeName[],
): { lead: string[]; reason: string[] } {
  const mixes = "Mixes gzip and zstd layers.";
  const met = takers.filter(({ runtime }) => runtimes.includes(runtime));
  const failing = [...met, ...takers.filter(({ runtime }) => !oldRuntimes.includes(runtime))].find(
    ({ pulls }) => !pulls,
  );
  if (failing === undefined || failing.pulls) {
    const unknown = config === null && !takers.some(({ pulls }) => !pulls);
    return {
      lead: wrapped(`${mixes} Only some container runtimes can pull it.`),
      reason: unknown
        ? ["", "The config could not be read, so the exact error is unknown."]
        : ["", ...wrapped(dependence), ...(layers.every(isOciLayer) ? [allowing] : [])],
    };
  }
  const error = wrapped(`CannotPullContainerError: ${failing.error}`, 78).map((line) => `  ${line}`);
  if (met.length > 0 && met.every(({ pulls }) => pulls))
    return {
      lead: [...wrapped(`${mixes} ${runtimesInWords(runtimes)} can pull it; others fail with`), ...error],
      reason: ["", ...wrapped(dependence)],
    };
  const verb = met.length > 0 && met.every(({ pulls }) => !pulls) ? "stops" : "may stop";
  return { lead: [`${mixes} ECS ${verb} its tasks with`, ...error], reason: [] };
}

function isOciLayer({ mediaType }: Layer): boolean {
  return mediaType.startsWith("application/vnd.oci.");
}

const allowing = "To allow mixes of OCI media types, set allowOciMix.";
const dependence = "Blocked so that no task depends on the runtime of its host.";
