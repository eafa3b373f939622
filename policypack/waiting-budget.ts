/**
 * The time that one run of the pack may make people wait for registries, over all of its waits. Side by side waits
 * count once: an update judges one resource after another, and a dead registry must not cost each of them anew.
 */
export class WaitingBudget {
  #spentMs = 0;
  #waiting = 0;
  #since = 0;

  constructor(readonly seconds: number) {}

  /** What the promise gives, or `overdue` when the budget ends first. */
  async wait<T>(promise: Promise<T>, overdue: T): Promise<T> {
    if (this.#waiting++ === 0) this.#since = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const remainingMs = this.seconds * 1000 - this.#spentMs - (performance.now() - this.#since);
    // An answer that is there already costs nothing, so it wins even with nothing left.
    const limit = new Promise<T>((resolve) => {
      timer = setTimeout(
        () => {
          resolve(overdue);
        },
        Math.max(0, remainingMs),
      );
    });
    try {
      return await Promise.race([promise, limit]);
    } finally {
      clearTimeout(timer);
      if (--this.#waiting === 0) this.#spentMs += performance.now() - this.#since;
    }
  }
}
