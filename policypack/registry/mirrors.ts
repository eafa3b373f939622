import { type Clock, systemClock } from "../common/concurrency";
import type { Outcome } from "../common/outcome";
import { bareName } from "../oci/registry-name";
import { Signal } from "../common/signal";
import { madeOnce } from "../common/values";

/** How long a mirror is skipped after it could not be reached, or let no request pass. */
const restMs = 60_000;

/** The mirrors of each registry, in their order, and which of them can be reached. */
export class Mirrors {
  readonly #of: ReadonlyMap<string, readonly string[]>;
  readonly #restingUntil = new Map<string, number>();
  /** What ends the requests under way, by mirror. */
  readonly #working = new Map<string, Set<() => void>>();

  /** @param declared registry → mirrors (`host[:port][/prefix]`) */
  constructor(
    declared: Readonly<Record<string, readonly string[]>> = {},
    private readonly clock: Clock = systemClock,
  ) {
    this.#of = new Map(Object.entries(declared).map(([name, list]) => [bareName(name), list]));
  }

  of(registry: string): readonly string[] {
    return this.#of.get(bareName(registry)) ?? [];
  }

  rests(mirror: string): boolean {
    return (this.#restingUntil.get(mirror) ?? 0) > this.clock.now();
  }

  /**
   * Requests something from a mirror. One that is down must not cost every image its time-out. Nor do images wait for one that lets no
   * request pass because of their rate: whoever waits for it already gives up.
   */
  async during<T>(
    mirror: string,
    signal: Signal,
    work: (signal: Signal) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const end = Signal.serving(signal);
    const abort = () => {
      end.abort();
    };
    const stopListening = signal.onAbort(abort);
    const working = madeOnce(this.#working, mirror, () => new Set()).add(abort);
    const outcome = await work(end);
    working.delete(abort);
    stopListening();
    if (!outcome.ok && !signal.aborted && wouldFailAgain.has(outcome.failure.kind))
      this.#restingUntil.set(mirror, this.clock.now() + restMs);
    if (!outcome.ok && outcome.failure.kind === "throttled") for (const giveUp of working) giveUp();
    return outcome;
  }
}

/** Failures that another request to the mirror would have too. */
const wouldFailAgain: ReadonlySet<string> = new Set(["unreachable", "timeout", "throttled"]);
