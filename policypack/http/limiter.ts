import { type Clock, systemClock } from "../common/concurrency";
import { backoffMs } from "./retries";
import type { Signal } from "../common/signal";

/**
 * The right to send one request, to be returned once with its end. `pauseMs`: how long the host limits requests, 0 if it does not say
 * how long.
 */
export type Permit = (end: RequestEnd, pauseMs?: number) => void;

/**
 * How a request to a host ended: with a response, with a sign of overload, without a response (a sign of overload if the host responded
 * before), for a reason that does not concern its load, or because this process has no file descriptor for a connection.
 */
export type RequestEnd = "answered" | "overloaded" | "unanswered" | "unrelated" | "no-descriptor";

interface Waiting {
  /** It may change while the request waits. */
  readonly signal: Signal;
  readonly admit: () => void;
}

interface Host {
  readonly name: string;
  readonly pace: Pace;
  readonly waiting: Waiting[];
  inside: number;
  /** When the host may be queried again. */
  pausedUntil: number;
}

/**
 * Limits concurrent requests to what each host handles, and in all. The others wait. For one host, requests of the work of the lowest
 * rank come first, and none are sent while it is rate limiting. Between hosts, the one with the fewest pending requests comes first, so
 * that a slow or busy host does not take another's share. If the process lacks file descriptors, fewer pass in all.
 */
export class Limiter {
  /** Of hosts with equally many pending requests, the first comes next: it was not served for the longest time. */
  readonly #hosts = new Map<string, Host>();
  readonly #clock: Clock;
  readonly #perHost: number;
  readonly #all: Pace;
  #inside = 0;
  #stopWaking = () => {};

  constructor(options: { readonly perHost: number; readonly inAll: number; readonly clock?: Clock }) {
    this.#clock = options.clock ?? systemClock;
    this.#perHost = options.perHost;
    this.#all = new Pace(options.inAll);
  }

  /** A permit for a request to this host; undefined if the signal came first. */
  async enter(name: string, signal: Signal): Promise<Permit | undefined> {
    if (signal.aborted) return undefined;
    const host = this.#host(name);
    return new Promise((resolve) => {
      const admit = () => {
        stopListening();
        resolve(this.#permit(host));
      };
      const one = { signal, admit };
      host.waiting.push(one);
      const stopListening = signal.onAbort(() => {
        host.waiting.splice(host.waiting.indexOf(one), 1);
        resolve(undefined);
        this.#admit();
      });
      this.#admit();
    });
  }

  /** Whether this host is rate limiting now. */
  isPaused(name: string): boolean {
    return this.#host(name).pausedUntil > this.#clock.now();
  }

  #host(name: string): Host {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      host = { name, pace: new Pace(this.#perHost), waiting: [], inside: 0, pausedUntil: -Infinity };
      this.#hosts.set(name, host);
    }
    return host;
  }

  #permit(host: Host): Permit {
    const sentAt = this.#clock.now();
    return (end, pauseMs) => {
      const now = this.#clock.now();
      const wanted = host.waiting.length > 0;
      host.inside--;
      this.#inside--;
      host.pace.ended(end, sentAt, now, wanted);
      if (end === "no-descriptor") this.#all.ended("overloaded", sentAt, now, wanted);
      if (end === "answered") this.#all.ended(end, sentAt, now, wanted);
      if (pauseMs !== undefined)
        host.pausedUntil = Math.max(host.pausedUntil, now + (pauseMs || backoffMs(host.pace.cuts)));
      this.#admit();
    };
  }

  #admit(): void {
    const now = this.#clock.now();
    while (this.#inside < this.#all.limit) {
      let next: Host | undefined;
      for (const host of this.#hosts.values())
        if (host.waiting.length > 0 && host.pausedUntil <= now)
          if (host.inside < Math.min(host.pace.limit, next?.inside ?? Infinity)) next = host;
      if (next === undefined) break;
      next.inside++;
      this.#inside++;
      this.#hosts.delete(next.name);
      this.#hosts.set(next.name, next);
      takeFirst(next.waiting)?.admit();
    }
    this.#stopWaking();
    let wakeAt = Infinity;
    for (const { waiting, pausedUntil } of this.#hosts.values())
      if (waiting.length > 0 && pausedUntil > now) wakeAt = Math.min(wakeAt, pausedUntil);
    if (wakeAt < Infinity)
      this.#stopWaking = this.#clock.after(wakeAt - now, () => {
        this.#admit();
      });
  }
}

/** Takes that of the lowest rank; of several, the one that came first. */
function takeFirst(waiting: Waiting[]): Waiting | undefined {
  let [first, lowest] = [0, Infinity];
  for (const [at, { signal }] of waiting.entries())
    if (signal.rank < lowest) [first, lowest] = [at, signal.rank];
  return waiting.splice(first, 1)[0];
}

/** A round is slower than the host was at its best when it takes more than `factor` times as long, and this much longer. */
const slower = { factor: 2, ms: 50 };
/** What a host did at its best is forgotten slowly: other requests may simply take longer. */
const forgetting = 1.1;

/**
 * How many requests one host is sent side by side: additive increase, multiplicative decrease, as TCP does it (RFC 5681 §3.1),
 * with latency as a second sign of congestion (as in TCP Vegas). It starts with the most, which registries bear. A sign of overload
 * halves the limit, once for all requests that were under way at that time. A round is as many answers as the limit allows requests: after a
 * round at whose end more were waiting and the latency did not rise, the limit grows by one. Times are milliseconds of one clock.
 */
export class Pace {
  /** How many may be under way. */
  limit: number;
  /** How often the limit was cut since the last response. */
  cuts = 0;
  /** Of this round. */
  #latencies: number[] = [];
  #answered = false;
  #best = Infinity;
  #lastCut = -Infinity;

  constructor(private readonly maximum: number) {
    this.limit = Math.max(1, maximum);
  }

  /** `wanted`: whether others were waiting for this one's place. */
  ended(end: RequestEnd, sentAt: number, now: number, wanted: boolean): void {
    if (end === "answered") {
      this.#answered = true;
      this.cuts = 0;
      this.#latencies.push(now - sentAt);
      if (this.#latencies.length >= this.limit) this.#endRound(wanted);
    } else if (end === "overloaded" || (end === "unanswered" && this.#answered)) {
      if (sentAt < this.#lastCut) return;
      this.#lastCut = now;
      this.cuts++;
      this.limit = Math.max(1, Math.floor(this.limit / 2));
      this.#latencies = [];
    }
  }

  #endRound(wanted: boolean): void {
    // The middle one, because a token and a manifest take different times.
    const latency = this.#latencies.sort((a, b) => a - b)[this.#latencies.length >> 1] ?? 0;
    this.#latencies = [];
    const hasRisen = latency > slower.factor * this.#best + slower.ms;
    if (wanted && !hasRisen) this.limit = Math.min(this.maximum, this.limit + 1);
    this.#best = Math.min(latency, this.#best * forgetting);
  }
}
