import { lstatSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

interface Kept {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/** What a file takes of a disk, at least: a cache of small files must not grow to many times of what it counts. */
const blockBytes = 4096;
/** A file that some process writes right now is not older; a run cut short leaves one forever. */
const unfinishedMs = 60 * 60 * 1000;

/**
 * Removes what was not used for longest until the folder's files take less than four fifths of the bound, but only if they take more
 * than the bound. Another process may do so at the same time.
 *
 * @returns the bytes that they take on disk then
 */
export function sweep(folder: string, maxBytes: number): number {
  const now = Date.now();
  const files: Kept[] = [];
  for (const name of readNames(folder)) {
    const path = join(folder, name);
    try {
      const { size, mtimeMs } = lstatSync(path);
      if (name.endsWith(".tmp") && Math.abs(now - mtimeMs) > unfinishedMs) unlinkSync(path);
      // A time to come is one of a clock that was wrong.
      else files.push({ path, bytes: onDisk(size), usedMs: mtimeMs > now + unfinishedMs ? 0 : mtimeMs });
    } catch {
      // Another process removed it first, or this user may not remove it.
    }
  }
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= maxBytes) return total;
  files.sort((a, b) => a.usedMs - b.usedMs);
  for (const { path, bytes } of files) {
    if (total <= maxBytes * 0.8) break;
    try {
      unlinkSync(path);
      total -= bytes;
    } catch {
      // As above.
    }
  }
  return total;
}

function onDisk(size: number): number {
  return Math.max(1, Math.ceil(size / blockBytes)) * blockBytes;
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
