import { type Clock, systemClock } from "../common/concurrency";
import type { Outcome } from "../common/outcome";
import { bareName } from "../oci/registry-name";

/** How long a mirror is skipped after it could not be reached. */
const restMs = 60_000;

/** The mirrors of each registry, in their order, and which of them can be reached. */
export class Mirrors {
  readonly #of: ReadonlyMap<string, readonly string[]>;
  readonly #restingUntil = new Map<string, number>();

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

  /** A mirror that is down must not cost every image its time-out. */
  note(mirror: string, outcome: Outcome<unknown>): void {
    if (!outcome.ok && (outcome.failure.kind === "unreachable" || outcome.failure.kind === "timeout"))
      this.#restingUntil.set(mirror, this.clock.now() + restMs);
  }
}
