import type { AwsIdentities } from "../aws/configured-identities";
import { parseEcrHost } from "../aws/ecr-hosts";
import type { PullThroughRule } from "../aws/pull-through";
import { KeyedSemaphore, within, withinLimit } from "../common/concurrency";
import { limits } from "../common/limits";
import { Memo } from "../common/memo";
import { type Failure, failure, type Outcome } from "../common/outcome";
import { printable } from "../common/text";
import { formatPlatform, parsePlatform, type Platform } from "../oci/platform";
import { canonicalName, InvalidReferenceError, parseReference, type Reference } from "../oci/reference";
import { type ResolvedIdentity, type ReaderIdentity, resolveIdentity } from "../registry/reader-identity";
import { openImageSource, type ImageSource, type ImageSourceOptions } from "../registry/open";
import type { Document } from "../runtimes/pull";
import type { Inspection } from "./inspected-image";
import { ManifestLookup, type ManifestLookupArgs, requestedName } from "./manifest-lookup";
import { ReadAhead } from "./read-ahead";
import { referenceStep } from "./trace-steps";
import { Signal } from "../common/signal";

export type { InspectedImage, InspectedManifest, Inspection, Layer, UnreadPart } from "./inspected-image";

export interface InspectorOptions extends ImageSourceOptions {
  /** Milliseconds that one image's lookups may take together. Default: 30 s. */
  readonly imageTimeoutMs?: number;
  /** The same for an image of a registry that limits the rate of requests, as long as it answers some. Default: 60 s. */
  readonly pacedTimeoutMs?: number;
  /** Look at the first bytes of every layer, and at every config. Default: no. */
  readonly sniffLayers?: boolean;
  /** Who reads private ECR, and secrets with logins, by account or ECR registry; goes before what a reader brings along. */
  readonly awsIdentities?: AwsIdentities;
}

const defaultImageTimeoutMs = 30_000;

/**
 * Joins `oci/` and `registry/`: one inspection for each image name and platform, however often it is requested.
 * The registry client, and with it the HTTP library, is loaded for the first image.
 */
export class Inspector {
  readonly #options: InspectorOptions;
  readonly #semaphore = new KeyedSemaphore(limits.inspectionsPerRegistry);
  /** Prefetches do not take the places of images that the program has named. */
  readonly #prefetches = new KeyedSemaphore(limits.inspectionsPerRegistry);
  readonly #inspections = new Memo<Inspection>();
  /** The keys of the requested images. An image that was only prefetched does not count. */
  readonly #requested = new Set<string>();
  readonly #complete = new Signal();
  readonly #ahead = new ReadAhead();
  #registries: Promise<ImageSource> | undefined;
  #opened: ImageSource | undefined;

  constructor(options: InspectorOptions = {}) {
    const { gathering } = options;
    this.#options = {
      ...options,
      ...(gathering && { gathering: { ...gathering, until: this.#complete } }),
    };
  }

  /** No more images will be requested: lookups that wait for others to join their batch start now. */
  hurry(): void {
    this.#complete.abort();
  }

  /**
   * Never rejects: whatever goes wrong is a failure of a known kind.
   *
   * @param identity who reads the image if a login is needed; by default the AWS SDK's default credential chain and docker's logins
   */
  inspect(image: string, platform: Platform, identity: ReaderIdentity = {}): Promise<Inspection> {
    let reference: Reference;
    try {
      reference = parseReference(image);
    } catch (error) {
      const words = error instanceof InvalidReferenceError ? error.problem : String(error);
      return Promise.resolve(failure("invalid-reference", words));
    }
    const reader = this.#readerOf(reference, identity);
    const key = inspectionKey(reference, platform, reader);
    const wasRequested = this.#requested.has(key);
    this.#requested.add(key);
    return this.#inspections.run(
      key,
      new Signal(),
      (signal) => this.#inspect({ reference, platform, reader, signal }),
      // A prefetch that failed is retried.
      ({ ok }) => ok || wasRequested,
    );
  }

  /** The pull through cache rules of the private ECR registry of an image; never rejects. One call of ECR each time. */
  async pullThroughRules(
    reference: Reference,
    identity: ReaderIdentity = {},
  ): Promise<Outcome<readonly PullThroughRule[]>> {
    const { imageTimeoutMs: ms = defaultImageTimeoutMs, clock } = this.#options;
    try {
      const registries = await this.#open();
      const reader = this.#readerOf(reference, identity);
      const fetch = (signal: Signal) => registries.pullThroughRules(reference, reader, signal);
      return await within(ms, undefined, fetch, clock);
    } catch (error) {
      return ownFailure(error);
    }
  }

  /** Prefetches an image: its requests come after those of images that `inspect` waits for. If that fails, `inspect` tries again. */
  async anticipate(reference: Reference, platform: Platform, identity: ReaderIdentity = {}): Promise<void> {
    const reader = this.#readerOf(reference, identity);
    const prefetch = () =>
      this.#inspections.run(
        inspectionKey(reference, platform, reader),
        Signal.ofPrefetch(),
        (signal) => this.#inspect({ reference, platform, reader, signal, isPrefetch: true }),
        ({ ok }) => ok,
      );
    await (gathers(reference) ? prefetch() : this.#prefetches.during(reference.registry, prefetch));
  }

  /**
   * Reads what the cache has of images that will probably be requested. Nothing is sent anywhere, and nothing counts before the registry has
   * confirmed the image.
   */
  async readAhead(images: readonly Pick<Work, "reference" | "platform">[]): Promise<void> {
    const { sniffLayers = false, trace } = this.#options;
    // Sniffing reads layers, which are not cached, and a trace shows each document when it is read.
    if (sniffLayers || trace !== undefined || images.length === 0) return;
    try {
      const { kept } = await this.#open();
      if (kept !== undefined) await this.#ahead.read(images, kept);
    } catch {
      // The request for the image fails with the same error, and reports it.
    }
  }

  /** Lets the next inspection of this image query the registry again, except one that did not respond: that would cost its time-out again. */
  forget(reference: Reference, platform: Platform, identity: ReaderIdentity = {}): void {
    const reader = this.#readerOf(reference, identity);
    const key = inspectionKey(reference, platform, reader);
    this.#inspections.forget(key, (outcome) => outcome.ok || responded(outcome.failure));
    this.#opened?.forget(reference, requestedName(reference), reader);
  }

  get statistics(): Statistics {
    const { requests = 0, cacheHits = 0 } = this.#opened ?? {};
    const remaining = [...this.#requested].filter((key) => this.#inspections.isRunning(key)).length;
    return {
      images: this.#requested.size,
      remaining,
      requests,
      cacheHits: cacheHits + this.#ahead.documents,
    };
  }

  async close(): Promise<void> {
    await (await this.#registries)?.close();
  }

  async #open(): Promise<ImageSource> {
    this.#registries ??= openImageSource(this.#options);
    return (this.#opened = await this.#registries);
  }

  #readerOf({ registry }: Reference, identity: ReaderIdentity): ResolvedIdentity {
    return resolveIdentity(registry, identity, this.#options.awsIdentities);
  }

  #inspect(work: Work): Promise<Inspection> {
    return this.#lookUp(work).catch(ownFailure);
  }

  async #lookUp(work: Work): Promise<Inspection> {
    const { reference, platform, reader, isPrefetch = false } = work;
    const registries = await this.#open();
    const { sniffLayers = false, trace } = this.#options;
    trace?.add(referenceStep(reference));
    const args = { registries, reference, platform, reader, sniffLayers, trace };
    const known = (root: Document) => this.#ahead.of(reference, platform, root);
    const read = async (signal: Signal): Promise<Inspection> => {
      const [inspection, loginFault] = await Promise.all([
        new ManifestLookup({ ...args, known, signal }).run(),
        registries.loginFault(reader, signal),
      ]);
      return loginFault === undefined ? inspection : { ...inspection, loginFault };
    };
    const { imageTimeoutMs: ms = defaultImageTimeoutMs, pacedTimeoutMs = 60_000, clock } = this.#options;
    // Behind a rate limit, most of an image's time passes until its turn comes. That of a prefetch comes last.
    const longestMs = isPrefetch ? Infinity : pacedTimeoutMs;
    const limit = { ms, longestMs, getsOn: () => registries.isPacing(reference) };
    const lookUp = () => withinLimit(limit, work.signal, read, clock);
    registries.expect(reference, reader);
    return isPrefetch || gathers(reference) ? lookUp() : this.#semaphore.during(reference.registry, lookUp);
  }
}

/** What one inspection is made for. */
interface Work extends Pick<ManifestLookupArgs, "reference" | "platform" | "reader" | "signal"> {
  readonly isPrefetch?: boolean;
}

/** Lookups in ECR wait for one another, to share a call. */
function gathers({ registry }: Reference): boolean {
  return parseEcrHost(registry) !== undefined;
}

function inspectionKey(reference: Reference, platform: Platform, reader: ResolvedIdentity): string {
  return JSON.stringify([canonicalName(reference), formatPlatform(platform), reader.key]);
}

function responded({ kind }: Failure): boolean {
  return kind !== "unreachable" && kind !== "timeout" && kind !== "throttled";
}

/** A defect of ours must not pass for a verdict, nor hide those on other images. */
function ownFailure(error: unknown): Outcome<never> {
  const words = printable(error instanceof Error ? error.message : String(error));
  return failure("unsupported", `the guard itself failed here: ${words}`, {
    fix: "please report this defect",
  });
}

/** How one image is inspected: for which platform, and with what the `Inspector` takes. */
export interface InspectImageOptions extends InspectorOptions {
  /** Of the task, as `OS/ARCH[/VARIANT]` or parsed. Default: linux/amd64. */
  readonly platform?: string | Platform;
}

/**
 * What the registry says of one image, its layers with their compression included. Opens what it needs and closes it again; to inspect
 * many, share one `Inspector`.
 *
 * @param image a name as in a container definition: `nginx:1.27`
 * @returns the image, or a failure of a known kind; never rejects for what a registry or an image name does
 * @throws InvalidPlatformError
 */
export async function inspectImage(
  image: string,
  { platform = "linux/amd64", ...options }: InspectImageOptions = {},
): Promise<Inspection> {
  const wanted = typeof platform === "string" ? parsePlatform(platform) : platform;
  const inspector = new Inspector(options);
  try {
    return await inspector.inspect(image, wanted);
  } finally {
    await inspector.close();
  }
}

/** How far an inspector's lookups are, and what they cost. */
export interface Statistics {
  /** Image names for a platform, each counted once. */
  readonly images: number;
  /** Those of them that wait for their answer. */
  readonly remaining: number;
  /** To registries and token services, and calls of AWS. */
  readonly requests: number;
  /** Manifests, indexes and configs that were in the cache. */
  readonly cacheHits: number;
}

/** Of several inspectors together. */
export function total(parts: readonly Statistics[]): Statistics {
  const sum = (of: (part: Statistics) => number) => parts.reduce((all, part) => all + of(part), 0);
  return {
    images: sum(({ images }) => images),
    remaining: sum(({ remaining }) => remaining),
    requests: sum(({ requests }) => requests),
    cacheHits: sum(({ cacheHits }) => cacheHits),
  };
}
