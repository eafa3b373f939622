/** Work, when it was begun, and what it gave once it is done. */
interface Inspection<T> {
  readonly work: Promise<T>;
  readonly startedMs: number;
  /** Whether somebody has asked for it; until then it was begun ahead, and counts for nothing. */
  asked: boolean;
  result?: T;
}

/** Work that is done once for each key, and how far it all is. */
export class Memo<T> {
  readonly #running = new Set<Inspection<T>>();
  readonly #byKey = new Map<string, Inspection<T>>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now = () => performance.now()) {}

  /** @param isOld whether what was found so many milliseconds ago must be looked for anew */
  once(
    key: string,
    work: () => Promise<T>,
    isOld: (result: T, ageMs: number) => boolean = () => false,
  ): Promise<T> {
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      const { result, startedMs } = known;
      known.asked = true;
      if (result === undefined || !isOld(result, this.now() - startedMs)) return known.work;
    }
    return this.#begin(key, work, true).work;
  }

  /**
   * Begins work that somebody may ask for later.
   *
   * @param isKept whether what was found is worth keeping for them; otherwise they do the work anew
   */
  async ahead(key: string, work: () => Promise<T>, isKept: (result: T) => boolean): Promise<void> {
    if (this.#byKey.has(key)) return;
    const inspection = this.#begin(key, work, false);
    const result = await inspection.work;
    if (!inspection.asked && !isKept(result) && this.#byKey.get(key) === inspection) this.forget(key);
  }

  /** Lets the next one who asks do the work anew. */
  forget(key: string): void {
    const known = this.#byKey.get(key);
    if (known !== undefined) this.#running.delete(known);
    this.#byKey.delete(key);
  }

  /** The number of keys that were asked for. */
  get size(): number {
    return countAsked(this.#byKey.values());
  }

  /** Those of them that are still worked on. */
  get remaining(): number {
    return countAsked(this.#running);
  }

  #begin(key: string, work: () => Promise<T>, asked: boolean): Inspection<T> {
    const inspection: Inspection<T> = { work: work(), startedMs: this.now(), asked };
    this.#running.add(inspection);
    this.#byKey.set(key, inspection);
    // Whoever asked for it is told of a rejection.
    inspection.work.then(
      (result) => {
        this.#running.delete(inspection);
        inspection.result = result;
      },
      () => this.#running.delete(inspection),
    );
    return inspection;
  }
}

function countAsked(inspections: Iterable<Inspection<unknown>>): number {
  let asked = 0;
  for (const inspection of inspections) if (inspection.asked) asked++;
  return asked;
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
