import type { InspectedImage } from "./inspector";
import { type CompressedLayer, layerRuns } from "./oci/compression";
import type { Failure, FailureKind } from "./oci/failure";
import { formatPlatform, type Platform } from "./oci/platform";
import { mismatchText } from "./oci/runtimes";
import { count, printable } from "./oci/text";
import { repairCommands } from "./repair";
import type { Exclusion } from "./settings";
import type { ImageUse, UnreadableUse } from "./workloads/image-use";

/** Which container of which resource; the reports need no more of a workload than its name. */
export interface ImageUser {
  readonly workload: { readonly name: string };
  readonly use: Pick<ImageUse, "container">;
}

/** The block that stands where a deployment is stopped. At most 80 columns, save for names and digests. */
export function blockedImage(image: string, users: readonly ImageUser[], inspected: InspectedImage): string {
  return [
    "This image mixes gzip and zstd layers. ECS may fail to pull it long after the",
    "deployment looks green.",
    "",
    ...facts([
      ["image", printable(image)],
      ...usedBy(users),
      ["platform", formatPlatform(inspected.platform)],
      ["digest", inspected.digest],
    ]),
    "",
    ...layerLines(inspected),
    "",
    ...consequence(inspected),
    "",
    ...repairCommands(inspected.reference),
  ].join("\n");
}

/** An image that could not be checked, why, and what to do about it. */
export function uncheckedImage(
  image: string,
  platform: Platform,
  users: readonly ImageUser[],
  failed: Failure,
): string {
  return facts([
    ["image", printable(image)],
    ...usedBy(users),
    ["platform", formatPlatform(platform)],
    ["problem", `${failed.kind}: ${failed.message}`],
    ["to do", advice[failed.kind]],
  ]).join("\n");
}

/** A place of a resource where no image could be read. */
export function unreadableUse(workload: ImageUser["workload"], use: UnreadableUse): string {
  const place = use.container === undefined ? "" : `container \`${printable(use.container)}\` of `;
  const outlook =
    use.reason === "unknown"
      ? "The guard checks this image during the update, before the resource is created."
      : "AWS would refuse this as well: correct the definition.";
  return [`${place}${quoted(workload.name)}, at ${printable(use.path)}: ${use.message}.`, outlook].join("\n");
}

/** Every exemption that is in force is printed, so that none is forgotten. */
export function exemption(
  workload: ImageUser["workload"],
  use: Pick<ImageUse, "container" | "image">,
  exclusion: Exclusion,
): string {
  return [
    `Not checked: ${printable(use.image)} (container ${quoted(use.container)} of ${quoted(workload.name)})`,
    `is excluded by the pattern ${quoted(exclusion.image)}: ${printable(exclusion.reason)}`,
  ].join("\n");
}

const advice: Record<FailureKind, string> = {
  missing: "push the image first, or correct its name, tag or platform",
  denied: "give whoever runs Pulumi read access to this repository, or log in to it",
  throttled: "try again later, log in for a higher limit, or configure a mirror",
  unreachable: "see that this machine reaches the registry, or configure a mirror",
  timeout: "try again, or raise timeBudgetSeconds in the policy's configuration",
  malformed: "push the image again; if it stays, tell the registry's operator",
  unsupported: "point the container at a container image of manifest schema 2 or OCI",
  "invalid-reference": "correct the image name in the container definition",
};

export type Fact = readonly [label: string, value: string];

/** Aligned, and wrapped at 80 columns between words. */
export function facts(rows: readonly Fact[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.flatMap(([label, value]) =>
    wrapped(value, 80 - width - 1).map((line, i) => `${(i === 0 ? label : "").padEnd(width)} ${line}`),
  );
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

export function layerLines(inspected: { readonly layers: readonly CompressedLayer[] }): string[] {
  const runs = layerRuns(inspected.layers).map((run) => ({
    label:
      run.first === run.last
        ? `layer ${run.first} ${run.compression}`
        : `layers ${run.first}–${run.last} ${run.compression}`,
    mediaType: printable(run.mediaType, 100),
  }));
  const shown = runs.length > maximumRuns ? runs.slice(0, maximumRuns - 1) : runs;
  const width = Math.max(...shown.map(({ label }) => label.length));
  const lines = shown.map(({ label, mediaType }) => `${label.padEnd(width)}  ${mediaType}`);
  return shown === runs
    ? lines
    : [...lines, `… and ${count(runs.length - shown.length, "more run")} of layers`];
}

/** An image with alternating compressions could otherwise fill the screen with a line for each layer. */
const maximumRuns = 12;

function consequence(inspected: InspectedImage): string[] {
  const mismatch = inspected.diffIds === null ? undefined : mismatchText(inspected.layers, inspected.diffIds);
  if (mismatch !== undefined) {
    return [
      "Predicted for containerd 1.x, as on Fargate. ECS would stop the task with",
      `CannotPullContainerError: ${mismatch}`,
    ];
  }
  if (inspected.diffIds === null)
    return ["Its config could not be read, so the error that ECS would show is not known."];
  return [
    "containerd 1.5 and later pull this mix by its OCI media types; dockerd 20.10 and",
    "containerd 1.4 do not. It is blocked so that no task depends on the difference.",
  ];
}

/** `container web, worker of app`, a line for each resource; nothing where the command inspects a bare name. */
function usedBy(users: readonly ImageUser[]): Fact[] {
  const words = [...groupByName(users)].map(
    ([workload, containers]) => `${quoted(workload)}: ${containers.map(quoted).join(", ")}`,
  );
  const shown = words.slice(0, maximumUsers);
  if (words.length > shown.length) shown.push(`and ${count(words.length - shown.length, "other resource")}`);
  return shown.map((line, i) => [i === 0 ? "used by" : "", line]);
}

const maximumUsers = 10;

function groupByName(users: readonly ImageUser[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { workload, use } of users)
    groups.set(workload.name, [...(groups.get(workload.name) ?? []), use.container]);
  return groups;
}

export function quoted(name: string): string {
  return `\`${printable(name, 80)}\``;
}
