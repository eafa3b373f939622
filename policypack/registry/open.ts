import type { CacheOptions } from "../cache/place";
import type { Registries } from "./registries";
import type { RouterOptions } from "./router";

export type { Registries } from "./registries";

export interface RegistriesOptions extends RouterOptions {
  /**
   * Keeps manifests, indexes and configs on disk for the next run; `{}` for the user's cache folder.
   * Default: nothing is kept.
   */
  readonly cache?: false | CacheOptions;
}

/** The registries, behind the cache where one is wanted. Loads what talks to them. */
export async function openRegistries(options: RegistriesOptions): Promise<Registries> {
  const { RegistryRouter } = await import("./router");
  if (options.cache === undefined || options.cache === false) return new RegistryRouter(options);
  const [{ DocumentCache }, { KnownChallenges }, { CachedRegistries }] = await Promise.all([
    import("../cache/documents"),
    import("../cache/challenges"),
    import("./cached"),
  ]);
  const cache = DocumentCache.open(options.cache);
  if (cache === undefined) return new RegistryRouter(options);
  const challenges = new KnownChallenges(cache.folder);
  return new CachedRegistries(new RegistryRouter({ ...options, challenges }), cache);
}
