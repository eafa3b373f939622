import { type Clock, sleep, systemClock } from "./concurrency";
import { failure, type Outcome } from "./outcome";
import { Signal } from "./signal";

interface Entry<R> {
  readonly outcome: Promise<R>;
  readonly signal: Signal;
  /** How many callers wait for the outcome. */
  waiting: number;
  /** Undefined while the work runs. */
  result?: R;
}

/** Whether an outcome that is there still answers a caller. */
export type IsFresh<R> = (outcome: R) => boolean;

/** Aborted work still returns its failure (such as `throttled`); milliseconds that a caller waits for that. */
const graceMs = 100;

/**
 * Runs work once for each key, however many callers need its outcome at the same time; later callers share it too, as long as they find
 * it fresh. Work goes on while one caller still waits, so nobody's time limit takes the outcome from the others. The work takes
 * the best rank of its callers.
 */
export class Memo<R extends Outcome<unknown>> {
  readonly #entries = new Map<string, Entry<R>>();

  constructor(private readonly clock: Clock = systemClock) {}

  /**
   * @param signal when it fires, this caller gets a `timeout`; the work is aborted when its last caller has left
   * @param isFresh if the caller who begins the work gives none, its outcome is not kept
   * @throws what the work throws, to all who wait for it; the next caller starts it again
   */
  async run(
    key: string,
    signal: Signal | undefined,
    work: (signal: Signal) => Promise<R>,
    isFresh?: IsFresh<R>,
  ): Promise<R | Outcome<never>> {
    const known = this.#entries.get(key);
    const serves = known !== undefined && (known.result === undefined || isFresh?.(known.result) === true);
    const entry = serves ? known : this.#begin(key, signal, work, isFresh !== undefined);
    if (entry.result !== undefined) return entry.result;
    entry.waiting++;
    if (signal === undefined) return entry.outcome;
    if (serves) entry.signal.serve(signal);
    return new Promise((resolve, reject) => {
      const stopListening = signal.onAbort(() => {
        resolve(this.#leave(key, entry));
      });
      entry.outcome.then(resolve, reject).finally(stopListening);
    });
  }

  /** Whether work for this key is under way. */
  isRunning(key: string): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.result === undefined;
  }

  /** The next caller starts the work again, if `which` says so of its outcome or if it still runs. Those who wait now still get its outcome. */
  forget(key: string, which: (outcome: R) => boolean = () => true): void {
    const result = this.#entries.get(key)?.result;
    if (result === undefined || which(result)) this.#entries.delete(key);
  }

  #begin(
    key: string,
    signal: Signal | undefined,
    work: (signal: Signal) => Promise<R>,
    keep: boolean,
  ): Entry<R> {
    const shared = Signal.serving(signal);
    const entry: Entry<R> = { outcome: work(shared), signal: shared, waiting: 0 };
    this.#entries.set(key, entry);
    entry.outcome.then(
      (result) => {
        entry.result = result;
        if (!keep) this.#drop(key, entry);
      },
      () => {
        this.#drop(key, entry);
      },
    );
    return entry;
  }

  /** A caller's signal fired. */
  async #leave(key: string, entry: Entry<R>): Promise<R | Outcome<never>> {
    if (--entry.waiting === 0) {
      // A later caller must not join work that is being given up.
      this.#drop(key, entry);
      entry.signal.abort();
    }
    const late = new Signal();
    const grace = sleep(graceMs, late, this.clock).then(() =>
      failure("timeout", "the time for this image ended before the registry answered"),
    );
    const last = await Promise.race([entry.outcome, grace]);
    late.abort();
    return last;
  }

  #drop(key: string, entry: Entry<R>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}
