let begun = 0;
/** More than any count of what is begun. */
const afterAll = 2 ** 40;

/**
 * Tells work to end, as an AbortSignal does, and which of all the work that waits for the same thing goes first: that of the lowest rank.
 * The work for one image passes eight signals, and Node's take ten times as long to make and to listen to.
 */
export class Signal {
  #rank: number;
  #aborted = false;
  readonly #listeners = new Set<() => void>();
  /** Those of work that is done for this one's. */
  readonly #servants: Signal[] = [];

  /** Of work that somebody waits for: what is begun earlier comes first. */
  constructor(rank: number = ++begun) {
    this.#rank = rank;
  }

  /** Of work that nobody waits for: it comes after all that somebody waits for. */
  static ofPrefetch(): Signal {
    return new Signal(afterAll + ++begun);
  }

  /** Of work that is done for other work, if there is one: it comes no later. */
  static serving(other: Signal | undefined): Signal {
    const signal = new Signal(other?.rank);
    if (other !== undefined) other.#servants.push(signal);
    return signal;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get rank(): number {
    return this.#rank;
  }

  /** Other work needs what this work brings, too. */
  serve(other: Signal): void {
    other.#servants.push(this);
    this.#precede(other.#rank);
  }

  /**
   * Calls back when the signal fires, at once if it already has.
   *
   * @returns stops listening
   */
  onAbort(listener: () => void): () => void {
    if (this.#aborted) listener();
    else this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    for (const listener of this.#listeners) listener();
  }

  /** For libraries, which may leave their listeners on it. */
  toAbortSignal(): AbortSignal {
    const controller = new AbortController();
    this.onAbort(() => {
      controller.abort();
    });
    return controller.signal;
  }

  #precede(rank: number): void {
    if (rank >= this.#rank) return;
    this.#rank = rank;
    for (const servant of this.#servants) servant.#precede(rank);
  }
}
