/** Lets so many pass at a time for each key; the others wait in their order. */
export class Limiter {
  readonly #inside = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(private readonly limit: number) {}

  /** The function that gives the place back; undefined where the signal came first. */
  async enter(key: string, signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    const inside = this.#inside.get(key) ?? 0;
    if (inside < this.limit) {
      this.#inside.set(key, inside + 1);
      return this.#releaseOf(key);
    }
    return new Promise((resolve) => {
      const queue = this.#waiting.get(key) ?? [];
      this.#waiting.set(key, queue);
      const admit = () => {
        signal.removeEventListener("abort", leave);
        resolve(this.#releaseOf(key));
      };
      const leave = () => {
        queue.splice(queue.indexOf(admit), 1);
        resolve(undefined);
      };
      queue.push(admit);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  #releaseOf(key: string): () => void {
    return () => {
      const next = this.#waiting.get(key)?.shift();
      // A place that is given back goes straight to the next in line.
      if (next !== undefined) next();
      else this.#inside.set(key, (this.#inside.get(key) ?? 1) - 1);
    };
  }
}
