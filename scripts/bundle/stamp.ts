import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The folders of a checkout from which nothing gets into the package. */
const apart = [
  ".cache",
  ".git",
  "bench",
  "coverage",
  "demo",
  "dist",
  "examples",
  "node_modules",
  "support",
  "test",
];
/** What npm installed, as npm noted it. */
const installed = "node_modules/.package-lock.json";
/** In the built package; not published. */
const stampFile = "build-stamp.json";

/** What a build was made from and what it made, a digest each. */
export interface Stamp {
  readonly inputs: string;
  readonly outputs: string;
}

/** The digest of everything that a build of this checkout depends on: sources, packages and Node. */
export function inputsOf(checkout: string): string {
  return digestOf(checkout, apart, [installed], [process.version]);
}

/** Notes in the built package what it was made from, so that the next build can be skipped if nothing has changed. */
export function writeStamp(inputs: string, built: string): void {
  const stamp: Stamp = { inputs, outputs: outputsOf(built) };
  writeFileSync(join(built, stampFile), JSON.stringify(stamp));
}

/** Whether a package was built from these inputs, and holds what that build made: no file less, none more, none changed. */
export function isUpToDate(inputs: string, built: string): boolean {
  try {
    const stamp = JSON.parse(readFileSync(join(built, stampFile), "utf8")) as Partial<Stamp>;
    return stamp.inputs === inputs && stamp.outputs === outputsOf(built);
  } catch {
    return false;
  }
}

function outputsOf(built: string): string {
  return digestOf(built, [stampFile]);
}

/**
 * The digest of a folder's files and their names.
 *
 * @param except names at its top that are left out
 * @param more files that count nevertheless, if they exist
 */
function digestOf(
  folder: string,
  except: readonly string[],
  more: readonly string[] = [],
  words: readonly string[] = [],
): string {
  const hash = createHash("sha256").update(JSON.stringify(words));
  const add = (file: string) => {
    const content = readFileSync(join(folder, file));
    hash.update(JSON.stringify([file, content.length])).update(content);
  };
  const addAll = (path: string) => {
    const entries = readdirSync(join(folder, path), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = join(path, entry.name);
      if (except.includes(inner)) continue;
      if (entry.isDirectory()) addAll(inner);
      else if (entry.isFile()) add(inner);
    }
  };
  addAll("");
  for (const file of more)
    try {
      add(file);
    } catch {
      hash.update(JSON.stringify([file, "missing"]));
    }
  return hash.digest("hex");
}
