import { type Clock, systemClock } from "../common/concurrency";
import { count } from "../common/text";
import type { Statistics } from "../inspection/inspector";

/** Shorter waits need no words. */
const quietMs = 2_000;
/** Between two lines: a log that nobody watches should not fill with them. */
const pauseMs = 5_000;

/** Adds up the time in which a run waits. Waits side by side count once. */
class WaitingTime {
  #waiting = 0;
  #since = 0;
  #pastMs = 0;

  constructor(private readonly clock: Clock) {}

  get totalMs(): number {
    return this.#pastMs + (this.#waiting > 0 ? this.clock.now() - this.#since : 0);
  }

  begin(): void {
    if (this.#waiting++ === 0) this.#since = this.clock.now();
  }

  end(): void {
    if (--this.#waiting === 0) this.#pastMs += this.clock.now() - this.#since;
  }
}

/** Prints what a run waits for if it takes long, and at the end what it cost. */
export class Progress {
  readonly #waited: WaitingTime;
  #nextMs = quietMs;
  #closed = false;

  /** @param say prints a line; the engine shows what a pack prints */
  constructor(
    private readonly statistics: () => Statistics,
    private readonly say: (line: string) => void,
    private readonly clock: Clock = systemClock,
  ) {
    this.#waited = new WaitingTime(clock);
  }

  /** What the work gives. All waits of a run count together. */
  async during<T>(work: Promise<T>): Promise<T> {
    let cancel = () => {};
    const watch = () => {
      cancel = this.clock.after(Math.max(0, this.#nextMs - this.#waited.totalMs), () => {
        this.#tell();
        watch();
      });
    };
    this.#waited.begin();
    watch();
    try {
      return await work;
    } finally {
      cancel();
      this.#waited.end();
    }
  }

  /**
   * The last lines of a run: what it cost if it looked for images, and what it found.
   *
   * @param unverified how many of the images could not be read
   * @param found undefined if that is nothing
   */
  close({ unverified = 0, found }: { unverified?: number; found?: string | undefined } = {}): void {
    if (this.#closed) return;
    this.#closed = true;
    if (found !== undefined) this.say(`ecs-image-guard: ${found}`);
    const { images, requests, cacheHits } = this.statistics();
    if (images === 0) return;
    const cost = `${count(requests, "request")}, ${count(cacheHits, "cache hit")}`;
    const seconds = (this.#waited.totalMs / 1000).toFixed(1);
    const unread = unverified === 0 ? "" : ` (${unverified} unverified)`;
    this.say(`ecs-image-guard: ${count(images, "image")}${unread}, ${cost}, waited ${seconds} s`);
  }

  /** Several waits watch the time; the first of them prints it. */
  #tell(): void {
    const waitedMs = this.#waited.totalMs;
    if (waitedMs < this.#nextMs) return;
    this.#nextMs = waitedMs + pauseMs;
    const { images, remaining } = this.statistics();
    if (remaining > 0)
      this.say(
        `ecs-image-guard: looked up ${images - remaining} of ${count(images, "image")}, ${remaining} remain`,
      );
  }
}

/**
 * The time that one run of the pack may make people wait for registries, over all of its waits. Waits side by side
 * count once: an update judges one resource after another, and a dead registry must not cost each of them again.
 */
export class WaitingBudget {
  readonly #spent: WaitingTime;

  constructor(
    readonly seconds: number,
    private readonly clock: Clock = systemClock,
  ) {
    this.#spent = new WaitingTime(clock);
  }

  /** What the promise gives, or `overdue` if the budget ends first. */
  async wait<T>(promise: Promise<T>, overdue: T): Promise<T> {
    this.#spent.begin();
    let cancel = () => {};
    // An answer that is there already costs nothing, so it wins even with nothing left.
    const limit = new Promise<T>((resolve) => {
      const remainingMs = this.seconds * 1000 - this.#spent.totalMs;
      cancel = this.clock.after(Math.max(0, remainingMs), () => {
        resolve(overdue);
      });
    });
    try {
      return await Promise.race([promise, limit]);
    } finally {
      cancel();
      this.#spent.end();
    }
  }
}
