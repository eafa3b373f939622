import type { Failure, FailureKind } from "../common/outcome";
import { count, printable } from "../common/text";
import type { InspectedImage, UnreadPart } from "../inspection/inspected-image";
import { formatPlatform, type Platform } from "../oci/platform";
import { printableName } from "../oci/reference";
import type { Prediction } from "../runtimes/predict";
import type { UnreadableUse } from "../workloads/image-use";
import { type Fact, facts, type ImageUser, listed, ownerInWords, usedBy } from "./layout";

/** An image that could not be checked, or that cannot be an image, why, and what to do about it. */
export function uncheckedImage(
  image: string,
  platform: Platform,
  users: readonly ImageUser[],
  failed: Failure,
): string {
  return facts([
    ["image", printableName(image)],
    ...usedBy(users),
    ["platform", formatPlatform(platform)],
    ...reasons(image, failed),
  ]).join("\n");
}

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
  return facts([
    ["image", printableName(image)],
    ...usedBy(users),
    ["platform", formatPlatform(platform)],
    ["unread", parts],
    ...(first === undefined ? [] : reasons(image, first)),
  ]).join("\n");
}

/** Many images that could not be checked for one and the same reason. */
export function uncheckedImages(
  images: readonly string[],
  users: readonly ImageUser[],
  failed: Failure,
): string {
  const names = [...new Set(images)].map((image) => printableName(image));
  const shown = names.slice(0, maximumNames);
  if (names.length > shown.length) shown.push(`and ${count(names.length - shown.length, "other")}`);
  return facts([
    ...shown.map((name, i): Fact => [i === 0 ? count(names.length, "image") : "", name]),
    ...usedBy(users),
    ...reasons(images[0] ?? "", failed),
  ]).join("\n");
}

/** Why, what to do, and where to learn more: a command to copy, so it stays on one line. */
function reasons(
  image: string,
  { kind, message, login, part }: Failure & { readonly part?: string },
): Fact[] {
  const explain = `npx ecs-image-guard inspect --explain ${printableName(image)}`;
  return [
    ["problem", `${kind}: ${message}`],
    ...(login === undefined ? [] : [["login", login] as const]),
    [
      "to do",
      part === "login secret" ? "let whoever runs Pulumi read the secret, or correct it" : advice[kind],
    ],
    ...(kind === "denied" ? [["details", explain, "unbroken"] as const] : []),
  ];
}

const maximumNames = 10;

/** In short, since `missing-image` tells the rest: here for those who fail closed on whatever could not be checked. */
export function missingToo(image: string, failed: Failure): string {
  return facts([
    ["image", printableName(image)],
    ["problem", `${failed.kind}: ${failed.message} (see missing-image)`],
  ]).join("\n");
}

/** An image that the same program builds or pushes, so that what is in the registry now says nothing. */
export function imageToCome(image: string, users: readonly ImageUser[]): string {
  return facts([
    ["image", printableName(image)],
    ...usedBy(users),
    ["problem", "this program pushes it; the guard checks it during the update, before it is used"],
  ]).join("\n");
}

/** A place of a resource where no image could be read. */
export function unreadableUse(workload: ImageUser["workload"], use: UnreadableUse): string {
  const place = use.container === undefined ? "" : `container \`${printable(use.container)}\` of `;
  const where = `${place}${ownerInWords(workload)}, at ${printable(use.path)}`;
  return [`${where}: ${use.message}.`, use.fix === undefined ? outlook[use.reason] : `${use.fix}.`].join(
    "\n",
  );
}

const outlook: Record<UnreadableUse["reason"], string> = {
  unknown: "The guard checks this image during the update, before the resource is created.",
  redacted: "Analyze the stack itself (--stack), or give the state file's passphrase or key.",
  malformed: "AWS would refuse this as well: correct the definition.",
  impossible: "AWS would refuse this as well: correct the definition.",
};

const advice: Record<FailureKind, string> = {
  missing: "push the image first, or correct its name, tag or platform",
  denied: "give whoever runs Pulumi read access to this repository, or log in to it",
  throttled: "try again later, log in for a higher limit, or configure a mirror",
  unreachable: "see that this machine reaches the registry, or configure a mirror",
  timeout: "try again, or raise timeBudgetSeconds, imageTimeoutSeconds or requestTimeoutSeconds",
  malformed: "push the image again; if it stays, tell the registry's operator",
  unsupported: "point the container at a container image of manifest schema 2 or OCI",
  "invalid-reference": "correct the image name in the container definition",
};

/** An image that exists, but not for the platform that its task runs on. */
export function wrongPlatform(
  image: string,
  platform: Platform,
  users: readonly ImageUser[],
  problem: string,
): string {
  return facts([
    ["image", printableName(image)],
    ...usedBy(users),
    ["platform", formatPlatform(platform)],
    ["problem", problem],
    [
      "to do",
      `build the image for ${formatPlatform(platform)} too (docker buildx build --platform …), or set the task's runtimePlatform to what the image is`,
    ],
  ]).join("\n");
}

export function noManifestFor(failed: Failure): string {
  return `${failed.message}; ECS would stop the task with CannotPullContainerError`;
}

/** An image that some of the hosts which the task may meet find nothing in, and others do. */
export function noManifestOn(refused: readonly Prediction[], platform: Platform): string {
  const hosts = refused.map(({ runtime, host }) => (host === undefined ? runtime : `${runtime} on ${host}`));
  return `it has no manifest that ${hosts.join(", ")} takes for ${formatPlatform(platform)}; ECS would stop the task with CannotPullContainerError`;
}

export function builtFor(actual: Platform, { platform }: InspectedImage): string {
  const built = `it is built for ${formatPlatform(actual)} only`;
  // Runtimes refuse images of another operating system, but start what no processor of theirs reads.
  return actual.os === platform.os && platform.os !== "windows"
    ? `${built}; its containers would end on ${formatPlatform(platform)} with "exec format error"`
    : `${built}; ECS would stop the task with CannotPullContainerError`;
}
