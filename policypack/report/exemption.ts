import { printable } from "../oci/text";
import { printableName } from "../oci/reference";
import type { Exclusion } from "../settings";
import type { ImageUse } from "../workloads/image-use";
import { type ImageUser, quoted } from "./layout";

type Use = Pick<ImageUse, "container" | "image">;

/** Every exemption that is in force is printed, so that none is forgotten. */
export function exemption(workload: ImageUser["workload"], use: Use, exclusion: Exclusion): string {
  const until = exclusion.until === undefined ? "" : ` until ${exclusion.until}`;
  return [
    `Not checked: ${subject(workload, use)}`,
    `is excluded by ${ruleOf(exclusion)}${until}: ${printable(exclusion.reason)}`,
  ].join("\n");
}

/** An exemption that has ended is said too: the image is judged again, and someone should know why. */
export function endedExemption(workload: ImageUser["workload"], use: Use, exclusion: Exclusion): string {
  return [
    `Checked again: ${subject(workload, use)}`,
    `was excluded by ${ruleOf(exclusion)} until ${exclusion.until ?? ""}: ${printable(exclusion.reason)}`,
    "Renew the exemption, or take it out of the configuration.",
  ].join("\n");
}

function subject(workload: ImageUser["workload"], use: Use): string {
  return `${printableName(use.image)} (container ${quoted(use.container)} of ${quoted(workload.name)})`;
}

function ruleOf({ image, stack, resource }: Exclusion): string {
  const patterns = Object.entries({ image, stack, resource }).flatMap(([key, pattern]) =>
    pattern === undefined ? [] : [key === "image" ? quoted(pattern) : `${key} ${quoted(pattern)}`],
  );
  return `the pattern ${patterns.join(" and ")}`;
}
