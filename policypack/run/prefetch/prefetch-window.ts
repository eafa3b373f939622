import { parseEcrHost } from "../../aws/ecr-hosts";
import type { Platform } from "../../oci/platform";
import { referenceIn } from "../../oci/reference";
import type { ReaderIdentity } from "../../registry/reader-identity";
import { type ExpectedImage, expectedImageKey, namedImage } from "./expected-image";

/** An image that may be looked up, and who reads it. */
export interface Prefetchable extends Pick<ExpectedImage, "reference" | "platform"> {
  readonly reader: ReaderIdentity;
}

/**
 * Which images a run may look up before its program names them. The record that they come from is a hint and may belong to
 * another program. So a registry is not contacted before the program has named an expected image there, with the AWS identity of that
 * image, and the number of requests
 * ahead grows with each one that the program names: `atFirst` after the first, then twice as many, and so on.
 * An image that was not expected takes one step back. The images of one ECR repository share their requests, and count once.
 */
export class PrefetchWindow {
  readonly #waiting = new Map<string, ExpectedImage>();
  /** Looked up, but not yet named by the program: by the request that they share. */
  readonly #ahead = new Map<string, Set<string>>();
  readonly #named = new Set<string>();
  /** That of the image that the program named last. */
  #request: string | undefined;
  /** By registry and identity. */
  readonly #readers = new Map<string, ReaderIdentity>();
  /** Expected images that the program has named, less those that were not expected. */
  #score = 0;

  /** @param atFirst requests ahead once the program has named one expected image */
  constructor(
    images: readonly ExpectedImage[],
    private readonly atFirst: number,
  ) {
    for (const image of images) this.#waiting.set(expectedImageKey(image), image);
  }

  /**
   * The program names an image; only the first time counts.
   *
   * @returns whether it was looked up ahead
   */
  name(image: string, platform: Platform, reader: ReaderIdentity): boolean {
    const reference = referenceIn(image);
    const named = reference && namedImage(reference, platform, reader);
    const key = named === undefined ? image : expectedImageKey(named);
    if (this.#named.has(key)) return false;
    this.#named.add(key);
    this.#request = named && requestOf(named, key);
    const wasAhead = this.#request !== undefined && this.#leave(this.#request, key);
    const expected = this.#waiting.delete(key) || wasAhead;
    this.#score += expected ? 1 : -1;
    if (expected && named !== undefined) this.#readers.set(placeOf(named), reader);
    return wasAhead;
  }

  /** The next image to look up; undefined if none may be at the moment. */
  next(): Prefetchable | undefined {
    if (this.#score <= 0) return undefined;
    const isFull = this.#ahead.size >= this.atFirst * 2 ** (this.#score - 1);
    for (const [key, image] of this.#waiting) {
      const reader = this.#readers.get(placeOf(image));
      if (reader === undefined) continue;
      const request = requestOf(image, key);
      const sharing = this.#ahead.get(request);
      if (isFull && sharing === undefined && request !== this.#request) continue;
      this.#waiting.delete(key);
      this.#ahead.set(request, (sharing ?? new Set()).add(key));
      return { reference: image.reference, platform: image.platform, reader };
    }
    return undefined;
  }

  /** The program has named all its images. */
  close(): void {
    this.#waiting.clear();
  }

  #leave(request: string, key: string): boolean {
    const sharing = this.#ahead.get(request);
    if (sharing?.delete(key) !== true) return false;
    if (sharing.size === 0) this.#ahead.delete(request);
    return true;
  }
}

function placeOf({ reference, identity }: ExpectedImage): string {
  return JSON.stringify([reference.registry, identity]);
}

/** What images have in common that are looked up by the same request. */
function requestOf({ reference, identity }: ExpectedImage, key: string): string {
  const { registry, repository } = reference;
  return parseEcrHost(registry) === undefined ? key : JSON.stringify([registry, repository, identity]);
}
