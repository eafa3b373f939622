/** Work that is done once for each key, and how far it all is. */
export class Inspections<T> {
  readonly #running = new Set<Promise<T>>();
  readonly #byKey = new Map<string, { readonly work: Promise<T>; readonly startedMs: number }>();

  /** @param maxAgeMs work that was begun longer ago, and is done, is done anew */
  once(key: string, work: () => Promise<T>, maxAgeMs = Infinity): Promise<T> {
    const known = this.#byKey.get(key);
    if (
      known !== undefined &&
      (performance.now() - known.startedMs <= maxAgeMs || this.#running.has(known.work))
    )
      return known.work;
    const started = work().finally(() => this.#running.delete(started));
    this.#running.add(started);
    this.#byKey.set(key, { work: started, startedMs: performance.now() });
    return started;
  }

  /** Lets the next one who asks do the work anew. */
  forget(key: string): void {
    const known = this.#byKey.get(key);
    if (known !== undefined) this.#running.delete(known.work);
    this.#byKey.delete(key);
  }

  /** The number of keys. */
  get size(): number {
    return this.#byKey.size;
  }

  /** Those of them that are still worked on. */
  get remaining(): number {
    return this.#running.size;
  }
}

/** How far an inspector's look-ups are, and what they cost. */
export interface Statistics {
  /** Image names for a platform, each counted once. */
  readonly images: number;
  /** Those of them that wait for their answer. */
  readonly remaining: number;
  /** To registries and token services, and calls of AWS. */
  readonly requests: number;
  /** Manifests, indexes and configs that were in the cache. */
  readonly cacheHits: number;
}

/** Of several inspectors together. */
export function total(parts: readonly Statistics[]): Statistics {
  const sum = (of: (part: Statistics) => number) => parts.reduce((all, part) => all + of(part), 0);
  return {
    images: sum(({ images }) => images),
    remaining: sum(({ remaining }) => remaining),
    requests: sum(({ requests }) => requests),
    cacheHits: sum(({ cacheHits }) => cacheHits),
  };
}
