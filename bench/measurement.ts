/** Two ways of doing one thing, measured in turn so that a slow moment of the machine meets both. Times in milliseconds. */
export interface Measurement {
  readonly name: string;
  /** Without the guard. */
  readonly base: readonly number[];
  /** With the guard. */
  readonly guarded: readonly number[];
  /** What the guard may add to the median. */
  readonly limit: number;
}

/** Runs both in turn; the first round only warms the caches of disk and compiler. */
export async function alternate(
  rounds: number,
  base: (round: number) => Promise<number>,
  guarded: (round: number) => Promise<number>,
): Promise<Pick<Measurement, "base" | "guarded">> {
  const times = { base: new Array<number>(), guarded: new Array<number>() };
  for (let round = 0; round <= rounds; round++) {
    const pair = { base: await base(round), guarded: await guarded(round) };
    if (round === 0) continue;
    times.base.push(pair.base);
    times.guarded.push(pair.guarded);
  }
  return times;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const below = sorted[Math.ceil(middle) - 1];
  const above = sorted[Math.floor(middle)];
  if (below === undefined || above === undefined) throw new RangeError("no values, no median");
  return (below + above) / 2;
}

/** What the guard adds to the median. */
export function added({ base, guarded }: Measurement): number {
  return median(guarded) - median(base);
}

/** The measurements as a table in Markdown. */
export function table(measurements: readonly Measurement[]): string {
  const head = [
    "",
    "without the guard",
    "with it",
    "added",
    "ratio",
    "limit",
    "rounds",
    "range of those with it",
  ];
  const rows = measurements.map((measurement) => {
    const { name, base, guarded, limit } = measurement;
    const ratio = median(guarded) / median(base);
    const kept = added(measurement) <= limit ? "kept" : "EXCEEDED";
    return [
      name,
      ms(median(base)),
      ms(median(guarded)),
      ms(added(measurement)),
      ratio.toFixed(2),
      `${ms(limit)}, ${kept}`,
      String(guarded.length),
      `${ms(Math.min(...guarded))} – ${ms(Math.max(...guarded))}`,
    ];
  });
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((c, i) => c.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}
