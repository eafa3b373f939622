import { whenAborted } from "../common/concurrency";

/** The right to send one request; to be given back once, with how it ended. */
export type Place = (end: RequestEnd) => void;

export interface LimiterOptions {
  readonly perHost: number;
  readonly inAll: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

interface Queue {
  readonly pace: Pace;
  readonly waiting: (() => void)[];
  inside: number;
}

/**
 * Lets as many requests pass as each host bears, and so many in all. The others wait, for one host in their order; between
 * hosts the one with the fewest under way comes first, so that a slow or busy host takes no other's share.
 */
export class Limiter {
  readonly #queues = new Map<string, Queue>();
  /** Those in which somebody waits. */
  readonly #waiting = new Set<Queue>();
  readonly #now: () => number;
  #inside = 0;

  constructor(private readonly options: LimiterOptions) {
    this.#now = options.now ?? (() => performance.now());
  }

  /** A place among the requests to this host; undefined where the signal came first. */
  async enter(host: string, signal: AbortSignal): Promise<Place | undefined> {
    if (signal.aborted) return undefined;
    const queue = this.#queue(host);
    return new Promise((resolve) => {
      const admit = () => {
        stopListening();
        resolve(this.#placeIn(queue));
      };
      const leave = () => {
        queue.waiting.splice(queue.waiting.indexOf(admit), 1);
        if (queue.waiting.length === 0) this.#waiting.delete(queue);
        resolve(undefined);
      };
      queue.waiting.push(admit);
      this.#waiting.add(queue);
      const stopListening = whenAborted(signal, leave);
      this.#admit();
    });
  }

  #queue(host: string): Queue {
    let queue = this.#queues.get(host);
    if (queue === undefined) {
      queue = { pace: new Pace(this.options.perHost), waiting: [], inside: 0 };
      this.#queues.set(host, queue);
    }
    return queue;
  }

  #placeIn(queue: Queue): Place {
    const sentAt = this.#now();
    return (end) => {
      queue.inside--;
      this.#inside--;
      queue.pace.ended(end, sentAt, this.#now(), queue.waiting.length > 0);
      this.#admit();
    };
  }

  #admit(): void {
    while (this.#inside < this.options.inAll) {
      let next: Queue | undefined;
      for (const queue of this.#waiting)
        if (queue.inside < queue.pace.limit && queue.inside < (next?.inside ?? Infinity)) next = queue;
      const admit = next?.waiting.shift();
      if (next === undefined || admit === undefined) return;
      next.inside++;
      this.#inside++;
      // Of hosts with equally many under way, the one that was not served last comes next.
      this.#waiting.delete(next);
      if (next.waiting.length > 0) this.#waiting.add(next);
      admit();
    }
  }
}

/**
 * How a request to a host ended: well, in a way that says the host has too much to do, without an answer (which says so of a
 * host that answered before), or in a way that says nothing of it.
 */
export type RequestEnd = "answered" | "overloaded" | "unanswered" | "unrelated";

/** Requests side by side before anything is known of a host. */
const initialLimit = 48;
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

  constructor(private readonly maximum: number) {
    this.#limit = Math.max(1, Math.min(initialLimit, maximum));
  }

  get limit(): number {
    return this.#limit;
  }

  /** `wanted`: whether others were waiting for this one's place. */
  ended(end: RequestEnd, sentAt: number, now: number, wanted: boolean): void {
    if (end === "overloaded" || (end === "unanswered" && this.#answered)) this.#cut(sentAt, now);
    if (end !== "answered") return;
    this.#answered = true;
    this.#latencies.push(now - sentAt);
    this.#wanted ||= wanted;
    if (this.#latencies.length >= this.#limit) this.#endRound();
  }

  #cut(sentAt: number, now: number): void {
    if (sentAt < this.#lastCut) return;
    this.#lastCut = now;
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
