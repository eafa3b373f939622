import type { StackImage } from "../../cache/records";
import { today } from "../../common/dates";
import { findExemption } from "../../exemptions/exemptions";
import { formatPlatform, parsePlatform, type Platform } from "../../oci/platform";
import { canonicalName, type Reference, referenceIn } from "../../oci/reference";
import { parseEcrHost } from "../../aws/ecr-hosts";
import { defaultIdentity } from "../../aws/identity";
import { type ReaderIdentity, resolveIdentity } from "../../registry/reader-identity";
import type { Exclusion } from "../../settings";
import type { PendingImage } from "../review";

/** An image that a run will probably ask for. */
export interface ExpectedImage {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly reader: ReaderIdentity;
}

/** What a preview leaves of an image: undefined where it takes more than its name to look it up again, such as a secret. */
export function toStackImage({ image, platform, users }: PendingImage): StackImage | undefined {
  const reference = referenceIn(image);
  if (reference === undefined || users.some(({ use }) => use.credentialsParameter !== undefined))
    return undefined;
  const named = { image: canonicalName(reference), platform: formatPlatform(platform) };
  const identity = users[0]?.workload.reader?.identity;
  if (parseEcrHost(reference.registry) === undefined || identity === undefined) return named;
  return identity.key === defaultIdentity.key ? { ...named, identity: "default" } : undefined;
}

/** The image that a preview left; undefined where it is exempt by now, or makes no sense. */
export function expectedOf(image: StackImage, exclude: readonly Exclusion[]): ExpectedImage | undefined {
  const reference = referenceIn(image.image);
  if (reference === undefined) return undefined;
  // By its resource or stack an image may be exempt as well: its preview left it out then.
  const subject = { image: image.image, reference, resource: { name: "", urn: "" } };
  if (findExemption(exclude, subject, today())?.state === "in-force") return undefined;
  try {
    const reader = image.identity === undefined ? {} : { identity: defaultIdentity };
    return { reference, platform: parsePlatform(image.platform), reader };
  } catch {
    return undefined;
  }
}

export function expectedImageKey({ reference, platform, reader }: ExpectedImage): string {
  const { key } = resolveIdentity(reference.registry, reader);
  return JSON.stringify([canonicalName(reference), formatPlatform(platform), key]);
}
