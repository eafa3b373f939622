import type { Platform } from "../oci/platform";
import type { UnreadableUse } from "./image-use";
import { type Holder, inside, type Place } from "./places";
import { isRecord, isRedacted, kindOf } from "../common/values";

/** The platform that a task will run on, or why it is unknown; `path` and `message` are those of the unreadable use. */
export type PlatformReading =
  | { readonly ok: true; readonly platform: Platform }
  | ({ readonly ok: false } & Pick<UnreadableUse, "reason" | "path" | "message">);

/** ECS's default, "Linux/X86_64" (ECS Developer Guide, "Runtime platform"). */
export const LINUX_AMD64: Platform = { os: "linux", architecture: "amd64" };

const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ["X86_64", "amd64"],
  ["ARM64", "arm64"],
]);

/** Windows release → build, by which an image index distinguishes its Windows manifests (Microsoft, "Windows container version compatibility"). */
const WINDOWS_BUILDS: ReadonlyMap<string, string> = new Map([
  ["2016", "10.0.14393"],
  ["2019", "10.0.17763"],
  ["2004", "10.0.19041"],
  ["20H2", "10.0.19042"],
  ["2022", "10.0.20348"],
  ["2025", "10.0.26100"],
]);

const WINDOWS_FAMILY = /^WINDOWS_SERVER_([0-9A-Z]+)_(?:CORE|FULL)$/;

type Part<T> = { readonly ok: true; readonly value: T } | Extract<PlatformReading, { ok: false }>;

/**
 * Reads `runtimePlatform` of a task definition (ECS API, `RuntimePlatform`), or of the part of a resource at a place. Absent parts take ECS's defaults. An unknown part does not:
 * a wrong guess would judge another image of the index than the one that the task will pull.
 */
export function runtimePlatform(
  props: unknown,
  { path: holder = "", keys = "exact" }: Partial<Holder> = {},
): PlatformReading {
  const place = inside({ path: holder, keys }, props, "runtimePlatform");
  const { reading, path } = place;
  if (reading.state === "absent") return { ok: true, platform: LINUX_AMD64 };
  if (reading.state === "unknown") return unknown(path, "the runtime platform");
  if (isRedacted(reading.value)) return redacted(path, "the runtime platform");
  if (!isRecord(reading.value)) {
    return malformed(path, `the runtime platform is ${kindOf(reading.value)}, not an object`);
  }
  const architecture = part(
    inside(place, reading.value, "cpuArchitecture"),
    "the CPU architecture",
    "X86_64",
    (word) => ARCHITECTURES.get(word),
  );
  const system = part(
    inside(place, reading.value, "operatingSystemFamily"),
    "the operating system family",
    "LINUX",
    systemOf,
  );
  if (!architecture.ok && (architecture.reason === "malformed" || system.ok)) return architecture;
  if (!system.ok) return system;
  if (!architecture.ok) return architecture;
  if (system.value.os === "windows" && architecture.value !== "amd64") {
    return malformed(`${path}.cpuArchitecture`, "ECS runs Windows tasks on X86_64 only");
  }
  return { ok: true, platform: { ...system.value, architecture: architecture.value } };
}

function systemOf(family: string): Pick<Platform, "os" | "osVersion"> | undefined {
  if (family === "LINUX") return { os: "linux" };
  const osVersion = WINDOWS_BUILDS.get(WINDOWS_FAMILY.exec(family)?.[1] ?? "");
  return osVersion === undefined ? undefined : { os: "windows", osVersion };
}

/** One word of the runtime platform; an empty one is absent, as the classic provider has it. */
function part<T>(
  { reading, path }: Place,
  what: string,
  byDefault: string,
  meaning: (word: string) => T | undefined,
): Part<T> {
  if (reading.state === "unknown") return unknown(path, what);
  if (reading.state === "known" && isRedacted(reading.value)) return redacted(path, what);
  const word = reading.state === "absent" || reading.value === "" ? byDefault : reading.value;
  if (typeof word !== "string") return malformed(path, `${what} is ${kindOf(word)}, not a string`);
  const value = meaning(word.toUpperCase());
  return value === undefined ? malformed(path, `${what} is not one that ECS supports`) : { ok: true, value };
}

function unknown(path: string, what: string): Extract<PlatformReading, { ok: false }> {
  return { ok: false, reason: "unknown", path, message: `${what} is known only during the update` };
}

function redacted(path: string, what: string): Extract<PlatformReading, { ok: false }> {
  return { ok: false, reason: "redacted", path, message: `${what} is a secret that could not be decrypted` };
}

function malformed(path: string, message: string): Extract<PlatformReading, { ok: false }> {
  return { ok: false, reason: "malformed", path, message };
}
