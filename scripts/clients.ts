import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./engine";

/** A program that npm's registry has, with its version. */
export interface NpmProgram {
  /** For people, and of its folder in the cache. */
  readonly name: string;
  readonly package: string;
  readonly version: string;
  /** What is run, in `node_modules`. */
  readonly file: string;
}

/** The package managers, besides npm, with which the package must install: each a script for Node. */
export const packageManagers: readonly NpmProgram[] = [
  { name: "pnpm", package: "pnpm", version: "10.34.8", file: "pnpm/bin/pnpm.cjs" },
  { name: "yarn 1", package: "yarn", version: "1.22.22", file: "yarn/bin/yarn.js" },
  { name: "yarn 4", package: "@yarnpkg/cli-dist", version: "4.18.1", file: "@yarnpkg/cli-dist/bin/yarn.js" },
];

/** The versions of Node on which the package must run; each is a program of its own. */
export const nodes: readonly NpmProgram[] = ["20.20.2", "22.23.3", "24.21.0"].map((version) => ({
  name: `Node ${version.split(".", 1)[0] ?? ""}`,
  package: "node",
  version,
  file: "node/bin/node",
}));

/** What an earlier run left in the cache folder (ECS_IMAGE_GUARD_CACHE, by default the user's). */
export function installedProgram(program: NpmProgram): string | undefined {
  const file = join(folderOf(program), "node_modules", program.file);
  return existsSync(file) ? file : undefined;
}

/** Installs a program into the cache folder with npm, if it is not there. */
async function install(program: NpmProgram): Promise<string> {
  const folder = folderOf(program);
  mkdirSync(dirname(folder), { recursive: true });
  // Moved into place when it is whole, so that an installation cut short leaves no broken program.
  const unfinished = mkdtempSync(`${folder}-`);
  try {
    const options = ["--prefix", unfinished, "--no-audit", "--no-fund", "--loglevel=error"];
    await promisify(execFile)("npm", ["install", ...options, `${program.package}@${program.version}`]);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  const file = installedProgram(program);
  if (file === undefined) throw new Error(`${program.name} has no ${program.file}.`);
  return file;
}

function folderOf({ name, version }: NpmProgram): string {
  return join(cacheFolder(), "clients", `${name.replace(" ", "-").toLowerCase()}-${version}`);
}

async function main(): Promise<void> {
  for (const program of [...packageManagers, ...nodes]) {
    const file = installedProgram(program) ?? (await install(program));
    process.stdout.write(`${program.name} ${program.version} ${file}\n`);
  }
}

if (require.main === module)
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
