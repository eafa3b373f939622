import { execFileSync } from "node:child_process";
import { guard } from "../test/support/engine";
import { measurePair, type Pair } from "./statistics";

/** Fresh processes that load `@pulumi/policy` alone, and that and our policies. */
export function loadBench(): Promise<Pair> {
  const policy = JSON.stringify(require.resolve("@pulumi/policy"));
  const ours = JSON.stringify(`${guard}/bin/policies`);
  return measurePair(
    { name: "loading the pack", base: "@pulumi/policy alone", barMs: 100, runs: 15 },
    () => load(`require(${policy})`),
    () => load(`require(${policy}); require(${ours}).ecsImagePolicies()`),
  );
}

/** Milliseconds that the script takes inside a new process, without Node's own start. */
function load(script: string): Promise<number> {
  const timed = `const t = performance.now(); ${script}; process.stdout.write(String(performance.now() - t), () => process.exit(0));`;
  return Promise.resolve(Number(execFileSync(process.execPath, ["-e", timed], { encoding: "utf8" })));
}
