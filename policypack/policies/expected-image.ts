import type { StackImage } from "../cache/stacks";
import { today } from "../calendar";
import { findExemption } from "../exemptions";
import { formatPlatform, parsePlatform, type Platform } from "../oci/platform";
import { canonicalName, type Reference, referenceIn } from "../oci/reference";
import { parseEcrHost } from "../registry/ecr/hosts";
import { defaultIdentity } from "../registry/ecr/identity";
import { type Reader, readerOf } from "../registry/reader";
import type { Exclusion } from "../settings";
import type { PendingImage } from "./review";

/** An image that a run will probably ask for. */
export interface ExpectedImage {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly reader: Reader;
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

export function keyOf({ reference, platform, reader }: ExpectedImage): string {
  const { key } = readerOf(reference.registry, reader);
  return JSON.stringify([canonicalName(reference), formatPlatform(platform), key]);
}
