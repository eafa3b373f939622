import { setMaxListeners } from "node:events";
import { failure, type Outcome } from "./outcome";

/** Lets so much work of one kind run at a time; the rest waits, in its order. */
export class KeyedSemaphore {
  readonly #kinds = new Map<string, { running: number; readonly waiting: (() => void)[] }>();

  constructor(private readonly most: number) {}

  async during<T>(kind: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#kinds.get(kind) ?? { running: 0, waiting: [] };
    this.#kinds.set(kind, turns);
    if (turns.running < this.most) turns.running++;
    else
      await new Promise<void>((resolve) => {
        turns.waiting.push(resolve);
      });
    try {
      return await work();
    } finally {
      // Whoever comes next takes this turn over.
      const next = turns.waiting.shift();
      if (next === undefined) turns.running--;
      else next();
    }
  }
}

/**
 * Runs `ended` when the signal fires, at once where it has. Lighter than `AbortSignal.any`, of which Node 20 keeps every one
 * with a listener until its source fires or is gone.
 *
 * @returns stops listening
 */
export function whenAborted(signal: AbortSignal, ended: () => void): () => void {
  if (signal.aborted) {
    ended();
    return () => undefined;
  }
  // Many listen for one image's end; Node would warn of that.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", ended, { once: true });
  return () => {
    signal.removeEventListener("abort", ended);
  };
}

interface Flight<T> {
  readonly outcome: Promise<Outcome<T>>;
  readonly abort: AbortController;
  waiting: number;
}

/**
 * Work that several ask for at the same time and that is done once. It goes on as long as one of them still waits, so
 * nobody's end of time takes the answer from the others.
 */
export class InFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  async run(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const flight = this.#flights.get(key) ?? this.#start(key, work, signal);
    flight.waiting++;
    let stopListening = () => {};
    const ended = new Promise<undefined>((resolve) => {
      stopListening = whenAborted(signal, () => {
        resolve(undefined);
      });
    });
    const outcome = await Promise.race([flight.outcome, ended]);
    stopListening();
    flight.waiting--;
    if (outcome !== undefined) return outcome;
    if (flight.waiting === 0) {
      // A later asker must not join work that is being given up.
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
      flight.abort.abort();
    }
    // Work that is given up still says what it met (`throttled`, say), also to those whose time ended just before.
    const late = new AbortController();
    const grace = sleep(100, late.signal).then(() =>
      failure("timeout", "the time for this image ended before the registry answered"),
    );
    const last = await Promise.race([flight.outcome, grace]);
    late.abort();
    return last;
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Outcome<T>>, first: AbortSignal): Flight<T> {
    const abort = new AbortController();
    ranks.set(abort.signal, rankOf(first));
    const outcome = work(abort.signal).finally(() => {
      if (this.#flights.get(key)?.abort === abort) this.#flights.delete(key);
    });
    const flight = { outcome, abort, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}

/** The SDK looks at a signal only while a request is under way, not while credentials are fetched. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(Object.assign(new Error("aborted"), { name: "AbortError" }));
    };
    const stopListening = whenAborted(signal, abort);
    work.then(resolve, reject).finally(stopListening);
  });
}

/** Whether the time went by; false where the signal ended it. */
export function sleep(ms: number, signal: AbortSignal, clock: Clock = systemClock): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => {
      stopListening();
      resolve(true);
    });
    const stopListening = whenAborted(signal, () => {
      cancel();
      resolve(false);
    });
  });
}

/** Time as a run sees it. Tests inject one that they move themselves. */
export interface Clock {
  /** Milliseconds since some moment in the past; they never go back. */
  now(): number;
  /** Calls `done` once, after so many milliseconds. Returns a function that cancels the call. */
  after(ms: number, done: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, done) {
    const timer = setTimeout(done, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

const ranks = new WeakMap<AbortSignal, number>();
let lastRank = 0;

/** The place of a signal's work among all: what was begun earlier has the lower rank, and goes first. */
export function rankOf(signal: AbortSignal): number {
  let rank = ranks.get(signal);
  if (rank === undefined) ranks.set(signal, (rank = ++lastRank));
  return rank;
}
