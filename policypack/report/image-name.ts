import { printableName } from "../oci/reference";
import type { UnreadableUse } from "../workloads/image-use";
import { facts, type ImageUser, quoted, usedBy, wrapped } from "./layout";

/** Why ECS, or every container runtime, refuses an image name. */
export interface NameFault {
  /** A clause that does not repeat the name. */
  readonly problem: string;
  /** The error, in AWS's words. */
  readonly refusal: string;
  /** A legal name that was probably meant. */
  readonly suggestion?: string;
  readonly isLikely?: true;
}

/** A name that no task can start from. */
export function impossibleName(image: string, users: readonly ImageUser[], fault: NameFault): string {
  const { problem, refusal, suggestion, isLikely } = fault;
  return [
    isLikely
      ? "ECS may refuse this image name:"
      : "ECS cannot use this image name. The registration fails, or every task stops with",
    `  ${refusal}`,
    "",
    ...facts([
      ["image", printableName(image, 200)],
      ...usedBy(users),
      ["problem", problem],
      ...(suggestion === undefined ? [] : [["write", printableName(suggestion, 200)] as const]),
    ]),
  ].join("\n");
}

/** What to add to the report on a missing image whose name holds a word for no value: a program's usual mistake. */
export function missingValueHint(image: string): readonly string[] {
  const [, word] = /[/:](undefined|null|NaN|None|nil)(?=$|[/:@])/.exec(image) ?? [];
  return word === undefined
    ? []
    : [`The name contains "${word}": the program probably used a value that is not set.`];
}

/** A text in the place of a name that a program made of a missing value or of an Output. */
export function impossibleValue(workload: ImageUser["workload"], use: UnreadableUse): string {
  const { container, path, message, fix } = use;
  return [
    ...wrapped(`ECS cannot use this image name: ${message}.`),
    "",
    ...facts([
      ["resource", quoted(workload.name)],
      ...(container === undefined ? [] : [["container", quoted(container)] as const]),
      ["at", path],
      ["fix", fix ?? "give the container an image"],
    ]),
  ].join("\n");
}
