import type { CacheOptions } from "../cache/place";
import type { RegistryRouter, RouterOptions } from "./router";

export interface RegistriesOptions extends RouterOptions {
  /**
   * Keeps manifests, indexes and configs on disk for the next run; `{}` for the user's cache folder.
   * Default: nothing is kept.
   */
  readonly cache?: false | CacheOptions;
}

/** How an inspection reads documents. */
export interface Registries extends Pick<
  RegistryRouter,
  "manifest" | "blob" | "blobStart" | "close" | "requests"
> {
  /** Documents that were not fetched because they were there already. */
  readonly cacheHits?: number;
}

/** The registries, behind the cache where one is wanted. Loads what talks to them. */
export async function openRegistries(options: RegistriesOptions): Promise<Registries> {
  const { RegistryRouter } = await import("./router");
  const router = new RegistryRouter(options);
  if (options.cache === undefined || options.cache === false) return router;
  const [{ DocumentCache }, { CachedRegistries }] = await Promise.all([
    import("../cache/documents"),
    import("./cached"),
  ]);
  const cache = DocumentCache.open(options.cache);
  return cache === undefined ? router : new CachedRegistries(router, cache);
}
