/**
 * The text of a shard: a list of records. A later record replaces an earlier one of the same name.
 *
 *     <repository> sha256:<hex> <length>
 *     <bytes>
 *     <repository> tag <tag> <value>
 *
 * The repository is the 32 hex digits of a hash, so that every first line is short. Nothing is verified here.
 */
const firstLine = /^([a-f0-9]{32} (?:tag \S+|\w+:\w+)) (\S+)$/;
/** Longer than the first line of any record. */
const maximumLine = 512;
const lineBreak = 0x0a;
const documentEnd = Buffer.of(lineBreak);

export function documentName(repository: string, digest: string): string {
  return `${repository} ${digest}`;
}

export function tagName(repository: string, tag: string): string {
  return `${repository} tag ${tag}`;
}

/** @returns the record in parts; none for what would not be read as it was written, such as a tag with a line break */
export function encodeRecord(name: string, value: Uint8Array): readonly Uint8Array[] {
  const isTag = isTagName(name);
  const line = `${name} ${isTag ? Buffer.from(value).toString("latin1") : value.length}`;
  if (line.length > maximumLine || firstLine.exec(line)?.[1] !== name) return [];
  const start = Buffer.from(`${line}\n`, "latin1");
  return isTag ? [start] : [start, value, documentEnd];
}

/** The records up to the first that is cut short or does not parse, in the order of their last mention. */
export function decodeRecords(bytes: Buffer): {
  readonly records: ReadonlyMap<string, Buffer>;
  /** Whether these are records up to the end. */
  readonly isWhole: boolean;
} {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf(lineBreak, at);
    if (lineEnd < 0 || lineEnd - at > maximumLine) return { records, isWhole: false };
    const [, name, last = ""] = firstLine.exec(bytes.toString("latin1", at, lineEnd)) ?? [];
    if (name === undefined) return { records, isWhole: false };
    const isTag = isTagName(name);
    if (!isTag && !/^\d{1,8}$/.test(last)) return { records, isWhole: false };
    const from = isTag ? lineEnd - last.length : lineEnd + 1;
    const to = isTag ? lineEnd : from + Number(last);
    if (bytes[to] !== lineBreak) return { records, isWhole: false };
    records.delete(name);
    records.set(name, bytes.subarray(from, to));
    at = to + 1;
  }
  return { records, isWhole: true };
}

function isTagName(name: string): boolean {
  return name.startsWith(" tag ", 32);
}
