import { whenAborted } from "./abort";
import { Pace, type RequestEnd } from "./pace";

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
