/**
 * Predicts what each container runtime that ECS may use does with an image. Read this first: it names the runtimes, runs the pull of each
 * (`containerd-pull.ts`, `dockerd-pull.ts`) and turns its outcome into a `Prediction`.
 */
import { madeOnce } from "../common/values";
import type { ImageManifest } from "../oci/manifest";
import type { Platform } from "../oci/platform";
import { containerdError } from "./containerd";
import { containerdPull } from "./containerd-pull";
import { dockerdError } from "./dockerd";
import { dockerdHost, dockerdPull } from "./dockerd-pull";
import { hostPlatform } from "./host-platform";
import {
  type Document,
  type OnSelected,
  type Pull,
  type PullSource,
  Refusal,
  type RefusalReason,
} from "./pull";
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
  const runtimes = pullersFor(platform).map((hosts) => hosts.map((puller) => begin(puller, root, source)));
  const pulls = runtimes.flat();
  await finish(pulls, (steps) => steps.next());
  const selected = new Map<string, SelectedManifest>();
  const unpredicted: Unpredicted[] = [];
  for (const { outcome, selection } of pulls) {
    if (outcome !== undefined && "cause" in outcome) unpredicted.push(outcome);
    if (selection === undefined) continue;
    const { digest } = selection.document;
    if (!selected.has(digest)) selected.set(digest, selection);
  }
  return { predictions: runtimes.flatMap(mergeHosts), unpredicted, selected };
}

/** A runtime on one of its hosts. */
interface Puller {
  readonly on: RuntimeOnHost;
  readonly pull: (root: Document, source: PullSource, onSelected: OnSelected) => Pull;
}

/** By platform: a list for each runtime, of its hosts. Made once, as the images of a run are for few platforms. */
const pullers = new Map<string, readonly (readonly Puller[])[]>();

function pullersFor(platform: Platform): readonly (readonly Puller[])[] {
  return madeOnce(pullers, JSON.stringify(platform), () =>
    runtimeNames.map((runtime) => hostsOf(runtime, platform).map((host) => pullerOf(runtime, host))),
  );
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

/** One pull. */
interface Running {
  readonly on: RuntimeOnHost;
  readonly steps: Pull;
  /** The manifest that it has selected. */
  selection?: SelectedManifest;
  /** Undefined until it ends. */
  outcome?: Prediction | Unpredicted;
}

function begin({ on, pull }: Puller, root: Document, source: PullSource): Running {
  const running: Running = {
    on,
    steps: pull(root, source, (document, manifest) => {
      running.selection = { document, manifest };
    }),
  };
  return running;
}

type Resume = (steps: Pull) => ReturnType<Pull["next"]>;

/** Runs pulls to their ends. Those that wait for the same content go on together: an image costs a few turns of the event loop in all. */
async function finish(pulls: readonly Running[], resume: Resume): Promise<void> {
  const waiting = new Map<Promise<unknown>, Running[]>();
  for (const pull of pulls) {
    const content = advance(pull, resume);
    if (content !== undefined) madeOnce(waiting, content, () => []).push(pull);
  }
  await Promise.all(
    Array.from(waiting, ([content, waiters]) =>
      content.then(
        (value) => finish(waiters, (steps) => steps.next(value)),
        (error: unknown) => finish(waiters, (steps) => steps.throw(error)),
      ),
    ),
  );
}

/** Runs a pull until it waits, and returns what for; undefined if it has ended. */
function advance(pull: Running, resume: Resume): Promise<unknown> | undefined {
  const { on, steps } = pull;
  try {
    const { done, value } = resume(steps);
    if (!done) return value;
    pull.outcome = { ...on, pulls: true, manifest: value };
  } catch (cause) {
    const manifest = pull.selection?.document.digest ?? null;
    pull.outcome =
      cause instanceof Refusal
        ? { ...on, pulls: false, manifest, error: cause.message, reason: cause.reason }
        : { runtime: on.runtime, manifest, cause };
  }
  return undefined;
}

/** One prediction for a runtime whose hosts all do the same. */
function mergeHosts(pulls: readonly Running[]): readonly Prediction[] {
  const own = pulls.flatMap(({ outcome }) => (outcome === undefined || "cause" in outcome ? [] : [outcome]));
  const [first, ...others] = own;
  if (first === undefined) return [];
  return others.every((other) => isSameOutcome(first, other)) ? [anywhere(first)] : own;
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
