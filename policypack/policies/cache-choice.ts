import { cacheInUse, type CacheOptions } from "../cache/place";
import type { Settings } from "../settings";

/** Where a run keeps documents, as its settings and the environment say; false for nowhere. */
export function cacheOf({ cache }: Settings): false | CacheOptions {
  const { enabled = true, directory, maxMegabytes } = cache;
  if (!enabled) return false;
  return cacheInUse({
    ...(directory !== undefined && { directory }),
    ...(maxMegabytes !== undefined && { maxBytes: maxMegabytes * 1024 * 1024 }),
  });
}
