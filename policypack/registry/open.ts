import { DocumentCache } from "../cache/documents";
import type { CacheOptions } from "../cache/location";
import { KnownChallenges } from "../cache/records";
import { CachedImageSource } from "./cached-image-source";
import type { ImageSource } from "./image-source";
import type { RegistryOptions } from "./options";

export type { DocumentSource, ImageSource, KeptDocumentSource } from "./image-source";

export interface ImageSourceOptions extends RegistryOptions {
  /**
   * Keeps manifests, indexes and configs on disk for the next run; `{}` for the user's cache folder.
   * Default: nothing is kept.
   */
  readonly cache?: false | CacheOptions;
}

/** The registries, behind the cache if there is one. Loads the HTTP client with the first image. */
export async function openImageSource(options: ImageSourceOptions): Promise<ImageSource> {
  const { RegistryImageSource } = await import("./image-source");
  if (options.cache === undefined || options.cache === false) return new RegistryImageSource(options);
  const cache = DocumentCache.open(options.cache, options.clock);
  if (cache === undefined) return new RegistryImageSource(options);
  const challenges = new KnownChallenges(cache.folder);
  return new CachedImageSource(new RegistryImageSource({ ...options, challenges }), cache);
}
