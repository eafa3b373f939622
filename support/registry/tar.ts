/** A file for an archive. */
export interface TarFile {
  /** At most 100 bytes. */
  readonly name: string;
  readonly body: string | Uint8Array;
}

/** A POSIX ustar archive, the same bytes for the same files. */
export function tar(files: readonly TarFile[]): Buffer {
  const blocks = files.flatMap(({ name, body }) => {
    const bytes = Buffer.from(body);
    return [header(name, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  for (const [value, offset, digits] of [
    [0o644, 100, 7],
    [0, 108, 7],
    [0, 116, 7],
    [size, 124, 11],
    [0, 136, 11],
  ] as const)
    block.write(value.toString(8).padStart(digits, "0"), offset);
  block.write(" ".repeat(8), 148);
  block.write("0", 156);
  block.write("ustar\u000000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** The regular files of a ustar archive by their names. Throws on an entry of any other kind: what reads it would miss it. */
export function untar(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; archive[at] !== 0 && at + 512 <= archive.length;) {
    const text = (from: number, length: number) =>
      archive
        .toString("utf8", at + from, at + from + length)
        .split("\0", 1)
        .join("");
    const [name, prefix, kind] = [text(0, 100), text(345, 155), text(156, 1)];
    if (kind !== "0") throw new Error(`an entry of kind ${kind}: ${name}`);
    const size = Number.parseInt(text(124, 12), 8);
    files.set(prefix === "" ? name : `${prefix}/${name}`, archive.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
