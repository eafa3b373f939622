import type { Clock } from "../../policypack/common/concurrency";

/**
 * A clock for tests over real sockets. A pause, such as the one before a retry, ends at once, and the clock moves on by it.
 * A deadline never ends by itself: the test ends it, so a busy machine misses none.
 */
export class SkippingClock implements Clock {
  readonly #deadlines = new Set<() => void>();
  #nowMs = 0;

  /** @param deadlineMs a wait of at least this length is a deadline, a shorter one is a pause; default: what a request may take */
  constructor(private readonly deadlineMs = 10_000) {}

  readonly now = (): number => this.#nowMs;

  after(ms: number, done: () => void): () => void {
    if (ms >= this.deadlineMs) {
      this.#deadlines.add(done);
      return () => this.#deadlines.delete(done);
    }
    const atMs = this.#nowMs + ms;
    const pause = setImmediate(() => {
      this.#nowMs = Math.max(this.#nowMs, atMs);
      done();
    });
    return () => {
      clearImmediate(pause);
    };
  }

  /** Lets the time of everything under way run out. */
  expire(): void {
    for (const done of [...this.#deadlines]) done();
  }
}
