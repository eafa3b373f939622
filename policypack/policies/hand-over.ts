import type { StackImage } from "../cache/stacks";
import { today } from "../calendar";
import { findExemption } from "../exemptions";
import type { InspectedImage, Inspector } from "../inspector";
import type { Outcome } from "../oci/failure";
import { formatPlatform, parsePlatform, type Platform } from "../oci/platform";
import { formatReference, type Reference, referenceIn, withDefaultTag } from "../oci/reference";
import { parseEcrHost } from "../registry/ecr/hosts";
import { defaultIdentity } from "../registry/ecr/identity";
import { type Reader, readerOf } from "../registry/reader";
import type { Exclusion } from "../settings";
import type { PendingImage } from "./review";

/** After a pause of the engine's of this length something else may have happened: a push, say, by the program itself. */
const pauseMs = 250;
/** An answer that waited longer than this for its resource is fetched anew, together with all the others. */
const freshMs = 5_000;

interface Expected {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly reader: Reader;
}

/**
 * An update judges one resource after another. The images that its preview met are looked up at its start, side by side, so
 * that each resource finds its answer waiting. An answer counts only while nothing can have happened since it was asked
 * for; then all that still wait for their resource are asked for again, side by side too.
 */
export class HandOver implements Pick<Inspector, "inspect" | "hurry"> {
  readonly #expected = new Map<string, Expected>();
  #askedMs = 0;
  #leftMs = performance.now();

  constructor(
    readonly inspector: Inspector,
    images: readonly StackImage[],
    exclude: readonly Exclusion[],
  ) {
    for (const image of images) {
      const expected = expectedOf(image, exclude);
      if (expected !== undefined) this.#expected.set(keyOf(expected), expected);
    }
    this.#ask();
  }

  hurry(): void {
    this.inspector.hurry();
  }

  /** The engine calls the pack. */
  entered(): void {
    if (performance.now() - this.#leftMs > pauseMs) this.#ask();
  }

  /** The engine goes on without the pack. */
  left(): void {
    this.#leftMs = performance.now();
  }

  async inspect(image: string, platform: Platform, reader: Reader = {}): Promise<Outcome<InspectedImage>> {
    const reference = referenceIn(image);
    const key = reference === undefined ? "" : keyOf({ reference, platform, reader });
    if (reference === undefined || !this.#expected.has(key))
      return this.inspector.inspect(image, platform, reader);
    if (performance.now() - this.#askedMs > freshMs) this.#ask();
    this.#expected.delete(key);
    const outcome = await this.inspector.inspect(image, platform, reader);
    // What was missing at the start may have come since, and for a failure it is worth another request to be sure.
    if (outcome.ok || !mayHaveCome.has(outcome.failure.kind)) return outcome;
    this.inspector.forget(reference, platform, reader);
    return this.inspector.inspect(image, platform, reader);
  }

  #ask(): void {
    this.#askedMs = performance.now();
    for (const { reference, platform, reader } of this.#expected.values()) {
      // A digest names the same for ever.
      if (reference.digest === undefined) this.inspector.forget(reference, platform, reader);
      void this.inspector.inspect(formatReference(reference), platform, reader);
    }
  }
}

const mayHaveCome: ReadonlySet<string> = new Set(["missing", "denied"]);

/** What a preview leaves of an image: undefined where it takes more than its name to look it up again, such as a secret. */
export function toHandOver({ image, platform, users }: PendingImage): StackImage | undefined {
  const reference = referenceIn(image);
  if (reference === undefined || users.some(({ use }) => use.credentialsParameter !== undefined))
    return undefined;
  const named = { image: formatReference(withDefaultTag(reference)), platform: formatPlatform(platform) };
  const identity = users[0]?.workload.reader?.identity;
  if (parseEcrHost(reference.registry) === undefined || identity === undefined) return named;
  return identity.key === defaultIdentity.key ? { ...named, identity: "default" } : undefined;
}

function expectedOf(image: StackImage, exclude: readonly Exclusion[]): Expected | undefined {
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

function keyOf({ reference, platform, reader }: Expected): string {
  const { key } = readerOf(reference.registry, reader);
  return JSON.stringify([formatReference(withDefaultTag(reference)), formatPlatform(platform), key]);
}
