import { printable } from "../common/text";
import { printableName, referenceIn } from "../oci/reference";
import type { UnreadableUse } from "../workloads/image-use";
import { facts, type ImageUser, quoted, usedBy, wrapped } from "./layout";

/** Why ECS, or every container runtime, refuses an image name. */
export interface NameFault {
  /** A clause that does not repeat the name. */
  readonly problem: string;
  /** The error, in AWS's words. */
  readonly refusal: string;
  /** A sentence without its end. */
  readonly fix: string;
  readonly isLikely?: true;
}

/** A name that no task can start from. */
export function impossibleName(image: string, users: readonly ImageUser[], fault: NameFault): string {
  const { problem, refusal, fix, isLikely } = fault;
  return [
    isLikely
      ? "ECS may refuse this image name:"
      : "ECS cannot use this image name. The registration fails, or every task stops with",
    `  ${refusal}`,
    "",
    ...facts([["image", printableName(image, 200)], ...usedBy(users), ["problem", problem], ["fix", fix]]),
  ].join("\n");
}

/** What to add to a report on an image that was not found, if its name shows a usual mistake. Whole lines. */
export function nameHint(image: string): readonly string[] {
  const [, word] = /[/:](undefined|null|NaN|None|nil)(?=$|[/:@])/.exec(image) ?? [];
  if (word !== undefined)
    return [`The name contains "${word}": the program probably used a value that is not set.`];
  if (/^sha(?:256|512):/.test(image))
    return wrapped(
      "This is the name of a tag of Docker Hub's repository sha256. To name a digest, write repository@sha256:…",
    );
  const { registry, repository } = referenceIn(image) ?? {};
  // `registry.example:5000` and `123456789012.dkr.ecr.….amazonaws.com`: without a slash, nothing of a name is a host.
  const [, host] = /^library\/(.*\..*|localhost)$/.exec(repository ?? "") ?? [];
  return registry === "docker.io" && host !== undefined && !image.includes("/")
    ? wrapped(
        `The name has no slash, so it names an image on Docker Hub. If ${printable(host, 100)} is a registry, add a repository: ${printable(image, 120)}/repository:tag`,
      )
    : [];
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
