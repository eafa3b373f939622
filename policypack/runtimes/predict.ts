/**
 * Predicts what each container runtime that ECS may use does with an image. Read this first: it names the runtimes, runs the pull of each
 * (`containerd-pull.ts`, `dockerd-pull.ts`) and turns its outcome into a `Prediction`.
 */
import { madeOnce } from "../common/values";
import type { Platform } from "../oci/platform";
import { containerdError } from "./containerd";
import { containerdPull } from "./containerd-pull";
import { dockerdError } from "./dockerd";
import { dockerdHost, dockerdPull } from "./dockerd-pull";
import { hostPlatform, type Hosts } from "./host-platform";
import { type Document, type PullSource, Refusal, type RefusalReason } from "./pull";
import { type Puller, type PullEnd, runPulls, type SelectedManifest } from "./pulling";
import { type PulledImage, rulesOf, type RuntimeRules, selectionKey } from "./rules";

export type { SelectedManifest } from "./pulling";
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
  const pullers = pullersFor(platform);
  const ends = await runPulls(new Set(pullers.values()), root, source);
  const selected = new Map<string, SelectedManifest>();
  const unpredicted: Unpredicted[] = [];
  const predictions: Prediction[] = [];
  for (const [runtime, puller] of pullers) {
    const own: Prediction[] = [];
    for (const end of ends.get(puller) ?? []) {
      const { selection } = end;
      if (selection !== undefined) madeOnce(selected, selection.document.digest, () => selection);
      const outcome = outcomeOf(runtime, end);
      if ("cause" in outcome) unpredicted.push(outcome);
      else own.push(outcome);
    }
    predictions.push(...mergeHosts(own));
  }
  return { predictions, unpredicted, selected };
}

/** What a pull shows of a runtime whose rules it followed. */
function outcomeOf(runtime: RuntimeName, end: PullEnd): Prediction | Unpredicted {
  const { host, selection, pulled, cause } = end;
  const on = host === undefined ? { runtime } : { runtime, host };
  const manifest = selection?.document.digest ?? null;
  if (pulled !== undefined) {
    const error = layersError(runtime, pulled.image);
    if (error !== undefined) return { ...on, pulls: false, manifest, error, reason: "layers" };
    if (pulled.refusal === undefined) return { ...on, pulls: true, manifest: pulled.manifest };
  }
  const refusal = pulled?.refusal ?? cause;
  return refusal instanceof Refusal
    ? { ...on, pulls: false, manifest, error: refusal.message, reason: refusal.reason }
    : { runtime, manifest, cause };
}

/** By platform: the puller of each runtime, one for all that select alike. Made once, as the images of a run are for few platforms. */
const pullers = new Map<string, ReadonlyMap<RuntimeName, Puller>>();

function pullersFor(platform: Platform): ReadonlyMap<RuntimeName, Puller> {
  return madeOnce(pullers, JSON.stringify(platform), () => {
    const alike = new Map<string, Puller>();
    return new Map(
      runtimeNames.map((runtime) => {
        const rules = rulesOf(releases[runtime]);
        const hosts = { platform, levels: levelsOf(runtime, platform) };
        const key = JSON.stringify([selectionKey(rules), hosts.levels]);
        return [runtime, madeOnce(alike, key, () => pullerOf(rules, hosts))];
      }),
    );
  });
}

function pullerOf(rules: RuntimeRules, hosts: Hosts, host?: string): Puller {
  const ofEachHost = () =>
    hosts.levels.map((level) => pullerOf(rules, { ...hosts, levels: [level] }, `amd64/${level}`));
  return { host, begin: beginnerOf(rules, hosts), ofEachHost };
}

function beginnerOf(rules: RuntimeRules, hosts: Hosts): Puller["begin"] {
  switch (rules.engine) {
    case "containerd": {
      const host = hostPlatform(hosts, rules);
      return (...args) => containerdPull(rules, host, ...args);
    }
    case "dockerd": {
      const host = dockerdHost(hosts, rules);
      return (...args) => dockerdPull(rules, host, ...args);
    }
  }
}

function levelsOf(runtime: RuntimeName, { architecture, variant = "" }: Platform): readonly string[] {
  return levelledRuntimes.has(runtime) && architecture === "amd64" && variant === "" ? hostLevels : [];
}

/** One prediction for a runtime whose hosts all do the same. */
function mergeHosts(predictions: readonly Prediction[]): readonly Prediction[] {
  const [first, ...others] = predictions;
  if (first === undefined) return [];
  return others.every((other) => isSameOutcome(first, other)) ? [anywhere(first)] : predictions;
}

function isSameOutcome(a: Prediction, b: Prediction): boolean {
  if (a.manifest !== b.manifest) return false;
  return a.pulls ? b.pulls : !b.pulls && a.error === b.error && a.reason === b.reason;
}

function anywhere(prediction: Prediction): Prediction {
  if (prediction.host === undefined) return prediction;
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
