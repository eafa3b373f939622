import type { Failure, FailureKind } from "../common/outcome";
import { count, printable } from "../common/text";
import type { InspectedImage, UnreadPart } from "../inspection/inspected-image";
import { platformFix } from "../inspection/unpullable";
import { formatPlatform, type Platform } from "../oci/platform";
import { formatReference, printableName, type Reference, referenceIn } from "../oci/reference";
import type { Prediction } from "../runtimes/predict";
import type { UnreadableUse } from "../workloads/image-use";
import { fixOf } from "./fixes";
import { type Fact, facts, type ImageUser, listed, ownerInWords, usedBy, wrapped } from "./layout";
import { predictedOn } from "./runtimes";

/** An image that could not be checked, or that cannot be an image, why, and what to do about it. */
export function uncheckedImage(
  image: string,
  platform: Platform,
  users: readonly ImageUser[],
  failed: Failure,
): string {
  return [
    ...wrapped(headline(failed)),
    "",
    ...facts([
      ["image", `${printableName(image)} (${formatPlatform(platform)})`],
      ...usedBy(users),
      ...reasons(image, failed),
    ]),
  ].join("\n");
}

/** What happened, in a few words: `Not found`, `Not verified: access denied`. */
export function failureSummary({ kind, proves }: Failure): string {
  return proves === "no-image" || proves === "unpullable" ? proofs[proves] : summaries[kind];
}

function headline(failed: Failure): string {
  const { kind, proves } = failed;
  const stops = kind === "missing" || kind === "invalid-reference" || proves !== undefined;
  return `${failureSummary(failed)}.${stops ? ` ${cannotPull}` : ""}`;
}

const proofs = {
  "no-image": "Not a container image",
  unpullable: "Cannot be pulled by any container runtime",
};

const summaries: Record<FailureKind, string> = {
  missing: "Not found",
  denied: "Not verified: access denied",
  throttled: "Not verified: the registry is rate limiting requests",
  unreachable: "Not verified: the registry could not be reached",
  timeout: "Not verified: no answer in time",
  malformed: "Not verified: the answer is not valid",
  unsupported: "Not verified: the guard cannot read this image",
  "invalid-reference": "Not a valid image name",
};

/** An image whose manifest was read, but not every part that its verdict depends on. */
export function partlyRead(
  image: string,
  platform: Platform,
  users: readonly ImageUser[],
  unread: readonly UnreadPart[],
): string {
  const [first] = unread;
  const parts = listed(
    unread.map(({ part }) => part),
    "other part",
  );
  return [
    "Not verified: a part of the image could not be read.",
    "",
    ...facts([
      ["image", `${printableName(image)} (${formatPlatform(platform)})`],
      ...usedBy(users),
      ["unread", parts],
      ...(first === undefined ? [] : reasons(image, first)),
    ]),
  ].join("\n");
}

/** Lines of a list that must be whole: with the rest of the message and the engine's own line, 31 at most. */
const maximumListed = 16;

/**
 * Many images of one registry that could not be checked for one reason; undefined if their list is too long, unless it need not be whole.
 *
 * @param isWholeRegistry these are all images of their registry in the program, so that the registry's name says which
 */
export function uncheckedImages(
  images: readonly string[],
  failed: Failure,
  isWholeRegistry: boolean,
): string | undefined {
  const [example = ""] = images;
  const registry = referenceIn(example)?.registry ?? "";
  const names = [...new Set(images)];
  const why = reasons(example, failed);
  const shown = names.map((image) => printableName(withoutRegistry(image, registry)));
  const all = facts([["images", isWholeRegistry ? listed(shown, "other") : shown.join(", ")], ...why]);
  if (!isWholeRegistry && all.length - facts(why).length > maximumListed) return undefined;
  const scope = isWholeRegistry
    ? `all ${count(names.length, "image")} of this program in`
    : `${count(names.length, "image")} in`;
  return [...wrapped(`${failureSummary(failed)}: ${scope} ${printable(registry, 100)}.`), "", ...all].join(
    "\n",
  );
}

function withoutRegistry(image: string, registry: string): string {
  return image.startsWith(`${registry}/`) ? image.slice(registry.length + 1) : image;
}

/** Why, what to do, and where to learn more: a command to copy, so it stays on one line. */
function reasons(image: string, failed: Failure): Fact[] {
  const { kind, message, login } = failed;
  const explain = `npx ecs-image-guard inspect --explain ${printableName(image)}`;
  return [
    ["problem", `${kind}: ${message}`],
    ...(login === undefined ? [] : [["login", login] as const]),
    ["fix", fixOf(failed)],
    ...(kind === "denied" ? [["details", explain, "unbroken"] as const] : []),
  ];
}

/** An image that a pull through cache does not have yet, and whose upstream was checked in its place. */
export function imageToImport(image: string, users: readonly ImageUser[], upstream: Reference): string {
  return [
    "The pull through cache does not have this image yet. The first task imports it,",
    "if its execution role allows ecr:BatchImportUpstreamImage and ecr:CreateRepository.",
    "",
    ...facts([
      ["image", printableName(image)],
      ...usedBy(users),
      ["checked", printableName(formatReference(upstream))],
    ]),
  ].join("\n");
}

/** An image that the same program builds or pushes, so that what is in the registry now says nothing. */
export function imageToCome(image: string, users: readonly ImageUser[]): string {
  return [
    "Not checked yet: this program pushes the image. The update checks it before use.",
    ...facts([["image", printableName(image)], ...usedBy(users)]),
  ].join("\n");
}

/** A place of a resource where no image could be read. */
export function unreadableUse(workload: ImageUser["workload"], use: UnreadableUse): string {
  const place = use.container === undefined ? "" : `container \`${printable(use.container)}\` of `;
  const where = `${place}${ownerInWords(workload)}, at ${printable(use.path)}`;
  return [
    `${where}: ${use.message}.`,
    ...wrapped(use.fix === undefined ? outlook[use.reason] : `${use.fix}.`),
  ].join("\n");
}

const outlook: Record<UnreadableUse["reason"], string> = {
  unknown: "The guard checks this image during the update, before the resource is created.",
  redacted: "Analyze the stack itself (--stack), or give the state file's passphrase or key.",
  malformed: "AWS would refuse this as well: correct the definition.",
  impossible: "AWS would refuse this as well: correct the definition.",
  unsupported: "The guard does not check this image: inspect it by its name (npx ecs-image-guard inspect).",
};

/** An image that exists, but not for the platform that its task runs on. */
export function wrongPlatform(
  image: string,
  platform: Platform,
  users: readonly ImageUser[],
  { problem, effect, fix }: PlatformProblem,
): string {
  const wanted = formatPlatform(platform);
  return [
    ...wrapped(`Not built for ${wanted}. ${effect}`),
    "",
    ...facts([
      ["image", `${printableName(image)} (${wanted})`],
      ...usedBy(users),
      ["problem", problem],
      ["fix", fix],
    ]),
  ].join("\n");
}

/** What an image has instead of the platform of its task, and what happens to the task. */
export interface PlatformProblem {
  /** A clause. */
  readonly problem: string;
  /** A sentence. */
  readonly effect: string;
  /** A clause. */
  readonly fix: string;
}

const cannotPull = "ECS stops its tasks with CannotPullContainerError.";

export function noManifestFor({ message, fix }: Failure, wanted: Platform): PlatformProblem {
  return { problem: message, effect: cannotPull, fix: fix ?? platformFix(wanted, []) };
}

/** An image in which some of the hosts that may run the task find a manifest, and others do not. */
export function noManifestOn(refused: readonly Prediction[], platform: Platform): PlatformProblem {
  return {
    problem: `it has no manifest that ${predictedOn(refused)} takes for ${formatPlatform(platform)}`,
    effect: "ECS may stop its tasks with CannotPullContainerError.",
    fix: platformFix(platform, []),
  };
}

export function builtFor(
  actual: Platform,
  { platform, digest, predictions }: InspectedImage,
): PlatformProblem {
  const problem = `it is built for ${formatPlatform(actual)} only`;
  const fix = platformFix(platform, [formatPlatform(actual)]);
  // Runtimes start binaries that the processor cannot run. Some pull images of another operating system too.
  if (actual.os === platform.os && platform.os !== "windows")
    return { problem, effect: 'Its containers end with "exec format error".', fix };
  const pulls = predictions.some((prediction) => prediction.pulls && prediction.manifest === digest);
  return { problem, effect: pulls ? "Its containers cannot start." : cannotPull, fix };
}
