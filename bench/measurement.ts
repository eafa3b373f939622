import { readFileSync } from "node:fs";

/** The times of several ways of doing one thing, in milliseconds, a list for each. */
export type Times<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/**
 * Runs all contenders in turn, so that a slow moment of the machine meets each of them; the first round only warms the
 * caches of disk and compiler.
 *
 * @param contenders each gives what one run of it took, in milliseconds
 */
export async function alternate<Name extends string>(
  rounds: number,
  contenders: Readonly<Record<Name, (round: number) => Promise<number>>>,
): Promise<Times<Name>> {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, new Array<number>()])) as Record<
    Name,
    number[]
  >;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const took = await contenders[name](round);
      if (round > 0) times[name].push(took);
    }
  }
  return times;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * Milliseconds of CPU time that this process's children took which have ended, and theirs.
 *
 * @returns undefined where the system does not say, as only Linux does
 */
export function cpuTimeOfChildren(): number | undefined {
  if (process.platform !== "linux") return undefined;
  // proc(5): cutime and cstime are the fields 16 and 17, in ticks of a hundredth of a second. The name before may hold spaces.
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const below = sorted[Math.ceil(middle) - 1];
  const above = sorted[Math.floor(middle)];
  if (below === undefined || above === undefined) throw new RangeError("no values, no median");
  return (below + above) / 2;
}

/**
 * The least time in which a registry's answers can be had, however good the client: milliseconds.
 *
 * @param chain requests that must follow one another
 * @param requests all that are needed
 * @param connections that may be open, each carrying one request at a time
 */
export function physicalLimit(
  chain: number,
  requests: number,
  connections: number,
  latencyMs: number,
): number {
  return Math.max(chain, Math.ceil(requests / connections)) * latencyMs;
}
