// exemptions/ decides which images a team has exempted, by configuration (`glob.ts` has the patterns) or by a resource's tag
// (`tag-exemption.ts`).
import { matchesGlob } from "./glob";
import { canonicalName, type Reference } from "../oci/reference";
import type { Exclusion } from "../settings";

/** What an exemption may cover. */
export interface Subject {
  /** As the resource gives it; undefined where it is not known: a pattern of images does not fit then. */
  readonly image: string | undefined;
  readonly reference: Reference | undefined;
  readonly resource: { readonly name: string; readonly urn: string };
}

/** `ended`: it would hold, were it not over. */
export interface Exemption {
  readonly state: "in-force" | "ended";
  readonly exclusion: Exclusion;
}

/**
 * The exemption of an image: the first that holds, else the first that has ended. An image's pattern is held against the
 * name as it was written and against the full name (`docker.io/library/nginx:latest`), each with and without tag and
 * digest: who excludes `nginx` means all of its tags.
 *
 * @param today `YYYY-MM-DD`
 */
export function findExemption(
  exclusions: readonly Exclusion[],
  subject: Subject,
  today: string,
): Exemption | undefined {
  if (exclusions.length === 0) return undefined;
  const { image, reference, resource } = subject;
  const images = image === undefined ? [] : reference === undefined ? [image] : namesOf(image, reference);
  const stacks = stackNamesOf(resource.urn);
  const covering = exclusions.filter(
    (exclusion) =>
      covers(exclusion.image, images) &&
      covers(exclusion.stack, stacks) &&
      covers(exclusion.resource, [resource.name, resource.urn]),
  );
  const holding = covering.find(({ until }) => until === undefined || until >= today);
  if (holding !== undefined) return { state: "in-force", exclusion: holding };
  const [ended] = covering;
  return ended === undefined ? undefined : { state: "ended", exclusion: ended };
}

function covers(pattern: string | undefined, names: readonly string[]): boolean {
  if (pattern === undefined) return true;
  const trimmed = pattern.trim();
  return names.some((name) => matchesGlob(trimmed, name));
}

/** `urn:pulumi:<stack>::<project>::…` → `stack` and `project/stack`. */
function stackNamesOf(urn: string): string[] {
  const [, stack, project] = /^urn:pulumi:([^:]*)::([^:]*)::/.exec(urn) ?? [];
  return stack === undefined || project === undefined ? [] : [stack, `${project}/${stack}`];
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
  return [image, written, ...tagged, `${registry}/${repository}`, canonicalName(reference)];
}
