import type { CacheFolder } from "./folder";

/** A file that earlier runs made this long is replaced by what a run adds. */
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
 * Nothing is verified here. A record that is cut short or does not parse ends the list, and the next addition writes the file again.
 */
export class RepositoryFile {
  readonly #documents = new Map<string, Uint8Array>();
  readonly #tags = new Map<string, string>();
  /** Whether records can be added to the file. */
  #isWhole = true;
  /** Whether this run began the file. */
  #isNew = false;

  constructor(
    private readonly folder: CacheFolder,
    private readonly name: string,
  ) {
    const kept = folder.read(name, maximumBytes);
    if (kept === undefined) return;
    folder.touch(name, kept.ageMs);
    this.#isWhole = this.#parse(kept.bytes);
  }

  document(digest: string): Uint8Array | undefined {
    return this.#documents.get(digest);
  }

  tag(tag: string): string | undefined {
    return this.#tags.get(tag);
  }

  addDocument(digest: string, bytes: Uint8Array): void {
    this.#documents.set(digest, bytes);
    this.#add(documentRecord(digest, bytes));
  }

  addTag(tag: string, value: string): void {
    this.#tags.set(tag, value);
    this.#add(tagRecord(tag, value));
  }

  #add(record: Uint8Array): void {
    const most = this.#isNew ? maximumBytes : usualBytes;
    // Another process may have made the file since it was read.
    if (this.#isWhole && this.folder.append(this.name, record, most)) return;
    this.folder.write(this.name, this.#isWhole ? record : this.#records());
    this.#isWhole = this.#isNew = true;
  }

  #records(): Uint8Array {
    return Buffer.concat([
      ...[...this.#documents].map(([digest, bytes]) => documentRecord(digest, bytes)),
      ...[...this.#tags].map(([tag, value]) => tagRecord(tag, value)),
    ]);
  }

  /** @returns whether these are records up to the end */
  #parse(bytes: Buffer): boolean {
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf("\n", at);
      if (end < 0 || end - at > maximumLine) return false;
      const line = bytes.toString("latin1", at, end);
      at = end + 1;
      const [, tag, value] = /^tag (\S+) (\S+)$/.exec(line) ?? [];
      if (tag !== undefined && value !== undefined) {
        this.#tags.set(tag, value);
        continue;
      }
      const [, digest, length] = /^(\w+:\w+) (\d{1,8})$/.exec(line) ?? [];
      if (digest === undefined) return false;
      const next = at + Number(length) + 1;
      if (next > bytes.length) return false;
      this.#documents.set(digest, bytes.subarray(at, next - 1));
      at = next;
    }
    return true;
  }
}

function documentRecord(digest: string, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${digest} ${bytes.length}\n`), bytes, Buffer.from("\n")]);
}

function tagRecord(tag: string, value: string): Uint8Array {
  return Buffer.from(`tag ${tag} ${value}\n`);
}
