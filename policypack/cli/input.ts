import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { printable } from "../common/text";
import { jsonFault } from "../workloads/places";

/** The command cannot use what it was given; the message says what and why, in one line. */
export class InputError extends Error {
  override readonly name: string = "InputError";
}

/** Reads a file, or standard input for `-`. Byte order marks are left out; PowerShell's `>` writes UTF-16. @throws InputError */
export async function readInput(file: string, stdin: Readable): Promise<string> {
  const bytes = file === "-" ? await buffer(stdin) : await readNamed(file);
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

/** What messages call an input. */
export function inputName(file: string): string {
  return file === "-" ? "standard input" : printable(file, 255);
}

async function readNamed(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new InputError(`Cannot read ${inputName(file)}: ${reasonOf(error)}.`);
  }
}

/** Why the operating system refused a file. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  return reasons[code] ?? code;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
};

/** Why a text is not JSON. It never quotes the text, which may hold secrets. */
export function jsonProblem(text: string, source: string): string {
  if (text.trim() === "") return `${source} is empty.`;
  if (/^(?:---|#|[\w"-]+:(?:\s|$)|- )/.test(text.trimStart()))
    return `${source} is not JSON; it looks like YAML. Convert it to JSON first.`;
  const fault = jsonFault(text);
  const where = fault === undefined ? "" : ` at line ${fault.line}, column ${fault.column}`;
  return `${source} is not valid JSON${where}${fault?.atEnd === true ? ": the text ends too early" : ""}.`;
}
