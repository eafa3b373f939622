import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { CacheFolder } from "./folder";

/** Where registries' documents are kept between runs, and how much of them. */
export interface CacheOptions {
  /** Default: `ecs-image-guard` in the user's cache folder. */
  readonly directory?: string;
  /** Bytes on disk. Default: 256 MiB. */
  readonly maxBytes?: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const folderName = "ecs-image-guard";
const defaultMaxBytes = 256 * 1024 * 1024;

/**
 * The folder for the guard's cache: of the XDG base directory specification, and its like on macOS and Windows.
 *
 * @returns undefined if the user has no such folder
 */
export function userCacheFolder(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: () => string = homedir,
): string | undefined {
  if (platform === "win32") return env["LOCALAPPDATA"] ? join(env["LOCALAPPDATA"], folderName) : undefined;
  const xdg = env["XDG_CACHE_HOME"] ?? "";
  // The specification has relative paths ignored.
  if (isAbsolute(xdg)) return join(xdg, folderName);
  try {
    const users = home();
    if (!isAbsolute(users)) return undefined;
    return join(users, platform === "darwin" ? "Library/Caches" : ".cache", folderName);
  } catch {
    return undefined; // A user without an entry in passwd, as in some containers.
  }
}

/**
 * What the pack and the command use: what was configured, else what the variable ECS_IMAGE_GUARD_IMAGE_CACHE says (a
 * folder, or `off`), else the user's cache folder.
 */
export function cacheInUse(
  configured: false | CacheOptions = {},
  env: Environment = process.env,
): false | CacheOptions {
  if (configured === false || configured.directory !== undefined) return configured;
  const wanted = (env["ECS_IMAGE_GUARD_IMAGE_CACHE"] ?? "").trim();
  if (/^(?:off|0|no|false)$/i.test(wanted)) return false;
  return wanted === "" ? configured : { ...configured, directory: resolve(wanted) };
}

/** The folder that the guard writes to; undefined if there is no place for one. */
export function imageFolder({
  directory,
  maxBytes = defaultMaxBytes,
}: CacheOptions): CacheFolder | undefined {
  const root = directory ?? userCacheFolder();
  // Below the folder that was named, which may hold other things: the cache bounds what is in its own.
  return root === undefined ? undefined : new CacheFolder(join(root, "images-v1"), maxBytes);
}
