import { printable } from "./text";

/** A platform as the OCI image index knows it, in Go's words (`linux`, `amd64`, `arm64`, `v8`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** Windows build number, such as `10.0.20348`. */
  readonly osVersion?: string;
}

/** Not of the form `os/architecture[/variant]`; the message says so and is safe to print. */
export class InvalidPlatformError extends Error {
  override readonly name = "InvalidPlatformError";
}

/**
 * Parses `os/architecture[/variant]`, as in `docker build --platform`, and normalises the words.
 *
 * @throws {InvalidPlatformError}
 */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...rest] = text.trim().split("/");
  const legal = [os, architecture, variant ?? "none"].every(
    (word) => word !== undefined && /^[A-Za-z0-9_.-]+$/.test(word),
  );
  if (!legal || os === undefined || architecture === undefined || rest.length > 0) {
    throw new InvalidPlatformError(
      `\`${printable(text, 60)}\` is no platform: write os/architecture[/variant], such as linux/arm64.`,
    );
  }
  return normalise(variant === undefined ? { os, architecture } : { os, architecture, variant });
}

/** `linux/arm64`, `linux/arm/v7`, `windows/amd64 10.0.20348`. */
export function formatPlatform({ os, architecture, variant, osVersion }: Platform): string {
  const words = [os, architecture, ...(variant === undefined || variant === "" ? [] : [variant])].join("/");
  return printable(osVersion === undefined || osVersion === "" ? words : `${words} ${osVersion}`, 80);
}

/** Other names of architectures, and the variant that they imply (containerd/platforms `database.go`). */
const architectures: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ["i386", ["386"]],
  ["x86_64", ["amd64"]],
  ["x86-64", ["amd64"]],
  ["aarch64", ["arm64"]],
  ["armhf", ["arm", "v7"]],
  ["armel", ["arm", "v6"]],
]);

/** The one spelling that containerd compares (containerd/platforms `database.go`, `normalizeOS` and `normalizeArch`). */
function normalise(platform: Platform): Platform {
  const os = platform.os.toLowerCase() === "macos" ? "darwin" : platform.os.toLowerCase();
  const written = platform.architecture.toLowerCase();
  const [architecture, implied] = architectures.get(written) ?? [written];
  const variant = normaliseVariant(architecture, implied ?? platform.variant?.toLowerCase() ?? "");
  const { osVersion } = platform;
  return {
    os,
    architecture,
    ...(variant === "" ? {} : { variant }),
    ...(osVersion === undefined || osVersion === "" ? {} : { osVersion }),
  };
}

function normaliseVariant(architecture: string, variant: string): string {
  const written = /^[0-9]/.test(variant) && architecture.startsWith("arm") ? `v${variant}` : variant;
  switch (architecture) {
    case "amd64":
      return written === "v1" ? "" : written;
    case "arm64":
      return written === "v8" || written === "v8.0" ? "" : written;
    case "arm":
      return written === "" ? "v7" : written;
    default:
      return written;
  }
}

/**
 * The entry of an index that a host of the wanted platform runs: the first in the order of the host's preference, by
 * containerd's rules (containerd/platforms `compare.go`, `platformVector`): ARM hosts run older variants, arm64 hosts
 * 32-bit ARM images and amd64 hosts 386 images. dockerd uses the same rules. Entries without a platform never match.
 */
export function choosePlatform<T extends { readonly platform?: Platform }>(
  candidates: readonly T[],
  wanted: Platform,
): T | undefined {
  const host = normalise(wanted);
  const entries = candidates.flatMap((entry) =>
    entry.platform === undefined ? [] : [{ entry, platform: normalise(entry.platform) }],
  );
  for (const runnable of runnablePlatforms(host)) {
    const matching = entries.filter(({ platform }) => samePlatform(platform, runnable));
    const chosen = host.os === "windows" ? newestBuild(matching, host.osVersion) : matching[0];
    if (chosen !== undefined) return chosen.entry;
  }
  return undefined;
}

function samePlatform(a: Platform, b: Platform): boolean {
  return a.os === b.os && a.architecture === b.architecture && a.variant === b.variant;
}

/** What a host runs, the best first. */
function runnablePlatforms(host: Platform): Platform[] {
  const { os, architecture, variant } = host;
  const others = (name: string, variants: readonly string[]): Platform[] =>
    variants.map((other) => normalise({ os, architecture: name, variant: other }));
  switch (architecture) {
    case "amd64":
      return [host, ...others("amd64", lower(variant ?? "v1", 1)), { os, architecture: "386" }];
    case "arm64":
      return [
        host,
        ...(variant === undefined ? [] : [{ os, architecture }]),
        ...others("arm", ["v8", ...lower("v8", 5)]),
      ];
    case "arm":
      return [host, ...others("arm", lower(variant ?? "v7", 5))];
    default:
      return [host];
  }
}

/** `v7` down to 5: `v6`, `v5`. */
function lower(variant: string, lowest: number): string[] {
  const version = Number(/^v(\d+)$/.exec(variant)?.[1] ?? lowest);
  return Array.from({ length: Math.max(0, Math.min(version, 99) - lowest) }, (_, i) => `v${version - 1 - i}`);
}

/**
 * A Windows host runs images of its own build, whatever their revision, the newest first; an image that names no build
 * comes last (containerd/platforms `defaults_windows.go`). Without a build of the host, the index's first entry.
 */
function newestBuild<T extends { readonly platform: Platform }>(
  entries: readonly T[],
  build: string | undefined,
): T | undefined {
  if (build === undefined) return entries[0];
  const ofBuild = entries.filter(
    ({ platform: { osVersion } }) => osVersion === build || osVersion?.startsWith(`${build}.`),
  );
  const revision = ({ platform }: T) => Number(platform.osVersion?.split(".")[3] ?? 0);
  return (
    ofBuild.sort((a, b) => revision(b) - revision(a))[0] ??
    entries.find(({ platform }) => platform.osVersion === undefined)
  );
}
