import { Signal } from "./signal";

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

/** The SDK looks at a signal only while a request is under way, not while credentials are fetched. */
export function orAborted<T>(work: Promise<T>, signal: Signal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(Object.assign(new Error("aborted"), { name: "AbortError" }));
    };
    const stopListening = signal.onAbort(abort);
    work.then(resolve, reject).finally(stopListening);
  });
}

/** Whether the time went by; false if the signal ended it. */
export function sleep(ms: number, signal: Signal, clock: Clock = systemClock): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => {
      stopListening();
      resolve(true);
    });
    const stopListening = signal.onAbort(() => {
      cancel();
      resolve(false);
    });
  });
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

/** Runs work within a time limit, for other work if there is one: the signal that it gets fires with that of the other. */
export async function withinLimit<T>(
  { ms, getsOn, longestMs }: TimeLimit,
  signal: Signal | undefined,
  work: (signal: Signal) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const over = Signal.serving(signal);
  const end = () => {
    over.abort();
  };
  const longest = clock.now() + longestMs;
  const check = () => {
    const left = longest - clock.now();
    if (left > 0 && getsOn()) stop = clock.after(Math.min(1_000, left), check);
    else end();
  };
  let stop = clock.after(ms, check);
  const stopListening = signal?.onAbort(end);
  try {
    return await work(over);
  } finally {
    stop();
    stopListening?.();
  }
}

/** The same, without more time for work that gets on. */
export function within<T>(
  ms: number,
  signal: Signal | undefined,
  work: (signal: Signal) => Promise<T>,
  clock?: Clock,
): Promise<T> {
  return withinLimit({ ms, longestMs: ms, getsOn: () => false }, signal, work, clock);
}
