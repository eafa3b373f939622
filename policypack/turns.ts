/** Lets so much work of one kind run at a time; the rest waits, in its order. */
export class Turns {
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
