import type { Descriptor } from "../oci/manifest";
import { choosePlatform, comparablePlatform, type Platform, runnablePlatforms } from "../oci/platform";

/** Hosts of one platform. */
export interface Hosts {
  readonly platform: Platform;
  /** The levels of their processors, such as `v2`; empty if the platform says all. */
  readonly levels: readonly string[];
}

/** Thrown if hosts do not all take the same: each has to be looked at by itself. */
export class Parted extends Error {}

/**
 * The platforms that a host runs, and its preference among them (containerd/platforms `compare.go`, `Only`).
 *
 * @throws {Parted}
 */
export interface HostPlatform {
  matches(platform: Platform): boolean;
  /** The entry of an index that the host takes; entries without a platform come last, in their order. */
  readonly choose: (entries: readonly Descriptor[]) => Descriptor | undefined;
}

/** What differs between versions of containerd/platforms. */
export interface PlatformRules {
  /** The host takes only entries whose `os.features` it has; ECS's Linux hosts have none. */
  readonly osFeatures: boolean;
  /** `arm64/v8.0` is `arm64/v8`. */
  readonly arm64Minors: boolean;
}

type PlatformOf = (entry: Descriptor) => Platform | null;

/**
 * What all of the hosts run and take.
 *
 * @param platformOf what counts as the platform of an entry; null for none
 */
export function hostPlatform(
  { platform, levels }: Hosts,
  rules: PlatformRules,
  platformOf: PlatformOf = (entry) => entry.platform,
): HostPlatform {
  const hosts = levels.length === 0 ? [platform] : levels.map((variant) => ({ ...platform, variant }));
  return hosts.map((host) => oneHost(host, rules, platformOf)).reduce(together);
}

function together(one: HostPlatform, other: HostPlatform): HostPlatform {
  return {
    matches: (platform) => agreed(one.matches(platform), other.matches(platform)),
    choose: (entries) => agreed(one.choose(entries), other.choose(entries)),
  };
}

function agreed<T>(one: T, other: T): T {
  if (one !== other) throw new Parted();
  return one;
}

function oneHost(
  host: Platform,
  { osFeatures, arm64Minors }: PlatformRules,
  platformOf: PlatformOf,
): HostPlatform {
  // Windows hosts compare builds too.
  if (host.os === "windows")
    return {
      matches: (platform) => choosePlatform([{ platform }], host) !== undefined,
      choose: (entries) =>
        choosePlatform(entries, host) ?? entries.find((entry) => platformOf(entry) === null),
    };
  const wanted = comparablePlatform(host);
  const runnable = runnablePlatforms(wanted);
  /** Where the platform stands in the host's order of preference; -1 if the host does not run it. */
  const rank = (platform: Platform): number => {
    if (osFeatures && (platform.osFeatures ?? []).length > 0) return -1;
    if (!arm64Minors && /^v?\d+\.\d+$/i.test(platform.variant ?? "")) return -1;
    const { os, architecture, variant } = comparablePlatform(platform, wanted.os);
    return runnable.findIndex(
      (one) => one.os === os && one.architecture === architecture && one.variant === variant,
    );
  };
  return {
    matches: (platform) => rank(platform) >= 0,
    choose: (entries) => {
      let best: Descriptor | undefined;
      let bestRank = Infinity;
      for (const entry of entries) {
        const platform = platformOf(entry);
        const position = platform === null ? runnable.length : rank(platform);
        if (position < 0 || position >= bestRank) continue;
        best = entry;
        bestRank = position;
      }
      return best;
    },
  };
}
