import { execFile } from "node:child_process";
import { delimiter, dirname, isAbsolute } from "node:path";
import { promisify } from "node:util";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { type Finished, finished } from "../process/command";

/** A Python that has Pulumi's SDK (PyPI `pulumi`): the one that ECS_IMAGE_GUARD_PYTHON names, else `python3`. */
export async function pythonFor(suite: Mocha.Context): Promise<string> {
  const python = process.env["ECS_IMAGE_GUARD_PYTHON"] || "python3";
  try {
    await promisify(execFile)(python, ["-c", "import pulumi.automation"]);
    return python;
  } catch {
    const reason =
      "no Python with Pulumi's SDK: pip install pulumi, and name that Python in ECS_IMAGE_GUARD_PYTHON";
    if (process.env["CI"] !== undefined) throw new Error(reason);
    console.log(`      skipped: ${reason}`);
    return suite.skip();
  }
}

/** What a Python script prints that finds the given CLI on its PATH, and whether its exit status was 0. */
export function runPython(
  python: string,
  args: readonly string[],
  engine: PulumiCommand,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Finished> {
  const { command } = engine;
  const path = [...(isAbsolute(command) ? [dirname(command)] : []), env["PATH"] ?? ""].join(delimiter);
  const options = { cwd, env: { ...process.env, ...env, PATH: path }, timeout: 100_000 };
  return finished(execFile(python, args, options));
}
