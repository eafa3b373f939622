import type { Clock } from "../common/concurrency";
import type { CacheFolder } from "./folder";
import { decodeRecords, encodeRecord } from "./shard-format";

/** Files of one folder that hold its documents. Few, because opening files is what costs a cache most of its time. */
export const shardCount = 32;
/** A file that earlier runs made this long is written again by the next addition: it is to be read in a millisecond. */
const usualBytes = 1024 * 1024;
/** No file is longer: one run may add much, and a document may be long. */
const maximumBytes = 16 * 1024 * 1024;
/** How often a run looks for what others added, if it misses a record; milliseconds. */
const changeCheckMs = 1_000;

/**
 * What the cache knows of some repositories, in one file (`shard-format.ts`). Several processes may add to it at the same time.
 *
 * Additions are held until `save`. It adds them to the end of the file, but only if all of the file was read and consists of records;
 * otherwise it writes the file again. A file that got too long is written again with what this run used and, up to half of the usual
 * length, with what was used last before: stacks whose images share a file keep them.
 */
export class Shard {
  /** Name → value of each record, the last used one last. */
  readonly #known = new Map<string, Uint8Array>();
  /** Names of records that this run used or added. */
  readonly #used = new Set<string>();
  /** Names of records that `save` will write. */
  readonly #held = new Set<string>();
  /** Names of records that are in the file, as far as this run knows, or that could not be written. */
  #stored = new Set<string>();
  /** Whether records can be added to the file. */
  #isWhole = true;
  /** Bytes of the file, as far as this run knows. */
  #size = 0;
  #checkedMs: number;
  readonly #usualBytes: number;
  readonly #maximumBytes: number;
  /** The file's bound in this run. */
  #mostBytes: number;

  /** @param onHeld called with the bytes of each record that is held from now on */
  constructor(
    private readonly folder: CacheFolder,
    private readonly name: string,
    private readonly onHeld: (bytes: number) => void,
    private readonly clock: Clock,
  ) {
    // Files of the usual length fill half of the folder at most.
    this.#usualBytes = Math.min(usualBytes, folder.maxBytes / (2 * shardCount));
    this.#maximumBytes = Math.min(maximumBytes, folder.maxBytes / 8);
    this.#mostBytes = this.#usualBytes;
    this.#checkedMs = clock.now();
    this.#read();
  }

  get(name: string): Uint8Array | undefined {
    // Another process, or another inspector of this one, may have added it since.
    if (!this.#known.has(name) && this.clock.now() - this.#checkedMs >= changeCheckMs) this.#readChanges();
    const value = this.#known.get(name);
    if (value !== undefined) this.#use(name, value);
    return value;
  }

  add(name: string, value: Uint8Array): void {
    const known = this.#known.get(name);
    const isKnown = known !== undefined && equal(known, value);
    if (!isKnown) this.#stored.delete(name);
    this.#use(name, isKnown ? known : value);
  }

  save(): void {
    if (this.#held.size > 0) this.#readChanges();
    if (this.#held.size === 0) return;
    const held = Buffer.concat(
      [...this.#held].flatMap((name) => encodeRecord(name, this.#known.get(name) ?? nothing)),
    );
    if (this.#isWhole && this.folder.append(this.name, held, this.#mostBytes)) this.#size += held.length;
    else this.#write();
    for (const name of this.#held) this.#stored.add(name);
    this.#held.clear();
  }

  #use(name: string, value: Uint8Array): void {
    this.#known.delete(name);
    this.#known.set(name, value);
    this.#used.add(name);
    if (this.#stored.has(name) || this.#held.has(name)) return;
    this.#held.add(name);
    this.onHeld(name.length + value.length);
  }

  /** Writes the file again. */
  #write(): void {
    const kept = new Map<string, readonly Uint8Array[]>();
    let bytes = 0;
    for (const [name, value] of [...this.#known].reverse()) {
      const record = encodeRecord(name, value);
      // Half of a bound leaves room for what comes next.
      const most = (this.#used.has(name) ? this.#maximumBytes : this.#usualBytes) / 2;
      const length = record.reduce((sum, part) => sum + part.length, 0);
      if (bytes + length > most) continue;
      bytes += length;
      kept.set(name, record);
    }
    if (!this.folder.write(this.name, Buffer.concat([...kept.values()].reverse().flat()))) return;
    this.#stored = new Set(kept.keys());
    this.#isWhole = true;
    this.#mostBytes = this.#maximumBytes;
    this.#size = bytes;
  }

  #readChanges(): void {
    this.#checkedMs = this.clock.now();
    if (this.folder.size(this.name) !== this.#size) this.#read();
  }

  #read(): void {
    const kept = this.folder.read(this.name, this.#maximumBytes);
    const { records, isWhole } = decodeRecords(kept?.bytes ?? nothing);
    if (kept !== undefined) this.folder.touch(this.name, kept.ageMs);
    for (const [name, value] of records) {
      const known = this.#known.get(name);
      if (known !== undefined && equal(known, value)) this.#held.delete(name);
      else if (!this.#held.has(name)) this.#known.set(name, value);
    }
    this.#stored = new Set(records.keys());
    this.#isWhole = isWhole;
    this.#size = kept?.bytes.length ?? 0;
  }
}

const nothing = Buffer.alloc(0);

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
