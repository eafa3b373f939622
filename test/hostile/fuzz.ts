import fc from "fast-check";
import { subjects } from "./subjects";

/** Of each subject that costs little; with those that cost more, over 100,000 in all. */
const runs = 10_000;

/** Runs every subject many times by a random seed, or the one that is given; gives the exit status. */
async function fuzz(written: string | undefined): Promise<number> {
  const seed = written === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(written);
  if (!Number.isInteger(seed)) throw new Error("usage: npm run fuzz -- [SEED]");
  say(`seed ${seed}`);
  let total = 0;
  let failures = 0;
  for (const { name, property, share = 1, close } of subjects()) {
    const started = performance.now();
    const details = await fc.check<[unknown]>(property, { seed, numRuns: Math.ceil(runs * share) });
    await close?.();
    total += details.numRuns;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    say(`${String(details.numRuns).padStart(6)} cases  ${seconds.padStart(5)} s  ${name}`);
    if (!details.failed) continue;
    failures++;
    say(`${fc.defaultReportMessage(details) ?? "failed"}\n`);
  }
  say(`${total} cases, ${failures} subjects failed; again with: npm run fuzz -- ${seed}`);
  return failures === 0 ? 0 : 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

fuzz(process.argv[2]).then(
  (status) => process.exit(status),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
