/** Which of all the work that waits for the same thing goes first: the one with the lowest number. */
export class Rank {
  #number: number;
  readonly #servants: Rank[] = [];

  constructor(number: number) {
    this.#number = number;
  }

  get number(): number {
    return this.#number;
  }

  /** Other work needs what this work brings: from now on, this one comes no later. */
  serve(other: Rank): void {
    other.#servants.push(this);
    this.#precede(other.#number);
  }

  #precede(number: number): void {
    if (number >= this.#number) return;
    this.#number = number;
    for (const servant of this.#servants) servant.#precede(number);
  }
}

const ranks = new WeakMap<AbortSignal, Rank>();
let begun = 0;
/** More than any count of what is begun. */
const afterAll = 2 ** 40;

/** The rank of a signal's work: what is begun earlier comes first. */
export function rankOf(signal: AbortSignal): Rank {
  return ranks.get(signal) ?? rankedAs(signal, new Rank(++begun));
}

/** Begins work that nobody waits for: it comes after all that somebody waits for. */
export function signalOfPrefetch(): AbortSignal {
  const { signal } = new AbortController();
  rankedAs(signal, new Rank(afterAll + ++begun));
  return signal;
}

/** Work goes on under a signal of its own, for this caller; there may be several. */
export function inheritRank(from: AbortSignal, to: AbortSignal): void {
  (ranks.get(to) ?? rankedAs(to, new Rank(Infinity))).serve(rankOf(from));
}

function rankedAs(signal: AbortSignal, rank: Rank): Rank {
  ranks.set(signal, rank);
  return rank;
}
