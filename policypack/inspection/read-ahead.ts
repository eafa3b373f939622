import { limits } from "../common/limits";
import { formatPlatform, type Platform } from "../oci/platform";
import type { Reference } from "../oci/reference";
import type { KeptDocumentSource } from "../registry/open";
import { resolveIdentity } from "../registry/reader-identity";
import type { Document } from "../runtimes/pull";
import type { Inspection } from "./inspected-image";
import { ManifestLookup } from "./manifest-lookup";
import { Signal } from "../common/signal";

interface ReadImage {
  readonly inspection: Inspection;
  /** Documents of the cache that it was made of, besides the first. */
  readonly documents: number;
}

/**
 * Inspections of images that are in the cache as a whole, made before their registries confirm them, while the process would wait: for its
 * program to start, or for a response. They follow from the bytes of the documents alone, each of which its digest proves. Which document
 * an image's name leads to, the registry says.
 */
export class ReadAhead {
  readonly #images = new Map<string, ReadImage>();
  #used = 0;

  /** Documents that inspections in use were made of, besides those that registries confirmed. */
  get documents(): number {
    return this.#used;
  }

  /** One image after another, each when the process has nothing else to do. */
  async read(
    images: readonly { readonly reference: Reference; readonly platform: Platform }[],
    kept: KeptDocumentSource,
  ): Promise<void> {
    for (const { reference, platform } of images.slice(0, limits.imagesReadAhead)) {
      await new Promise(setImmediate);
      const before = kept.hits;
      const args = { registries: kept, reference, platform, sniffLayers: false, trace: undefined };
      const reader = resolveIdentity(reference.registry, {});
      const lookup = new ManifestLookup({ ...args, reader, signal: new Signal() });
      const inspection = await lookup.run();
      const { root } = lookup;
      if (root === undefined || !inspection.ok || inspection.value.unread.length > 0) continue;
      this.#images.set(keyOf(reference, platform, root), { inspection, documents: kept.hits - before - 1 });
    }
  }

  /** The inspection of an image whose name leads to this document; undefined if it was not read ahead. */
  of(reference: Reference, platform: Platform, root: Document): Inspection | undefined {
    if (this.#images.size === 0) return undefined;
    const read = this.#images.get(keyOf(reference, platform, root));
    if (read === undefined) return undefined;
    this.#used += read.documents;
    const { inspection } = read;
    return inspection.ok ? { ...inspection, value: { ...inspection.value, reference } } : inspection;
  }
}

function keyOf(
  { registry, repository }: Reference,
  platform: Platform,
  { digest, mediaType }: Document,
): string {
  return JSON.stringify([registry, repository, digest, mediaType, formatPlatform(platform)]);
}
