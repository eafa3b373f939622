import type { CacheOptions } from "../cache/location";
import type { ImageSource, RegistrySourceOptions } from "./image-source";

export type { ImageSource } from "./image-source";

export interface ImageSourceOptions extends RegistrySourceOptions {
  /**
   * Keeps manifests, indexes and configs on disk for the next run; `{}` for the user's cache folder.
   * Default: nothing is kept.
   */
  readonly cache?: false | CacheOptions;
}

/** The registries, behind the cache where one is wanted. Loads what talks to them. */
export async function openImageSource(options: ImageSourceOptions): Promise<ImageSource> {
  const { RegistryImageSource } = await import("./image-source");
  if (options.cache === undefined || options.cache === false) return new RegistryImageSource(options);
  const [{ DocumentCache }, { KnownChallenges }, { CachedImageSource }] = await Promise.all([
    import("../cache/documents"),
    import("../cache/records"),
    import("./cached-image-source"),
  ]);
  const cache = DocumentCache.open(options.cache);
  if (cache === undefined) return new RegistryImageSource(options);
  const challenges = new KnownChallenges(cache.folder);
  return new CachedImageSource(new RegistryImageSource({ ...options, challenges }), cache);
}
