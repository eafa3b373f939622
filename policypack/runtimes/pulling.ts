/**
 * Runs the pulls of an image together: those that wait for the same document go on together, so an image costs a few turns of the event loop
 * and not some for each runtime. Hosts that take the same share a pull.
 */
import { madeOnce } from "../common/values";
import type { ImageManifest } from "../oci/manifest";
import { Parted } from "./host-platform";
import type { Document, OnSelected, Pull, Pulled, PullSource } from "./pull";

/** Runtimes that select alike, on some hosts. */
export interface Puller {
  /** The host's level, such as `amd64/v3`, if the others do not take the same. */
  readonly host: string | undefined;
  readonly begin: (root: Document, source: PullSource, onSelected: OnSelected) => Pull;
  /** One for each host, for an index of which they do not all take the same. */
  readonly ofEachHost: () => readonly Puller[];
}

export interface SelectedManifest {
  readonly document: Document;
  readonly manifest: ImageManifest;
}

/** How a pull ended. */
export interface PullEnd extends Pick<Puller, "host"> {
  /** The manifest that it selected before. */
  readonly selection?: SelectedManifest;
  /** Undefined if it stopped before. */
  readonly pulled?: Pulled;
  /** Why it stopped: a {@link Refusal}, or what the source rejected with. */
  readonly cause?: unknown;
}

/** How the pulls of each puller ended: one for all its hosts, or one for each of them. Never rejects. */
export async function runPulls(
  pullers: Iterable<Puller>,
  root: Document,
  source: PullSource,
): Promise<ReadonlyMap<Puller, readonly PullEnd[]>> {
  const running = new Map(Array.from(pullers, (puller) => [puller, new Running(puller, root, source)]));
  await finish([...running.values()], (steps) => steps.next());
  return new Map(Array.from(running, ([puller, pull]) => [puller, pull.ofEachHost ?? [pull]]));
}

class Running implements PullEnd {
  readonly host: string | undefined;
  selection?: SelectedManifest;
  pulled?: Pulled;
  cause?: unknown;
  /** In its place, if its hosts do not all take the same. */
  ofEachHost?: readonly Running[];
  readonly #steps: Pull;

  constructor(
    private readonly puller: Puller,
    private readonly root: Document,
    private readonly source: PullSource,
  ) {
    this.host = puller.host;
    this.#steps = puller.begin(root, source, (document, manifest) => {
      this.selection = { document, manifest };
    });
  }

  /** Runs it until it waits, and returns what for; undefined if it has ended. */
  advance(resume: Resume): Promise<unknown> | undefined {
    try {
      const { done, value } = resume(this.#steps);
      if (!done) return value;
      this.pulled = value;
    } catch (cause) {
      if (cause instanceof Parted) return this.#part();
      this.cause = cause;
    }
    return undefined;
  }

  /** Begins a pull for each host, and ends when they have ended. */
  #part(): Promise<void> {
    this.ofEachHost = this.puller.ofEachHost().map((puller) => new Running(puller, this.root, this.source));
    return finish(this.ofEachHost, (steps) => steps.next());
  }
}

type Resume = (steps: Pull) => ReturnType<Pull["next"]>;

async function finish(pulls: readonly Running[], resume: Resume): Promise<void> {
  const waiting = new Map<Promise<unknown>, Running[]>();
  for (const pull of pulls) {
    const content = pull.advance(resume);
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
