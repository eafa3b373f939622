import { limits } from "../../common/limits";
import type { Platform } from "../../oci/platform";
import { referenceIn } from "../../oci/reference";
import type { ReaderIdentity } from "../../registry/reader-identity";
import { type ExpectedImage, expectedImageKey } from "./expected-image";

/**
 * Which images a run may look up before its program names them. The record that they come from is a hint and may belong to
 * another program. So a registry is not contacted before the program has named an expected image there, and the number of images
 * looked up ahead grows with each one that the program names: `limits.prefetchedAtFirst` after the first, then twice as many, and so on.
 * An image that was not expected takes one step back.
 */
export class PrefetchWindow {
  readonly #waiting = new Map<string, ExpectedImage>();
  /** Looked up, but not yet named by the program. */
  readonly #ahead = new Map<string, ExpectedImage>();
  readonly #named = new Set<string>();
  readonly #registries = new Set<string>();
  /** Expected images that the program has named, less those that were not expected. */
  #score = 0;

  constructor(images: readonly ExpectedImage[]) {
    for (const image of images) this.#waiting.set(expectedImageKey(image), image);
  }

  /** The images that were looked up and that the program has not named. */
  get ahead(): Iterable<ExpectedImage> {
    return this.#ahead.values();
  }

  /**
   * The program names an image; only the first time counts.
   *
   * @returns whether it was looked up ahead
   */
  name(image: string, platform: Platform, reader: ReaderIdentity): boolean {
    const reference = referenceIn(image);
    const key = reference === undefined ? image : expectedImageKey({ reference, platform, reader });
    if (this.#named.has(key)) return false;
    this.#named.add(key);
    const wasAhead = this.#ahead.delete(key);
    const expected = this.#waiting.delete(key) || wasAhead;
    this.#score += expected ? 1 : -1;
    if (expected && reference !== undefined) this.#registries.add(reference.registry);
    return wasAhead;
  }

  /** The next image to look up; undefined if none may be at the moment. */
  next(): ExpectedImage | undefined {
    if (this.#score <= 0 || this.#ahead.size >= limits.prefetchedAtFirst * 2 ** (this.#score - 1))
      return undefined;
    for (const [key, image] of this.#waiting) {
      if (!this.#registries.has(image.reference.registry)) continue;
      this.#waiting.delete(key);
      this.#ahead.set(key, image);
      return image;
    }
    return undefined;
  }

  /** The program has named all its images. */
  close(): void {
    this.#waiting.clear();
  }
}
