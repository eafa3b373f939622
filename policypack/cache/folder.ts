import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { sweep } from "./sweep";

/** A file as it was kept. */
export interface KeptFile {
  readonly bytes: Buffer;
  /** Milliseconds since it was last used, as the clock has it; the clock may have been set since. */
  readonly ageMs: number;
}

/** Windows knows neither; there a link needs rights that let one do worse. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
const day = 24 * 60 * 60 * 1000;

/**
 * Files of one folder that only its owner can read, kept between runs and up to a size. Every process may use it at the
 * same time: a file that is written appears whole, under its final name. No method throws: a file that cannot be read is not there, and
 * one that cannot be written is not kept. Links are not followed, and nothing outside of the folder is touched.
 *
 * All calls are synchronous: for files of some kilobytes that takes far less of the processor than promises, and what
 * is written is there even if the engine ends the process right after.
 */
export class CacheFolder {
  #usable = false;
  #made = false;
  #full = false;
  /** Names files before they are whole. */
  readonly #ownName = randomBytes(12).toString("hex");
  #written = 0;
  /** Bytes written since the folder was last measured. */
  #grown = Infinity;
  /** What it may grow by before it is measured again. */
  #room = 0;

  /** @param path the folder; it and its parents are made when the first file is kept */
  constructor(
    readonly path: string,
    readonly maxBytes: number,
  ) {}

  /** A file of at most so many bytes. */
  read(name: string, maxBytes: number): KeptFile | undefined {
    if (!this.#check(false)) return undefined;
    let file: number | undefined;
    try {
      // Nobody may lead us elsewhere by a link, nor hold us up by a pipe.
      file = openSync(join(this.path, name), constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      const found = fstatSync(file);
      if (!found.isFile() || found.size > maxBytes) return undefined;
      const bytes = readFileSync(file);
      return { bytes, ageMs: Date.now() - found.mtimeMs };
    } catch {
      return undefined;
    } finally {
      if (file !== undefined) close(file);
    }
  }

  /** Bytes of a file; 0 if it is not there. */
  size(name: string): number {
    if (!this.#check(false)) return 0;
    try {
      return lstatSync(join(this.path, name), { throwIfNoEntry: false })?.size ?? 0;
    } catch {
      return 0;
    }
  }

  /** Says that a file was of use, so that it stays longer than others. Once a day is enough. */
  touch(name: string, ageMs: number): void {
    if (Math.abs(ageMs) < day) return;
    let file: number | undefined;
    try {
      file = openSync(join(this.path, name), constants.O_RDWR | O_NOFOLLOW | O_NONBLOCK);
      const now = Date.now() / 1000;
      futimesSync(file, now, now);
    } catch {
      // It stays as old as it looks.
    } finally {
      if (file !== undefined) close(file);
    }
  }

  /**
   * Keeps a file in place of whatever has its name.
   *
   * @returns false if it cannot be written
   */
  write(name: string, bytes: Uint8Array): boolean {
    if (bytes.length > this.maxBytes || this.#full || !this.#check(true)) return false;
    const temporary = join(this.path, `${this.#ownName}-${++this.#written}.tmp`);
    let file: number | undefined;
    try {
      file = openSync(
        temporary,
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | O_NOFOLLOW,
        0o600,
      );
      writeFileSync(file, bytes);
    } catch {
      // Full, read-only or over quota: the next file would fare no better.
      this.#full = true;
    } finally {
      if (file !== undefined) close(file);
    }
    if (this.#full || !moved(temporary, join(this.path, name))) {
      attempt(() => {
        unlinkSync(temporary);
      });
      return false;
    }
    this.#bound(bytes.length);
    return true;
  }

  /**
   * Adds to a file, or makes it. Other processes may do so at the same time: each adds at the end, with one write.
   *
   * @returns false if the file would exceed the bytes, or cannot be written
   */
  append(name: string, bytes: Uint8Array, maxBytes: number): boolean {
    if (this.#full || !this.#check(true)) return false;
    let file: number | undefined;
    try {
      file = openSync(
        join(this.path, name),
        constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | O_NOFOLLOW | O_NONBLOCK,
        0o600,
      );
      const found = fstatSync(file);
      if (!found.isFile() || found.size + bytes.length > maxBytes) return false;
      writeFileSync(file, bytes);
    } catch {
      return false;
    } finally {
      if (file !== undefined) close(file);
    }
    this.#bound(bytes.length);
    return true;
  }

  remove(name: string): void {
    attempt(() => {
      unlinkSync(join(this.path, name));
    });
  }

  /** Whether the folder is one of ours; makes it if need be. One of ours stays so while a run lasts. */
  #check(making: boolean): boolean {
    if (making && !this.#made) {
      this.#made = true;
      make(dirname(this.path));
      if (isRealFolder(dirname(this.path))) make(this.path);
    }
    return (this.#usable ||= isOurs(this.path));
  }

  #bound(written: number): void {
    this.#grown += written;
    if (this.#grown <= this.#room) return;
    this.#grown = 0;
    const kept = sweep(this.path, this.maxBytes);
    // Other processes write as well, so that the whole room is never counted on.
    this.#room = Math.max(0, this.maxBytes - kept) / 8;
  }
}

/** A real folder of this user's that nobody else can look into. */
function isOurs(path: string): boolean {
  try {
    // A link in place of the folder that was named, or of ours in it, leads somewhere that nobody meant.
    if (!isRealFolder(dirname(path)) || !isRealFolder(path)) return false;
    const { uid, mode } = lstatSync(path);
    if (process.getuid === undefined) return true;
    if (uid !== process.getuid()) return false;
    if ((mode & 0o077) !== 0) chmodSync(path, 0o700);
    return true;
  } catch {
    return false;
  }
}

/** Makes a folder and its parents. Node's own way (`recursive`) never ends in folders such as /proc, where nothing can be made. */
function make(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) make(dirname(path));
  attempt(() => {
    mkdirSync(path, { mode: 0o700 });
  });
}

function isRealFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

function moved(from: string, to: string): boolean {
  if (
    attempt(() => {
      renameSync(from, to);
    })
  )
    return true;
  // An empty folder in a file's place cannot hold anybody's work.
  return attempt(() => {
    rmdirSync(to);
    renameSync(from, to);
  });
}

function close(file: number): void {
  attempt(() => {
    closeSync(file);
  });
}

function attempt(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
