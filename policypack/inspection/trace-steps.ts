import { type Descriptor, type ImageIndex, type ImageManifest, isAttestation } from "../oci/manifest";
import type { Document } from "../runtimes/pull";
import { bareMediaType } from "../oci/media-types";
import { formatPlatform, type Platform } from "../oci/platform";
import { formatReference, type Reference, withDefaultTag } from "../oci/reference";
import { printable } from "../common/text";
import type { OfferedPlatform, TraceStep } from "../common/trace";

/** The steps from a name to a manifest. */
export function referenceStep(reference: Reference): TraceStep {
  const full = withDefaultTag(reference);
  const { registry, repository, tag = null, digest = null } = full;
  return { step: "reference", registry, repository, tag, digest, canonical: formatReference(full) };
}

export function indexStep(index: ImageIndex, platform: Platform, chosen: Descriptor | undefined): TraceStep {
  const entries = index.manifests ?? [];
  const candidates = entries.filter((entry) => !isAttestation(entry));
  const offered = candidates.map(offer);
  const wanted = formatPlatform(platform);
  const taken = chosen === undefined ? null : offer(chosen);
  return {
    step: "index",
    wanted,
    offered,
    attestations: entries.length - candidates.length,
    chosen: taken,
    reason: reasonOf(wanted, offered, taken),
  };
}

function offer({ platform, digest }: Descriptor): OfferedPlatform {
  return { platform: platform === null ? null : formatPlatform(platform), digest };
}

function reasonOf(
  wanted: string,
  offered: readonly OfferedPlatform[],
  taken: OfferedPlatform | null,
): string {
  if (taken === null)
    return offered.some(({ platform }) => platform === null)
      ? `no entry that names a platform is for ${wanted}; container runtimes take one without a platform at most`
      : `no entry is for ${wanted}, or for a platform that such a host runs as well`;
  const alike = offered.filter(({ platform }) => platform === taken.platform).length;
  const match =
    taken.platform === wanted
      ? `it is for ${wanted}`
      : `${taken.platform ?? "it"} is the best match for a ${wanted} host`;
  return alike > 1 ? `${match}; the first of ${alike} alike` : match;
}

export function manifestStep({ digest, mediaType }: Document, { layers }: ImageManifest): TraceStep {
  return {
    step: "manifest",
    digest,
    mediaType: printable(bareMediaType(mediaType), 100),
    layers: layers?.length ?? 0,
  };
}
