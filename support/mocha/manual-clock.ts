import { setImmediate as settled } from "node:timers/promises";
import type { Clock } from "../../policypack/common/concurrency";

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  readonly #calls = new Set<{ readonly atMs: number; readonly done: () => void }>();
  #nowMs = 0;

  readonly now = (): number => this.#nowMs;

  after(ms: number, done: () => void): () => void {
    const call = { atMs: this.#nowMs + ms, done };
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  /** How long each wait under way still lasts, in milliseconds. */
  get waits(): number[] {
    return [...this.#calls].map(({ atMs }) => atMs - this.#nowMs);
  }

  /** Lets time pass. Calls what falls due in its order, each after the promises that follow from the one before. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      const [next] = [...this.#calls].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#calls.delete(next);
      this.#nowMs = next.atMs;
      next.done();
    }
    this.#nowMs = untilMs;
  }

  /** What the work gives that takes so long. */
  lasting<T>(ms: number, result: T): Promise<T> {
    return new Promise((resolve) => {
      this.after(ms, () => {
        resolve(result);
      });
    });
  }
}
