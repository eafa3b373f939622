/**
 * Predicts what each container runtime that ECS may use does with an image. Read this first: it names the runtimes, runs the pull of each
 * (`containerd-pull.ts`, `dockerd-pull.ts`) and turns its outcome into a `Prediction`.
 */
import type { ImageManifest } from "../oci/manifest";
import type { Platform } from "../oci/platform";
import { containerdError } from "./containerd";
import { containerdPull } from "./containerd-pull";
import { dockerdError } from "./dockerd";
import { dockerdHost, dockerdPull } from "./dockerd-pull";
import { hostPlatform } from "./host-platform";
import { type Document, type PullSource, Refusal, type OnSelected, type RefusalReason } from "./pull";
import { type PulledImage, rulesOf } from "./rules";

export type { PulledImage } from "./rules";

/** The runtimes that ECS may use, each with the release that speaks for it: the newest whose pulls were measured. */
const releases = {
  "containerd-1.4": "containerd 1.4.13",
  "containerd-1.5": "containerd 1.5.18",
  "containerd-1.6": "containerd 1.6.39",
  "containerd-1.7": "containerd 1.7.35",
  "containerd-2.0": "containerd 2.0.14",
  "containerd-2.3": "containerd 2.3.7",
  "dockerd-20.10": "dockerd 20.10.24",
  // And later: 23 and 25 differ in an error's words only, and ECS ships 25.
  "dockerd-23": "dockerd 25.0.17",
  "dockerd-25-containerd-store": "dockerd+containerd-store 25.0.17",
  // Docker 29's default store.
  "dockerd-29-containerd-store": "dockerd+containerd-store 29.0.0",
} as const;

export type RuntimeName = keyof typeof releases;

export const runtimeNames: readonly RuntimeName[] = Object.keys(releases).filter(isRuntimeName);

/** Runtimes that take what suits the host's processor best. */
const levelledRuntimes: ReadonlySet<RuntimeName> = new Set(["dockerd-23", "dockerd-29-containerd-store"]);
/** The levels of amd64 that ECS's hosts have: every x86 instance type has at least v2, and Fargate does not say. */
const hostLevels = ["v2", "v3", "v4"] as const;

interface RuntimeOnHost {
  readonly runtime: RuntimeName;
  /** The host's level, such as `amd64/v3`; absent if all levels do the same. */
  readonly host?: string;
}

/** What one runtime will do with an image. */
export type Prediction = RuntimeOnHost &
  (
    | {
        readonly pulls: true;
        /** Digest of the manifest that the runtime takes. */
        readonly manifest: string;
      }
    | {
        readonly pulls: false;
        /** Digest of the manifest that it selected before it failed; null if none. */
        readonly manifest: string | null;
        /** The runtime's own words, but for `<digest>`, `<path>` and `<key>`. */
        readonly error: string;
        readonly reason: RefusalReason;
      }
  );

/** A part of the image that could not be read, so that the runtime's pull is not known. */
export interface Unpredicted {
  readonly runtime: RuntimeName;
  /** Digest of the manifest that the runtime selected before; null if none. */
  readonly manifest: string | null;
  readonly cause: unknown;
}

export interface SelectedManifest {
  readonly document: Document;
  readonly manifest: ImageManifest;
}

export interface Predictions {
  readonly predictions: readonly Prediction[];
  readonly unpredicted: readonly Unpredicted[];
  /** The manifests that some runtime selects, by digest, in the order of the runtimes. */
  readonly selected: ReadonlyMap<string, SelectedManifest>;
}

export function isRuntimeName(name: string): name is RuntimeName {
  return Object.hasOwn(releases, name);
}

/**
 * @param root the document behind the image's name
 * @param source rejects for what it cannot read; such pulls are `unpredicted`
 */
export async function predictPulls(
  root: Document,
  platform: Platform,
  source: PullSource,
): Promise<Predictions> {
  const selected = new Map<string, SelectedManifest>();
  const outcomes = await Promise.all(
    pullersFor(platform).map((puller) => pull(puller, root, source, selected)),
  );
  const predictions = outcomes.filter((outcome): outcome is Prediction => !("cause" in outcome));
  return {
    predictions: mergeHosts(predictions),
    unpredicted: outcomes.filter((outcome): outcome is Unpredicted => "cause" in outcome),
    selected,
  };
}

/** A runtime on one of its hosts. */
interface Puller {
  readonly on: RuntimeOnHost;
  readonly pull: (root: Document, source: PullSource, onSelected: OnSelected) => Promise<void>;
}

/** Those of each platform, made once: the images of a run are for few. */
const pullers = new Map<string, readonly Puller[]>();

function pullersFor(platform: Platform): readonly Puller[] {
  const key = JSON.stringify(platform);
  let known = pullers.get(key);
  if (known === undefined) {
    known = runtimeNames.flatMap((runtime) =>
      hostsOf(runtime, platform).map((host) => pullerOf(runtime, host)),
    );
    pullers.set(key, known);
  }
  return known;
}

function pullerOf(runtime: RuntimeName, platform: Platform): Puller {
  const { variant } = platform;
  const on = levelledRuntimes.has(runtime) && variant ? { runtime, host: `amd64/${variant}` } : { runtime };
  const rules = rulesOf(releases[runtime]);
  switch (rules.engine) {
    case "containerd": {
      const host = hostPlatform(platform, rules);
      return { on, pull: (...args) => containerdPull(rules, host, ...args) };
    }
    case "dockerd": {
      const host = dockerdHost(platform, rules);
      return { on, pull: (...args) => dockerdPull(rules, host, ...args) };
    }
  }
}

function hostsOf(runtime: RuntimeName, platform: Platform): readonly Platform[] {
  const levelled =
    levelledRuntimes.has(runtime) && platform.architecture === "amd64" && (platform.variant ?? "") === "";
  return levelled ? hostLevels.map((variant) => ({ ...platform, variant })) : [platform];
}

async function pull(
  { on, pull }: Puller,
  root: Document,
  source: PullSource,
  allSelected: Map<string, SelectedManifest>,
): Promise<Prediction | Unpredicted> {
  const taken: { manifest: string | null } = { manifest: null };
  try {
    await pull(root, source, (document, read) => {
      const { digest } = document;
      taken.manifest = digest;
      if (!allSelected.has(digest)) allSelected.set(digest, { document, manifest: read });
    });
    return { ...on, pulls: true, manifest: taken.manifest ?? root.digest };
  } catch (cause) {
    return cause instanceof Refusal
      ? { ...on, pulls: false, ...taken, error: cause.message, reason: cause.reason }
      : { runtime: on.runtime, ...taken, cause };
  }
}

/** One prediction for a runtime whose hosts all do the same. */
function mergeHosts(predictions: readonly Prediction[]): Prediction[] {
  return runtimeNames.flatMap((runtime) => {
    const own = predictions.filter((prediction) => prediction.runtime === runtime);
    const [first, ...others] = own;
    if (first === undefined) return [];
    return others.every((other) => outcomeOf(other) === outcomeOf(first)) ? [anywhere(first)] : own;
  });
}

function outcomeOf(prediction: Prediction): string {
  return JSON.stringify(anywhere(prediction));
}

function anywhere(prediction: Prediction): Prediction {
  const { runtime, pulls } = prediction;
  if (pulls) return { runtime, pulls, manifest: prediction.manifest };
  const { manifest, error, reason } = prediction;
  return { runtime, pulls, manifest, error, reason };
}

/** What a runtime answers to the layers of an image, once it has selected the manifest; undefined if they unpack. */
export function layersError(runtime: RuntimeName, image: PulledImage): string | undefined {
  return pullError(releases[runtime], image);
}

/**
 * What a certain release answers to a pull of one manifest, or undefined if the image pulls.
 *
 * @param release such as `containerd 1.6.20`
 * @throws {RangeError} if no rules are known for it
 */
export function pullError(release: string, image: PulledImage): string | undefined {
  const rules = rulesOf(release);
  switch (rules.engine) {
    case "containerd":
      return containerdError(rules, image);
    case "dockerd":
      return dockerdError(rules, image);
  }
}
