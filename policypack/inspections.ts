/** Work, when it was begun, and what it gave once it is done. */
interface Inspection<T> {
  readonly work: Promise<T>;
  readonly startedMs: number;
  result?: T;
}

/** Work that is done once for each key, and how far it all is. */
export class Inspections<T> {
  readonly #running = new Set<Promise<T>>();
  readonly #byKey = new Map<string, Inspection<T>>();

  /** @param isOld whether what was found so many milliseconds ago must be looked for anew */
  once(
    key: string,
    work: () => Promise<T>,
    isOld: (result: T, ageMs: number) => boolean = () => false,
  ): Promise<T> {
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      const { result, startedMs } = known;
      if (result === undefined || !isOld(result, performance.now() - startedMs)) return known.work;
    }
    const started = work().finally(() => this.#running.delete(started));
    const inspection: Inspection<T> = { work: started, startedMs: performance.now() };
    // Whoever asked for it is told of a rejection.
    started.then(
      (result) => (inspection.result = result),
      () => undefined,
    );
    this.#running.add(started);
    this.#byKey.set(key, inspection);
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
