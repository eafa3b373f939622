import { createHash } from "node:crypto";
import type { CacheFolder } from "./folder";

/** What is older has been overtaken by others, mostly. */
const maximumAgeMs = 24 * 60 * 60 * 1000;

/**
 * What a run leaves to those of the next day, as JSON. A hint, and from a file that somebody may have changed: whoever
 * reads it must be right without it. Nothing here throws.
 */
export class DayRecord {
  readonly #file: string;

  /** @param name whose record of this kind it is */
  constructor(
    private readonly folder: CacheFolder,
    kind: string,
    name: string,
    private readonly maximumBytes: number,
  ) {
    this.#file = `${kind}-${createHash("sha256").update(name).digest("hex")}`;
  }

  leave(value: unknown): void {
    const bytes = Buffer.from(JSON.stringify(value));
    if (bytes.length <= this.maximumBytes) this.folder.write(this.#file, bytes);
  }

  remove(): void {
    this.folder.remove(this.#file);
  }

  /** Undefined where there is none of the last day, or it is no JSON. */
  read(): unknown {
    const kept = this.folder.read(this.#file, this.maximumBytes);
    if (kept === undefined || Math.abs(kept.ageMs) > maximumAgeMs) return undefined;
    try {
      return JSON.parse(kept.bytes.toString("utf8"));
    } catch {
      return undefined;
    }
  }
}
