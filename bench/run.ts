import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, relative } from "node:path";
import { measureLoad } from "./load";
import { added, table } from "./measurement";
import { measurePreview } from "./preview";

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Measures what the guard costs, prints it and keeps it by date; the exit status tells whether the limits are kept. */
async function bench(): Promise<boolean> {
  say("Loading, in fresh processes …");
  const load = await measureLoad(15);
  say("Previews with the real engine …");
  const measurements = [await measurePreview(5, say), load];
  const date = new Date().toISOString().slice(0, 10);
  const machine = `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} CPUs; medians of alternating runs.`;
  const report = `# What the guard costs, ${date}\n\n${table(measurements)}\n\n${machine}\n`;
  process.stdout.write(`\n${report}`);
  const folder = join(__dirname, "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${date}.md`);
  writeFileSync(file, report);
  say(`\nWritten to ${relative(process.cwd(), file)}`);
  return measurements.every((measurement) => added(measurement) <= measurement.limit);
}

bench().then(
  // The Automation API's server for inline programs would keep the process for a while.
  (kept) => process.exit(kept ? 0 : 1),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exit(2);
  },
);
