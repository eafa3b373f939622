import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFolder } from "../../scripts/bundle/places";
import { finished } from "./command";

/** The built package as it lies in a project that installed its tarball. */
export interface InstalledPackage {
  /** A file: what `npm pack` made. */
  readonly tarball: string;
  /** The pack, for `--policy-pack`. */
  readonly folder: string;
  /** The script of `ecs-image-guard`, for Node. */
  readonly command: string;
}

/** Variables for `npm`: a registry that nobody serves, and a cache of its own, which is empty at first. */
export function offlineNpm(cache: string): Record<string, string> {
  return {
    npm_config_registry: "http://127.0.0.1:9/",
    npm_config_cache: cache,
    npm_config_fetch_retries: "0",
  };
}

/**
 * Packs the built package (`npm run build` comes first).
 *
 * @param folder where the tarball is put
 * @param built the package; default: this checkout's
 * @returns its file
 */
export async function packTarball(folder: string, built = packageFolder): Promise<string> {
  const printed = await npm(["pack", "--silent", "--pack-destination", folder], {
    cwd: built,
    env: offlineNpm(join(folder, "npm-cache")),
  });
  return join(folder, printed.trim());
}

let tarball: Promise<string> | undefined;

/** The tarball of this checkout's build, packed once for this process and removed at its end. */
export function builtTarball(): Promise<string> {
  return (tarball ??= packTarball(temporaryFolder()));
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-tarball-"));
  process.on("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/**
 * Installs a tarball of the package into a new project, as on a fresh machine that reaches no registry.
 *
 * @param parent a folder that has no `project` yet
 * @param environment of `npm`, besides this process's own
 */
export async function installTarball(
  tarball: string,
  parent: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<InstalledPackage> {
  const project = join(parent, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true }));
  await npm(["install", tarball], {
    cwd: project,
    env: { ...offlineNpm(join(parent, "npm-cache")), ...environment },
  });
  const folder = join(project, "node_modules/pulumi-ecs-image-guard");
  return { tarball, folder, command: join(folder, "bin/cli.js") };
}

async function npm(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, timeout: 100_000 };
  const { passed, output } = await finished(execFile("npm", args, options));
  if (!passed) throw new Error(`npm ${args.join(" ")} failed:\n${output}`);
  return output;
}
