import { formatReference, type Reference, withDefaultTag } from "./oci/reference";
import type { Exclusion } from "./settings";

/**
 * The first exclusion that covers an image. A pattern is held against the name as it was written and against the
 * full name (`docker.io/library/nginx:latest`), each with and without tag and digest: who excludes `nginx` means
 * all of its tags.
 */
export function findExclusion(
  exclusions: readonly Exclusion[],
  image: string,
  reference: Reference | undefined,
): Exclusion | undefined {
  if (exclusions.length === 0) return undefined;
  const names = reference === undefined ? [image] : namesOf(image, reference);
  return exclusions.find((exclusion) => {
    const pattern = patternToRegExp(exclusion.image.trim());
    return names.some((name) => pattern.test(name));
  });
}

function namesOf(image: string, reference: Reference): string[] {
  const { registry, repository } = reference;
  const tail =
    (reference.tag === undefined ? "" : `:${reference.tag}`) +
    (reference.digest === undefined ? "" : `@${reference.digest}`);
  const written = image.endsWith(tail) ? image.slice(0, image.length - tail.length) : image;
  const tagged =
    reference.tag === undefined
      ? []
      : [`${written}:${reference.tag}`, `${registry}/${repository}:${reference.tag}`];
  return [image, written, ...tagged, `${registry}/${repository}`, formatReference(withDefaultTag(reference))];
}

/** `*` and `**` become wildcards, everything else is literal. */
function patternToRegExp(pattern: string): RegExp {
  const source = pattern
    .split(/(\*+)/)
    .map((part) =>
      part === "*" ? "[^/]*" : /^\*\*+$/.test(part) ? ".*" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    )
    .join("");
  return new RegExp(`^${source}$`, "s");
}
