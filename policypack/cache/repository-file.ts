import type { CacheFolder } from "./folder";

/** A file that earlier runs made this long is written again by the next addition. */
const usualBytes = 256 * 1024;
/** No file is longer: one run may add much, and a document may be long. */
const maximumBytes = 16 * 1024 * 1024;
/** Longer than the first line of any record. */
const maximumLine = 512;

/**
 * What the cache knows of one repository, in one file: creating files is what costs a cache most of its time. The file is a list of records,
 * to which runs add. A later record replaces an earlier one of the same name.
 *
 *     sha256:<hex> <length>
 *     <bytes>
 *     tag <tag> <value>
 *
 * Nothing is verified here. A record that is cut short or does not parse ends the list, and the next addition writes the file again. A file that
 * got too long is written again without what the run does not use.
 */
export class RepositoryFile {
  readonly #known = new Map<string, Known>();
  /** Names of records that this run used or added. */
  readonly #used = new Set<string>();
  /** Names of records that the file lacks, since this run wrote it again. */
  readonly #leftOut = new Set<string>();
  /** Whether records can be added to the file. */
  #isWhole = true;
  #mostBytes = usualBytes;
  /** Bytes of the file, as far as this run knows. */
  #size = 0;

  constructor(
    private readonly folder: CacheFolder,
    private readonly name: string,
  ) {
    this.#read();
  }

  document(digest: string): Uint8Array | undefined {
    return this.#use(digest);
  }

  tag(tag: string): string | undefined {
    return this.#use(tagName(tag))?.toString("latin1");
  }

  addDocument(digest: string, bytes: Uint8Array): void {
    this.#add(digest, [`${digest} ${bytes.length}\n`, bytes, "\n"]);
  }

  addTag(tag: string, value: string): void {
    this.#add(tagName(tag), [`${tagName(tag)} `, Buffer.from(value, "latin1"), "\n"]);
  }

  #use(name: string): Buffer | undefined {
    // Another process, or another inspector of this one, may have added it since.
    if (!this.#known.has(name) && this.folder.size(this.name) !== this.#size) this.#read();
    const known = this.#known.get(name);
    if (known === undefined) return undefined;
    this.#used.add(name);
    if (this.#leftOut.delete(name)) this.#append(known.record);
    return known.value;
  }

  #add(name: string, [start, value, end]: readonly [string, Uint8Array, string]): void {
    if (this.#known.get(name)?.value.equals(value) === true) {
      this.#use(name);
      return;
    }
    const record = Buffer.concat([Buffer.from(start), value, Buffer.from(end)]);
    this.#known.set(name, { record, value: record.subarray(start.length, -end.length) });
    this.#used.add(name);
    this.#leftOut.delete(name);
    this.#append(record);
  }

  #append(record: Uint8Array): void {
    // Another process may have made the file since it was read.
    if (this.#isWhole && this.folder.append(this.name, record, this.#mostBytes)) {
      this.#size += record.length;
      return;
    }
    const all = [...this.#known];
    const isShort = all.reduce((sum, [, one]) => sum + one.record.length, 0) <= usualBytes;
    const stays = ([name]: readonly [string, Known]) => isShort || this.#used.has(name);
    const records = Buffer.concat(all.filter(stays).map(([, one]) => one.record));
    this.folder.write(this.name, records);
    for (const one of all) if (!stays(one)) this.#leftOut.add(one[0]);
    this.#isWhole = true;
    this.#mostBytes = maximumBytes;
    this.#size = records.length;
  }

  #read(): void {
    const kept = this.folder.read(this.name, maximumBytes);
    if (kept === undefined) return;
    this.folder.touch(this.name, kept.ageMs);
    this.#isWhole = this.#parse(kept.bytes);
    this.#size = kept.bytes.length;
  }

  /** @returns whether these are records up to the end */
  #parse(bytes: Buffer): boolean {
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf("\n", at);
      if (end < 0 || end - at > maximumLine) return false;
      const line = bytes.toString("latin1", at, end);
      const [, tag] = /^(tag \S+) \S+$/.exec(line) ?? [];
      const [, digest, length] = /^(\w+:\w+) (\d{1,8})$/.exec(line) ?? [];
      const name = tag ?? digest;
      if (name === undefined) return false;
      const [from, to] = tag === undefined ? [end + 1, end + 1 + Number(length)] : [at + tag.length + 1, end];
      if (to + 1 > bytes.length) return false;
      this.#known.set(name, { record: bytes.subarray(at, to + 1), value: bytes.subarray(from, to) });
      at = to + 1;
    }
    return true;
  }
}

/** A record, and the part of it that is not its name: the bytes of a document, or the value of a tag. */
interface Known {
  readonly record: Buffer;
  readonly value: Buffer;
}

function tagName(tag: string): string {
  return `tag ${tag}`;
}
