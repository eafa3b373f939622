import { inheritRank } from "./rank";

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

/** What runs when a signal fires. Each signal has one listener: those of Node are slow to add and to remove, and it warns of many. */
const endings = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Runs `ended` when the signal fires, at once if it already has. Lighter than `AbortSignal.any`, of which Node 20 keeps every one
 * with a listener until its source fires or is gone.
 *
 * @returns stops listening
 */
export function whenAborted(signal: AbortSignal, ended: () => void): () => void {
  if (signal.aborted) {
    ended();
    return () => undefined;
  }
  const all = endings.get(signal) ?? new Set();
  if (!endings.has(signal)) {
    endings.set(signal, all);
    const end = () => {
      for (const one of all) one();
    };
    signal.addEventListener("abort", end, { once: true });
  }
  all.add(ended);
  return () => {
    all.delete(ended);
  };
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

/** Whether the time went by; false if the signal ended it. */
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

/** Runs work whose signal fires with the given one, if there is one, and at the latest after so many milliseconds. */
export async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const stop = new AbortController();
  if (signal !== undefined) inheritRank(signal, stop.signal);
  const abort = () => {
    stop.abort();
  };
  const cancel = clock.after(ms, abort);
  const stopListening = signal && whenAborted(signal, abort);
  try {
    return await work(stop.signal);
  } finally {
    cancel();
    stopListening?.();
  }
}

/** Time as a run sees it. Tests inject one that they move themselves. */
export interface Clock {
  /** Milliseconds since some moment in the past; they never go back. */
  now(): number;
  /**
   * Calls `done` once, after so many milliseconds, unless the process has nothing else to wait for and the call does not keep it.
   *
   * @returns cancels the call
   */
  after(ms: number, done: () => void, options?: { readonly keepsProcess: boolean }): () => void;
}

export const systemClock: Clock = {
  // `performance` takes milliseconds to load where nothing else uses it.
  now: () => Number(process.hrtime.bigint()) / 1e6,
  after(ms, done, { keepsProcess } = { keepsProcess: true }) {
    const timer = setTimeout(done, ms);
    if (!keepsProcess) timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** How long work may take, in milliseconds. */
export interface TimeLimit {
  readonly ms: number;
  /** Called when that time is over, and once a second from then on: whether the work still makes progress. */
  readonly getsOn: () => boolean;
  /** The most that it may take if it gets on. */
  readonly longestMs: number;
}

/** Runs work within a time limit: the signal that it gets fires when its time is over. */
export async function withinLimit<T>(
  { ms, getsOn, longestMs }: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const over = new AbortController();
  const longest = clock.now() + longestMs;
  const check = () => {
    const left = longest - clock.now();
    if (left > 0 && getsOn()) stop = clock.after(Math.min(1_000, left), check);
    else over.abort();
  };
  let stop = clock.after(ms, check);
  try {
    return await work(over.signal);
  } finally {
    stop();
  }
}
