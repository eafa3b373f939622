import { execFile } from "node:child_process";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { isRecord } from "../../policypack/common/values";
import { builtTarball } from "./installed-package";

const run = promisify(execFile);
const checkout = resolve(__dirname, "../..");

/**
 * Copies a pack of `examples/` and installs into it what `npm pack` makes of this checkout, as another team's machine would, but
 * offline: what the two depend on is copied from this checkout first, and npm finds it there.
 *
 * @param parent an empty folder
 * @returns the pack's folder
 */
export async function installExample(parent: string, example: string): Promise<string> {
  const folder = join(parent, example);
  cpSync(join(checkout, "examples", example), folder, { recursive: true });
  for (const name of packagesFor(folder))
    cpSync(join(checkout, name), join(folder, name), { recursive: true });
  const flags = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  await run("npm", ["install", ...flags, await builtTarball()], { cwd: folder });
  return folder;
}

/** `node_modules/…` of all that is not a tool of this checkout alone, and of the tools that the example asks for. */
function packagesFor(example: string): string[] {
  const lock = json(join(checkout, "package-lock.json"))["packages"];
  const tools = Object.keys(json(join(example, "package.json"))["devDependencies"] ?? {});
  return Object.entries(lock ?? {})
    .filter(([, entry]) => isRecord(entry) && entry["dev"] !== true && entry["devOptional"] !== true)
    .map(([name]) => name)
    .concat(tools.flatMap((tool) => [`node_modules/${tool}`, ...dependenciesOf(tool)]))
    .filter((name) => name !== "" && existsSync(join(checkout, name)));
}

function dependenciesOf(tool: string): string[] {
  const { dependencies = {} } = json(join(checkout, "node_modules", tool, "package.json"));
  return Object.keys(dependencies).map((name) => `node_modules/${name}`);
}

function json(file: string): Readonly<Record<string, object | undefined>> {
  return JSON.parse(readFileSync(file, "utf8")) as Record<string, object | undefined>;
}
