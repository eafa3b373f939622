import type { ScopeSupport } from "../cache/records";
import { type Clock, sleep, systemClock } from "../common/concurrency";
import { limits } from "../common/limits";
import type { Patience } from "../http/retries";
import { Signal } from "../common/signal";

/** What is known of one token service, and who waits to know it. */
export class TokenService {
  #support: ScopeSupport | undefined;
  #proven: ScopeSupport | undefined;
  #trials = 0;
  readonly #waiting = new Set<() => void>();

  /**
   * @param hint what an earlier run learnt
   * @param keep is called with what the registry's responses prove
   */
  constructor(
    hint: ScopeSupport | undefined,
    private readonly keep: (proven: ScopeSupport) => void = () => undefined,
    private readonly clock: Clock = systemClock,
  ) {
    this.#support = hint;
  }

  get support(): ScopeSupport | undefined {
    return this.#support;
  }

  /** With a request for several scopes: a service may refuse them by any status, 429 too, and each repository can have a token of its own. */
  get patience(): Patience {
    return this.#proven === "several" ? "while others pass" : "four attempts";
  }

  /**
   * Whether a shared token may be tried for a repository whose scope was not the first. Waits while others try: until the registry
   * accepted their token, or a token of their own after refusing the shared one.
   */
  async mayTry(signal: Signal): Promise<boolean> {
    const until = this.clock.now() + limits.tokenTrialMs;
    while (this.#support === undefined && !signal.aborted) {
      const leftMs = until - this.clock.now();
      if (this.#trials < limits.tokenTrials || leftMs <= 0) {
        this.#trials++;
        return true;
      }
      await this.#change(leftMs, signal);
    }
    return this.#support === "several";
  }

  /** A trial told nothing: another repository may try. */
  endTrial(): void {
    if (this.#support !== undefined) return;
    this.#trials--;
    this.#wake();
  }

  /** For this run only: the service's own answer suggests it. */
  assume(support: ScopeSupport): void {
    this.#support = support;
    this.#wake();
  }

  /** The registry's answer proves it. */
  prove(support: ScopeSupport): void {
    const isNews = this.#proven !== support;
    this.#proven = support;
    this.assume(support);
    if (isNews) this.keep(support);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  async #change(ms: number, signal: Signal): Promise<void> {
    const stop = new Signal();
    const wake = () => {
      stop.abort();
    };
    this.#waiting.add(wake);
    const stopListening = signal.onAbort(wake);
    await sleep(ms, stop, this.clock);
    stopListening();
    this.#waiting.delete(wake);
  }
}
