import type { Exemption } from "../exemptions/exemptions";
import { printable } from "../common/text";
import { printableName } from "../oci/reference";
import type { Exclusion } from "../settings";
import type { ImageUse, UnreadableUse } from "../workloads/image-use";
import { type ImageUser, ownerInWords, quoted } from "./layout";

type Use = Pick<ImageUse, "container" | "image"> | Pick<UnreadableUse, "container" | "path">;

/**
 * Every exemption that is in force is printed, so that none is forgotten; one that has ended too: the image is judged again, and
 * someone should know why.
 *
 * @param what is exempt, in words
 */
export function exemptionInWords(what: string, { state, exclusion }: Exemption): string {
  const { until, reason } = exclusion;
  const rule = `${ruleOf(exclusion)}${until === undefined ? "" : ` until ${until}`}: ${printable(reason)}`;
  if (state === "in-force") return `Not checked: ${what}\nis excluded by ${rule}`;
  return [
    `Checked again: ${what}`,
    `was excluded by ${rule}`,
    "Renew the exemption, or take it out of the configuration.",
  ].join("\n");
}

/** An image of a container, or the place where none can be read. */
export function useInWords(workload: ImageUser["workload"], use: Use): string {
  const owner = ownerInWords(workload);
  const place = use.container === undefined ? owner : `container ${quoted(use.container)} of ${owner}`;
  return "image" in use ? `${printableName(use.image)} (${place})` : `${place}, at ${printable(use.path)}`;
}

export function buildInWords(resource: string): string {
  return `the build of ${quoted(resource)}`;
}

export function resourceInWords(resource: string): string {
  return quoted(resource);
}

function ruleOf({ image, stack, resource }: Exclusion): string {
  const patterns = Object.entries({ image, stack, resource }).flatMap(([key, pattern]) =>
    pattern === undefined ? [] : [key === "image" ? quoted(pattern) : `${key} ${quoted(pattern)}`],
  );
  return `the pattern ${patterns.join(" and ")}`;
}
