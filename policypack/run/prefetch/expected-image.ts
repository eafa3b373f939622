import type { StackImage } from "../../cache/records";
import { today } from "../../common/dates";
import { findExemption } from "../../exemptions/exemptions";
import { formatPlatform, parsePlatform, type Platform } from "../../oci/platform";
import { canonicalName, type Reference, referenceIn } from "../../oci/reference";
import { parseEcrHost } from "../../aws/ecr-hosts";
import { type ReaderIdentity, resolveIdentity } from "../../registry/reader-identity";
import type { Exclusion } from "../../settings";
import type { PendingImage } from "../review";

/** An image that a run will probably look up. */
export interface ExpectedImage {
  readonly reference: Reference;
  readonly platform: Platform;
  /** The key of the `ResolvedIdentity` that reads it. */
  readonly identity: string;
}

/** An image as a program names it. */
export function namedImage(reference: Reference, platform: Platform, reader: ReaderIdentity): ExpectedImage {
  return { reference, platform, identity: resolveIdentity(reference.registry, reader).key };
}

/** What a preview leaves of an image: undefined if it takes more than its name and an AWS identity to look it up again, such as a secret. */
export function toStackImage({
  image,
  platform,
  reader,
  users,
}: Omit<PendingImage, "looked">): StackImage | undefined {
  const reference = referenceIn(image);
  if (reference === undefined || users.some(({ use }) => use.credentialsParameter !== undefined))
    return undefined;
  const named = { image: canonicalName(reference), platform: formatPlatform(platform) };
  return parseEcrHost(reference.registry) === undefined
    ? named
    : { ...named, identity: namedImage(reference, platform, reader).identity };
}

/** The image that a preview left; undefined if it is exempt by now, or makes no sense. */
export function expectedOf(image: StackImage, exclude: readonly Exclusion[]): ExpectedImage | undefined {
  const reference = referenceIn(image.image);
  if (reference === undefined) return undefined;
  // By its resource or stack an image may be exempt as well: its preview left it out then.
  const subject = { image: image.image, reference, resource: { name: "", urn: "" } };
  if (findExemption(exclude, subject, today())?.state === "in-force") return undefined;
  try {
    return { reference, platform: parsePlatform(image.platform), identity: image.identity ?? "" };
  } catch {
    return undefined;
  }
}

export function expectedImageKey({ reference, platform, identity }: ExpectedImage): string {
  return JSON.stringify([canonicalName(reference), formatPlatform(platform), identity]);
}
