import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Bench, Case, CaseReport } from "../case";
import { addedTime } from "../figure";
import { alternate } from "../measurement";

const checkout = resolve(__dirname, "../..");
const rounds = 15;

/** Loading `@pulumi/policy` and our policies beside loading `@pulumi/policy` alone, each time in a fresh process. */
export const load: Case = { name: "load", title: "Loading the pack", measure };

async function measure(bench: Bench): Promise<CaseReport> {
  const library = join((await bench.installed()).folder, "bin/index.js");
  const times = await alternate(rounds, {
    alone: () => loading(["@pulumi/policy"]),
    ours: () => loading(["@pulumi/policy", library]),
  });
  const alone = { name: "`@pulumi/policy` alone", times: times.alone };
  return {
    figures: [addedTime("loading our policies as well", times.ours, alone, 40)],
    remarks: [
      `Medians of ${rounds} alternating runs, each in a fresh process whose own start does not count.`,
    ],
  };
}

/** Milliseconds that a fresh node takes to load the modules. */
async function loading(modules: readonly string[]): Promise<number> {
  const script = `const started = performance.now();
for (const name of ${JSON.stringify(modules)}) require(name);
process.stdout.write(String(performance.now() - started), () => process.exit());`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], {
    cwd: checkout,
    // The library takes `@pulumi/policy` from the project that uses it.
    env: { ...process.env, NODE_PATH: join(checkout, "node_modules") },
    timeout: 30_000,
  });
  const took = Number(stdout);
  if (!(took > 0)) throw new Error(`A module printed while it was loaded: ${stdout.slice(0, 200)}`);
  return took;
}
