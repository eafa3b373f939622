import { type Descriptor, imageCandidates, type ImageIndex, type ImageManifest } from "../oci/manifest";
import { formatPlatform, type Platform } from "../oci/platform";
import { formatReference, type Reference, withDefaultTag } from "../oci/reference";
import { printable } from "../common/text";
import type { OfferedPlatform, TraceStep } from "../common/trace";

/** What the walk from a name to a manifest tells of itself. */
export function referenceStep(reference: Reference): TraceStep {
  const full = withDefaultTag(reference);
  const { registry, repository, tag = null, digest = null } = full;
  return { step: "reference", registry, repository, tag, digest, canonical: formatReference(full) };
}

export function indexStep(index: ImageIndex, platform: Platform, chosen: Descriptor | undefined): TraceStep {
  const candidates = imageCandidates(index);
  const offered = candidates.map(offer);
  const wanted = formatPlatform(platform);
  const taken = chosen === undefined ? null : offer(chosen);
  return {
    step: "index",
    wanted,
    offered,
    attestations: index.manifests.length - candidates.length,
    chosen: taken,
    reason: reasonOf(wanted, offered, taken),
  };
}

function offer({ platform, digest }: Descriptor): OfferedPlatform {
  return { platform: platform === undefined ? null : formatPlatform(platform), digest };
}

function reasonOf(
  wanted: string,
  offered: readonly OfferedPlatform[],
  taken: OfferedPlatform | null,
): string {
  if (taken === null)
    return offered.some(({ platform }) => platform === null)
      ? `no entry names ${wanted}; those without a platform are opened one after another`
      : `no entry is for ${wanted}, or for a platform that such a host runs as well`;
  const alike = offered.filter(({ platform }) => platform === taken.platform).length;
  const match =
    taken.platform === wanted
      ? `it is for ${wanted}`
      : `of what a ${wanted} host runs, ${taken.platform ?? "it"} is the best that is there`;
  return alike > 1 ? `${match}; the first of ${alike} alike` : match;
}

export function manifestStep(manifest: ImageManifest, digest: string): TraceStep {
  const { mediaType, layers } = manifest;
  return { step: "manifest", digest, mediaType: printable(mediaType, 100), layers: layers.length };
}
