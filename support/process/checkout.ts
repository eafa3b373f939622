import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";

const checkout = resolve(__dirname, "../..");
const unversioned = new Set([".git", "node_modules", "dist", "coverage", ".cache"]);

/** A clean checkout in a new folder: what the version control holds, with this checkout's libraries, and nothing built. */
export function copyCheckout(folder: string): void {
  cpSync(checkout, folder, {
    recursive: true,
    filter: (source) => {
      const [top = ""] = relative(checkout, source).split(sep);
      return !unversioned.has(top) && !top.endsWith(".tgz");
    },
  });
  symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
}

export function setVersion(folder: string, version: string): void {
  const file = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8")) as object;
  writeFileSync(file, `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
}
