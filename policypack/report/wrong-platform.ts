import type { InspectedImage } from "../inspector";
import type { Failure } from "../oci/failure";
import { formatPlatform, type Platform } from "../oci/platform";
import { printable } from "../oci/text";
import { facts, type ImageUser, usedBy } from "./layout";

/** An image that exists, but not for the platform that its task runs on. */
export function wrongPlatform(
  image: string,
  platform: Platform,
  users: readonly ImageUser[],
  problem: string,
): string {
  return facts([
    ["image", printable(image)],
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

export function builtFor(actual: Platform, { platform }: InspectedImage): string {
  const built = `it is built for ${formatPlatform(actual)} only`;
  // Runtimes refuse images of another operating system, but start what no processor of theirs reads.
  return actual.os === platform.os && platform.os !== "windows"
    ? `${built}; its containers would end on ${formatPlatform(platform)} with "exec format error"`
    : `${built}; ECS would stop the task with CannotPullContainerError`;
}
