import { closest, printable } from "../common/text";

/** A platform as the OCI image index knows it, in Go's words (`linux`, `amd64`, `arm64`, `v8`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** Windows build number, such as `10.0.20348`. */
  readonly osVersion?: string;
  readonly osFeatures?: readonly string[] | null;
}

/** Not a platform that containers run on; the message says why, and is safe to print. */
export class InvalidPlatformError extends Error {
  override readonly name = "InvalidPlatformError";
}

interface Words {
  /** What Go builds for (containerd/platforms `database.go`, `isKnownOS` and `isKnownArch`). */
  readonly known: readonly string[];
  /** Those that somebody may have meant who wrote another word. */
  readonly usual: readonly string[];
}

const systems: Words = {
  known: words(
    "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos",
  ),
  usual: ["linux", "windows", "darwin"],
};
const architectures: Words = {
  known: words(
    "386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32",
    "mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm",
  ),
  usual: ["amd64", "arm64", "arm", "x86_64", "aarch64", "ppc64le", "riscv64", "s390x"],
};

/**
 * Parses `os/architecture[/variant]`, as in `docker build --platform`, and normalises the words as containerd does
 * (containerd/platforms, `Parse`): `linux/x86_64` is linux/amd64, `linux/armel` is linux/arm/v6. An architecture alone
 * is for Linux: `arm64` is linux/arm64. Stricter than containerd in two points: a word that Go does not know is refused, and so is an
 * operating system alone, whose architecture would be that of the machine.
 *
 * @throws {InvalidPlatformError}
 */
export function parsePlatform(text: string): Platform {
  const [first = "", second, variant, ...rest] = text.split("/", 4);
  const [, os = "", osVersion] = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$/.exec(first) ?? [];
  const legal =
    os !== "" && [second, variant].every((word) => word === undefined || /^[A-Za-z0-9_.-]+$/.test(word));
  if (!legal || rest.length > 0) throw invalid(text, form);
  if (second === undefined) return architectureAlone(text);

  const platform = comparablePlatform({
    os,
    architecture: second,
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { osVersion }),
  });
  requireKnown(text, platform.os, systems, "operating system");
  requireKnown(text, platform.architecture, architectures, "architecture");
  const isUsual = platform.architecture === "arm" && platform.variant === "v7";
  // As written: the usual variant is named exactly where the text names one.
  if (variant === undefined && isUsual) return { os: platform.os, architecture: "arm" };
  if (variant !== undefined && platform.architecture === "arm64") return { variant: "v8", ...platform };
  return platform;
}

function architectureAlone(text: string): Platform {
  const { os } = comparablePlatform({ os: text, architecture: "" });
  if (systems.known.includes(os)) throw invalid(text, `add the architecture, as in ${os}/amd64`);
  const { architecture } = comparablePlatform({ os: "linux", architecture: text });
  requireKnown(text, architecture, architectures, "operating system or architecture");
  return parsePlatform(`linux/${text}`);
}

function requireKnown(text: string, word: string, { known, usual }: Words, noun: string): void {
  if (known.includes(word)) return;
  const near = closest(word, usual);
  const hint = near === undefined ? form : `did you mean ${near}?`;
  throw invalid(text, `unknown ${noun} \`${printable(word, 60)}\`, ${hint}`);
}

const form = "write os/architecture[/variant], such as linux/arm64.";

function invalid(text: string, why: string): InvalidPlatformError {
  return new InvalidPlatformError(`\`${printable(text, 60)}\` is not a valid platform: ${why}`);
}

function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(" "));
}

/** `linux/arm64/v8`, `windows/amd64 10.0.20348`. */
export function formatPlatform({ os, architecture, variant, osVersion }: Platform): string {
  const words = [os, architecture, ...(variant === undefined || variant === "" ? [] : [variant])].join("/");
  return printable(osVersion === undefined || osVersion === "" ? words : `${words} ${osVersion}`, 80);
}

/** The one spelling that containerd compares (containerd/platforms `database.go`, `Normalize`). */
export function comparablePlatform(
  { os, architecture, variant = "", osVersion = "" }: Platform,
  hostOs = "",
): Platform {
  const written = os === "" ? hostOs : os.toLowerCase();
  const [name, version] = normaliseArchitecture(architecture.toLowerCase(), variant.toLowerCase());
  return {
    os: written === "macos" ? "darwin" : written,
    architecture: name,
    ...(version === "" ? {} : { variant: version }),
    ...(osVersion === "" ? {} : { osVersion }),
  };
}

function normaliseArchitecture(
  architecture: string,
  variant: string,
): [architecture: string, variant: string] {
  switch (architecture) {
    case "i386":
      return ["386", ""];
    case "x86_64":
    case "x86-64":
    case "amd64":
      return ["amd64", variant === "v1" ? "" : variant];
    case "aarch64":
    case "arm64":
      if (["8", "v8", "v8.0"].includes(variant)) return ["arm64", ""];
      return ["arm64", ["9", "9.0", "v9.0"].includes(variant) ? "v9" : variant];
    case "armhf":
      return ["arm", "v7"];
    case "armel":
      return ["arm", "v6"];
    case "arm":
      if (variant === "") return ["arm", "v7"];
      return ["arm", /^[5-8]$/.test(variant) ? `v${variant}` : variant];
    default:
      return [architecture, variant];
  }
}

/**
 * The entry of an index that a host of the wanted platform pulls: the first in the order of the host's preference, the
 * index's order among equals. ECS pulls through containerd or dockerd, and both choose by containerd/platforms
 * (`compare.go`, `Only`): ARM hosts take older variants, arm64 hosts 32-bit ARM images, amd64 hosts 386 images.
 * Entries without a platform never match, nor do BuildKit's attestations (`unknown/unknown`).
 */
export function choosePlatform<T extends { readonly platform?: Platform | null }>(
  candidates: readonly T[],
  wanted: Platform,
): T | undefined {
  const host = comparablePlatform(wanted);
  const entries = candidates
    .flatMap((entry) =>
      // An entry without an operating system is for the host's own (`normalizeOS`).
      !entry.platform ? [] : [{ entry, platform: comparablePlatform(entry.platform, host.os) }],
    )
    .filter(({ platform }) => platform.os !== "unknown" || platform.architecture !== "unknown");
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

/** What a host runs, the best first (`platformVector`); a Windows host its own architecture only (`defaults_windows.go`). */
export function runnablePlatforms(host: Platform): Platform[] {
  const { os, architecture, variant = "" } = host;
  const each = (name: string, variants: readonly string[]): Platform[] =>
    variants.map((other) => comparablePlatform({ os, architecture: name, variant: other }));
  if (os === "windows") return [host];
  switch (architecture) {
    case "amd64":
      return [host, ...each("amd64", below(variant, 1)), { os, architecture: "386" }];
    case "arm64": {
      const own = arm64Versions(variant === "" ? "v8" : variant);
      // containerd finds nothing at all for a version of arm64 that it does not know.
      return own.length === 0 ? [] : [...each("arm64", own), ...each("arm", ["v8", ...below("v8", 5)])];
    }
    case "arm":
      return [host, ...each("arm", below(variant, 5))];
    default:
      return [host];
  }
}

/** The versions below one, down to the lowest: `v7` and 5 give `v6`, `v5`. */
function below(variant: string, lowest: number): string[] {
  const version = Number(/^v?(\d{1,2})$/.exec(variant)?.[1] ?? lowest);
  return Array.from({ length: Math.max(0, version - lowest) }, (_, i) => `v${version - 1 - i}`);
}

/** Armv9.x is a superset of Armv8.(x+5), and there is no Armv8.10 (`arm64variantToVersion`). */
function arm64Versions(variant: string): string[] {
  const [, major, minor = "0"] = /^v([89])(?:\.(\d))?$/.exec(variant) ?? [];
  const latest = Number(minor);
  const downFrom = (name: string, first: number) =>
    Array.from({ length: first + 1 }, (_, i) => `${name}.${first - i}`);
  if (major === "8") return downFrom("v8", latest);
  return major === "9" && latest <= 7
    ? [...downFrom("v9", latest), ...downFrom("v8", Math.min(latest + 5, 9))]
    : [];
}

interface WindowsVersion {
  /** Major and minor, such as `10.0`. */
  readonly release: string;
  readonly build: number;
  readonly revision: number;
}

function windowsVersion(osVersion: string): WindowsVersion | undefined {
  const [, release, build, revision] = /^(\d+\.\d+)\.(\d+)(?:\.(\d+))?/.exec(osVersion) ?? [];
  return release === undefined
    ? undefined
    : { release, build: Number(build), revision: Number(revision ?? "0") };
}

/** Windows Server 2022 and 2025: from 2022 on, a host also runs images of builds back to the long-term release before it. */
const stableReleases = [20348, 26100];

/** `checkWindowsHostAndContainerCompat` (containerd/platforms `platform_windows_compat.go`). */
function runsBuild(host: WindowsVersion, image: WindowsVersion): boolean {
  if (host.release !== image.release) return false;
  const oldest = stableReleases.findLast((build) => build < host.build) ?? host.build;
  return oldest <= image.build && image.build <= host.build;
}

/**
 * Of the images that a Windows host runs the newest, its own build before older ones; one that names no build comes last
 * (`windowsMatchComparer`). containerd compares the versions as text, which only differs between revisions of one build
 * with unequal numbers of digits: there we take the higher number. Without a build of the host, the index's first entry.
 */
function newestBuild<T extends { readonly platform: Platform }>(
  entries: readonly T[],
  wanted: string | undefined,
): T | undefined {
  const host = windowsVersion(wanted ?? "");
  if (host === undefined) return entries[0];
  const runnable = entries.flatMap((entry) => {
    const version = windowsVersion(entry.platform.osVersion ?? "");
    return version !== undefined && runsBuild(host, version) ? [{ entry, version }] : [];
  });
  const [newest] = runnable.sort(
    (a, b) => b.version.build - a.version.build || b.version.revision - a.version.revision,
  );
  return newest?.entry ?? entries.find(({ platform }) => platform.osVersion === undefined);
}
