import { readFileSync, writeFileSync } from "node:fs";
import type { Metafile } from "esbuild";
import { metafilePath } from "./places";

export function writeMetafile(metafile: Metafile): void {
  writeFileSync(metafilePath, JSON.stringify(metafile));
}

/** Of the bundle that `npm run build` made: each of its files, relative to the checkout, with the sources in it. */
export function readMetafile(): Metafile {
  return JSON.parse(readFileSync(metafilePath, "utf8")) as Metafile;
}

/** The name of the package that a source belongs to; undefined for our own. */
export function packageOf(input: string): string | undefined {
  return /.*(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

/** The folder of a source's package. */
export function packageFolderOf(input: string): string | undefined {
  return /.*(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
}
