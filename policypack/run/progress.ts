import { count } from "../common/text";
import type { Statistics } from "../inspection/memo";

/** Shorter waits need no words. */
const quietMs = 2_000;
/** Between two lines: a log that nobody watches should not fill with them. */
const pauseMs = 5_000;

/** Tells people what a run waits for when it takes long, and what it all cost at its end. */
export class Progress {
  #waiting = 0;
  #since = 0;
  #waitedMs = 0;
  #nextMs = quietMs;
  #closed = false;

  /** @param say where the lines go; the engine shows what a pack prints */
  constructor(
    private readonly statistics: () => Statistics,
    private readonly say: (line: string) => void,
  ) {}

  /** What the work gives. All waits of a run count together, side by side ones once. */
  async during<T>(work: Promise<T>): Promise<T> {
    if (this.#waiting++ === 0) this.#since = performance.now();
    const timer = setInterval(() => {
      this.#tell();
    }, 250);
    timer.unref();
    try {
      return await work;
    } finally {
      clearInterval(timer);
      if (--this.#waiting === 0) this.#waitedMs += performance.now() - this.#since;
    }
  }

  /** One line at the end of a run that looked for images. */
  close(): void {
    const { images, requests, cacheHits } = this.statistics();
    if (this.#closed || images === 0) return;
    this.#closed = true;
    const cost = `${count(requests, "request")}, ${count(cacheHits, "cache hit")}`;
    this.say(
      `ecs-image-guard: ${count(images, "image")}, ${cost}, waited ${(this.#waitedMs / 1000).toFixed(1)} s`,
    );
  }

  #tell(): void {
    const waited = this.#waitedMs + performance.now() - this.#since;
    if (waited < this.#nextMs) return;
    this.#nextMs = waited + pauseMs;
    const { images, remaining } = this.statistics();
    if (remaining > 0)
      this.say(
        `ecs-image-guard: looked up ${images - remaining} of ${count(images, "image")}, ${remaining} remain`,
      );
  }
}

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
