import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { alternate, type Measurement } from "./measurement";

const checkout = resolve(__dirname, "..");
const library = resolve(checkout, "bin/index.js");

/** Loading `@pulumi/policy` and our policies beside loading `@pulumi/policy` alone, each time in a fresh process. */
export async function measureLoad(rounds: number): Promise<Measurement> {
  const times = await alternate(
    rounds,
    () => load(["@pulumi/policy"]),
    () => load(["@pulumi/policy", library]),
  );
  return { name: "loading the pack's code", ...times, limit: 100 };
}

/** Milliseconds that a fresh node takes to load the modules, its own start not counted. */
async function load(modules: readonly string[]): Promise<number> {
  const script = `const started = performance.now();
for (const name of ${JSON.stringify(modules)}) require(name);
process.stdout.write(String(performance.now() - started), () => process.exit());`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], {
    cwd: checkout,
    timeout: 30_000,
  });
  const took = Number(stdout);
  if (!(took > 0)) throw new Error(`A module printed while it was loaded: ${stdout.slice(0, 200)}`);
  return took;
}
