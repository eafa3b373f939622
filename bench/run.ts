import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { loadBench } from "./load";
import { previewBench } from "./preview";
import { asTable } from "./statistics";

/** `npm run bench`: prints the table and keeps it in `bench/results/`. */
async function run(): Promise<void> {
  const table = asTable([await loadBench(), await previewBench()]);
  const date = new Date().toISOString().slice(0, 10);
  const machine = `Node ${process.version}, ${cpus().length} cores; contenders in turn, medians.`;
  const text = `# ${date}\n\n${machine}\n\n${table}\n`;
  process.stdout.write(text);
  const folder = join(__dirname, "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${date}.md`), text);
}

run().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
