import { type Clock, systemClock, whenAborted } from "../common/concurrency";
import { limits } from "../common/limits";
import { backoffMs } from "./retries";

/**
 * The right to send one request; to be given back once, with how it ended. `pauseMs`: how long its host wants to be left alone, 0 if it
 * does not say how long.
 */
export type Permit = (end: RequestEnd, pauseMs?: number) => void;

export interface LimiterOptions {
  readonly perHost: number;
  readonly inAll: number;
  readonly clock?: Clock;
}

interface Queue {
  readonly pace: Pace;
  /** The lowest rank comes first. */
  readonly waiting: { readonly rank: number; readonly admit: () => void }[];
  inside: number;
  /** When the host may be queried again. */
  pausedUntil: number;
  /** Ends the wait for the end of the pause; undefined if nobody waits for it. */
  stopWaiting: (() => void) | undefined;
}

/**
 * Lets as many requests pass as each host bears, and so many in all. The others wait. For one host, those of the work that was begun
 * first go first, and none while the host wants a pause. Between hosts, the one with the fewest under way comes first, so that a slow or
 * busy host takes no other's share. If the process lacks file descriptors, fewer pass in all.
 */
export class Limiter {
  readonly #queues = new Map<string, Queue>();
  /** Those in which somebody waits. */
  readonly #waiting = new Set<Queue>();
  readonly #clock: Clock;
  readonly #all: Pace;
  #inside = 0;

  constructor(private readonly options: LimiterOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#all = new Pace(options.inAll, options.inAll);
  }

  /** A permit for a request to this host; undefined if the signal came first. */
  async enter(host: string, signal: AbortSignal, rank = 0): Promise<Permit | undefined> {
    if (signal.aborted) return undefined;
    const queue = this.#queue(host);
    return new Promise((resolve) => {
      const admit = () => {
        stopListening();
        resolve(this.#permit(queue));
      };
      const one = { rank, admit };
      const leave = () => {
        queue.waiting.splice(queue.waiting.indexOf(one), 1);
        this.#noteEmpty(queue);
        resolve(undefined);
      };
      queue.waiting.splice(queue.waiting.findLastIndex((other) => other.rank <= rank) + 1, 0, one);
      this.#waiting.add(queue);
      const stopListening = whenAborted(signal, leave);
      this.#admit();
    });
  }

  /** Whether this host wants to be left alone now. */
  isPaused(host: string): boolean {
    return this.#queue(host).pausedUntil > this.#clock.now();
  }

  #queue(host: string): Queue {
    let queue = this.#queues.get(host);
    if (queue === undefined) {
      queue = {
        pace: new Pace(this.options.perHost),
        waiting: [],
        inside: 0,
        pausedUntil: -Infinity,
        stopWaiting: undefined,
      };
      this.#queues.set(host, queue);
    }
    return queue;
  }

  #permit(queue: Queue): Permit {
    const sentAt = this.#clock.now();
    return (end, pauseMs) => {
      const now = this.#clock.now();
      queue.inside--;
      this.#inside--;
      queue.pace.ended(end, sentAt, now, queue.waiting.length > 0);
      if (end === "no-descriptor") this.#all.ended("overloaded", sentAt, now, true);
      if (end === "answered") this.#all.ended(end, sentAt, now, this.#waiting.size > 0);
      if (pauseMs !== undefined)
        queue.pausedUntil = Math.max(queue.pausedUntil, now + (pauseMs || backoffMs(queue.pace.cuts)));
      this.#admit();
    };
  }

  #admit(): void {
    const now = this.#clock.now();
    while (this.#inside < this.#all.limit) {
      let next: Queue | undefined;
      for (const queue of this.#waiting)
        if (queue.pausedUntil > now) this.#wakeAfterPause(queue, now);
        else if (queue.inside < queue.pace.limit && queue.inside < (next?.inside ?? Infinity)) next = queue;
      const first = next?.waiting.shift();
      if (next === undefined || first === undefined) return;
      next.inside++;
      this.#inside++;
      // Of hosts with equally many under way, the one that was not served last comes next.
      this.#waiting.delete(next);
      this.#waiting.add(next);
      this.#noteEmpty(next);
      first.admit();
    }
  }

  #wakeAfterPause(queue: Queue, now: number): void {
    queue.stopWaiting ??= this.#clock.after(queue.pausedUntil - now, () => {
      queue.stopWaiting = undefined;
      this.#admit();
    });
  }

  #noteEmpty(queue: Queue): void {
    if (queue.waiting.length > 0) return;
    this.#waiting.delete(queue);
    queue.stopWaiting?.();
    queue.stopWaiting = undefined;
  }
}

/**
 * How a request to a host ended: well, in a way that says the host has too much to do, without an answer (which says so of a
 * host that answered before), in a way that says nothing of it, or because this process has no file descriptor for a connection.
 */
export type RequestEnd = "answered" | "overloaded" | "unanswered" | "unrelated" | "no-descriptor";

/** A round is slower than the host was at its best when it takes more than `factor` times as long, and this much longer. */
const slower = { factor: 2, ms: 50 };
/** What a host did at its best is forgotten slowly: other requests may simply take longer. */
const forgetting = 1.1;

/**
 * How many requests one host is sent side by side: additive increase, multiplicative decrease, as TCP does it (RFC 5681 §3.1),
 * with latency as a second sign of congestion (as in TCP Vegas). A round is as many answers as the limit allows
 * requests. After a round in which more were waiting and the latency did not rise, the limit doubles, until the host first
 * shows that it has enough; then it grows by one a round. A sign of overload halves it, once for all requests
 * that were under way at that time. Times are milliseconds of one clock.
 */
export class Pace {
  #limit: number;
  #doubling = true;
  #latencies: number[] = [];
  #wanted = false;
  #answered = false;
  #best = Infinity;
  #lastCut = -Infinity;
  #cuts = 0;

  constructor(
    private readonly maximum: number,
    initial: number = limits.requestsPerHostAtFirst,
  ) {
    this.#limit = Math.max(1, Math.min(initial, maximum));
  }

  /** How often the limit was cut since the last answer. */
  get cuts(): number {
    return this.#cuts;
  }

  get limit(): number {
    return this.#limit;
  }

  /** `wanted`: whether others were waiting for this one's place. */
  ended(end: RequestEnd, sentAt: number, now: number, wanted: boolean): void {
    if (end === "overloaded" || (end === "unanswered" && this.#answered)) this.#cut(sentAt, now);
    if (end !== "answered") return;
    this.#answered = true;
    this.#cuts = 0;
    this.#latencies.push(now - sentAt);
    this.#wanted ||= wanted;
    if (this.#latencies.length >= this.#limit) this.#endRound();
  }

  #cut(sentAt: number, now: number): void {
    if (sentAt < this.#lastCut) return;
    this.#lastCut = now;
    this.#cuts++;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#doubling = false;
    this.#startRound();
  }

  #endRound(): void {
    // The middle one, because a token and a manifest take different times.
    const latency = this.#latencies.sort((a, b) => a - b)[this.#latencies.length >> 1] ?? 0;
    const rising = latency > slower.factor * this.#best + slower.ms;
    this.#best = Math.min(latency, this.#best * forgetting);
    if (rising) this.#doubling = false;
    else if (this.#wanted)
      this.#limit = Math.min(this.maximum, this.#doubling ? this.#limit * 2 : this.#limit + 1);
    this.#startRound();
  }

  #startRound(): void {
    this.#latencies = [];
    this.#wanted = false;
  }
}
