// exemptions/ decides which images a team has exempted, by configuration (`glob.ts` has the patterns) or by a resource's tag
// (`tag-exemption.ts`).
import { matchesGlob } from "./glob";
import { canonicalName, type Reference } from "../oci/reference";
import type { Exclusion } from "../settings";

/** What an exemption may cover. */
export interface Subject {
  /** As the resource gives it; undefined if it is not known: a pattern of images does not fit then. */
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
 * name as it was written and against the full name (`docker.io/library/nginx:latest`). Without tag and digest it covers all of
 * them: who excludes `nginx` means all of its tags. Of an image with a digest, the digest is what is pulled, whatever its tag says:
 * a pattern with a tag covers it only if the pattern has a digest too (`app@sha256:…`, `app:1.0@sha256:…`, `app@*`).
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
  const images = namesOf(image, reference);
  const stacks = stackNamesOf(resource.urn);
  const covering = exclusions.filter(
    (exclusion) =>
      covers(exclusion.image, exclusion.image?.includes("@") ? images.pinned : images.names) &&
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

/** What patterns are held against: `pinned` those with a digest. */
interface ImageNames {
  readonly names: readonly string[];
  readonly pinned: readonly string[];
}

function namesOf(image: string | undefined, reference: Reference | undefined): ImageNames {
  const written = image === undefined ? [] : [image];
  if (image === undefined || reference === undefined) return { names: written, pinned: written };
  const { registry, repository, tag, digest } = reference;
  const tagged = tag === undefined ? "" : `:${tag}`;
  const pinned = digest === undefined ? "" : `@${digest}`;
  const bare = [withoutEnd(image, tagged + pinned), `${registry}/${repository}`];
  return digest === undefined
    ? { names: [image, ...bare, canonicalName(reference)], pinned: [] }
    : { names: bare, pinned: bare.flatMap((name) => [name + pinned, name + tagged + pinned]) };
}

function withoutEnd(text: string, end: string): string {
  return text.endsWith(end) ? text.slice(0, text.length - end.length) : text;
}
