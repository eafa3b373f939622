import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./engine";

/** A program whose source Go's module proxy has. */
export interface GoProgram {
  /** The last part of the package's path, which `go install` calls the program. */
  readonly name: string;
  readonly package: string;
  readonly version: string;
}

/** What an earlier run left in the cache folder (ECS_IMAGE_GUARD_CACHE, by default the user's). */
export function builtProgram(program: GoProgram): string | undefined {
  const file = fileOf(program);
  return existsSync(file) ? file : undefined;
}

/**
 * Builds a program into the cache folder, if it is not there: some minutes, once.
 *
 * @param say prints the progress, a line at a time
 * @returns its file; undefined without Go, or if the build fails
 */
export async function buildProgram(
  program: GoProgram,
  say: (line: string) => void,
): Promise<string | undefined> {
  const { name, version } = program;
  const built = builtProgram(program);
  if (built !== undefined) return built;
  const go = await promisify(execFile)("go", ["version"]).catch(() => undefined);
  if (go === undefined) return undefined;
  say(`Building ${name} ${version} with Go, once …`);
  const file = fileOf(program);
  const folder = join(file, "..");
  mkdirSync(folder, { recursive: true });
  // Moved into place when it is whole, so that a build cut short or run twice at once leaves no broken file.
  const unfinished = mkdtempSync(join(folder, "build-"));
  try {
    await promisify(execFile)("go", ["install", `${program.package}@${version}`], {
      env: { ...process.env, GOBIN: unfinished },
      maxBuffer: 16 * 1024 * 1024,
    });
    renameSync(join(unfinished, name), file);
  } catch (error) {
    say(`${name} could not be built: ${error instanceof Error ? error.message.slice(-1000) : String(error)}`);
    return undefined;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return builtProgram(program);
}

function fileOf({ name, version }: GoProgram): string {
  return join(cacheFolder(), `${name}-${version}`, name);
}
