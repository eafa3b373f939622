/** The middle of an odd number of figures; of an even number, the mean of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return (lower + upper) / 2;
}

/** Two contenders, run in turn so that a drifting machine troubles both alike. Milliseconds. */
export interface Pair {
  readonly name: string;
  readonly base: string;
  readonly baseMs: number;
  readonly guardMs: number;
  /** What issue or README promises, of guard minus base. */
  readonly barMs: number;
  readonly runs: number;
}

export async function measurePair(
  words: Pick<Pair, "name" | "base" | "barMs" | "runs">,
  base: () => Promise<number>,
  guard: () => Promise<number>,
): Promise<Pair> {
  const figures: { base: number; guard: number }[] = [];
  await base();
  await guard();
  for (let run = 0; run < words.runs; run++) figures.push({ base: await base(), guard: await guard() });
  return {
    ...words,
    baseMs: median(figures.map((figure) => figure.base)),
    guardMs: median(figures.map((figure) => figure.guard)),
  };
}

export function asTable(pairs: readonly Pair[]): string {
  const rows = pairs.map(({ name, base, baseMs, guardMs, barMs, runs }) =>
    [
      name,
      base,
      ms(baseMs),
      ms(guardMs),
      (guardMs / baseMs).toFixed(2),
      ms(guardMs - baseMs),
      `≤ ${ms(barMs)}`,
      String(runs),
    ].join(" | "),
  );
  const head = "case | base | base, median | with the guard | ratio | difference | bar | runs";
  return [head, head.replace(/[^|]+/g, " --- ").trim(), ...rows].map((row) => `| ${row} |`).join("\n");
}

function ms(figure: number): string {
  return `${figure.toFixed(0)} ms`;
}
