import { count } from "../common/text";
import { printableName, referenceIn } from "../oci/reference";
import { typeOfLayers, type SharedBase } from "./causes";
import { quoted, wrapped } from "./layout";

/** The finding that explains a cause in full. */
export interface FirstOfCause {
  readonly image: string;
  /** Undefined if the command inspects a bare name. */
  readonly resource?: string;
}

/** A finding whose cause an earlier one explains, in at most three lines. `summary`: what happens, as `Mixes gzip and zstd layers`. */
export function sameCause(
  summary: string,
  first: FirstOfCause,
  image: string,
  containers: readonly string[],
): string {
  const shown = first.image === image ? "" : shortName(first.image, image);
  const owner = first.resource === undefined ? "" : quoted(first.resource);
  const where = [shown, owner].filter((part) => part !== "").join(" of ");
  const used = containers.length === 0 ? "" : `, container ${quoted(containers[0] ?? "")}`;
  const more = containers.length > 1 ? ` and ${containers.length - 1} more` : "";
  const lines = [`${summary}, like ${where}. Fix: see there.`, `image ${printableName(image)}${used}${more}`];
  const broken = lines.flatMap((line) => wrapped(line));
  return (broken.length > 3 ? lines : broken).join("\n");
}

/** Without its registry, if the other image is in the same one. */
function shortName(image: string, other: string): string {
  const registry = referenceIn(image)?.registry;
  const isSame = registry !== undefined && registry === referenceIn(other)?.registry;
  const name = printableName(image);
  return isSame && name.startsWith(`${registry}/`) ? name.slice(registry.length + 1) : name;
}

/** What the explanation of a cause adds if other images share it. `images`: the others. */
export function sharedByOthers(images: number, base: SharedBase | undefined): string[] {
  if (images === 0) return [];
  const verb = images === 1 ? "has" : "have";
  const others = `${count(images, "more image")} ${verb} the same cause.`;
  if (base === undefined) return ["", others];
  const name = base.name === undefined ? "" : ` of ${printableName(base.name)}`;
  return [
    "",
    ...wrapped(`${others} They share ${typeOfLayers(base)}${name}, up to`),
    `  ${base.layers.at(-1)?.digest ?? ""}`,
    // The fix above makes gzip of everything: a base of gzip is fine as it is.
    ...(base.layers[0]?.compression === "gzip" ? [] : ["Rebuild that base image first."]),
  ];
}
