import { failure, type Outcome } from "../common/outcome";
import { printable } from "../common/text";
import { isRecord } from "../common/values";

/** Thrown while a document is read, caught by `readDocument`: it never leaves this room. */
class MalformedDocument extends Error {}

/** Gives up on the document, naming the field and what is wrong with it. */
export function malformed(message: string): never {
  throw new MalformedDocument(message);
}

/**
 * Reads one JSON object (RFC 8259: UTF-8 without a byte order mark) with a reader that may call `malformed`.
 *
 * @param what the document in words, such as `its manifest`: the start of each message
 */
export function readDocument<T>(
  bytes: Uint8Array,
  what: string,
  read: (document: Record<string, unknown>) => Outcome<T>,
): Outcome<T> {
  try {
    const document = parseJson(bytes);
    return isRecord(document) ? read(document) : malformed(`is not a JSON object but ${nameOf(document)}`);
  } catch (error) {
    if (error instanceof MalformedDocument) return failure("malformed", `${what} ${error.message}`);
    throw error;
  }
}

export function record(value: unknown, path: string): Record<string, unknown> {
  return isRecord(value) ? value : wrong(path, "an object", value);
}

export function string(value: unknown, path: string): string {
  return typeof value === "string" ? value : wrong(path, "a string", value);
}

/** @param most no real document has more entries than this; a longer one is refused unread */
export function array(value: unknown, path: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) return wrong(path, "an array", value);
  if (value.length > most) malformed(`has more than ${most.toLocaleString("en-US")} entries in ${path}`);
  return value;
}

/**
 * Refuses an object with a field that differs from one of these in case alone: Go's `encoding/json`, by which container runtimes read
 * documents, takes it for that field.
 *
 * @param path of the object with a dot after it, or "" for the document
 */
export function requireExactCase(value: Record<string, unknown>, fields: readonly string[], path = ""): void {
  for (const key of Object.keys(value)) {
    // As Go's `foldName`: to it, the long s and the Kelvin sign are letters of ASCII.
    const folded = key.toUpperCase().toLowerCase();
    const field = fields.find((name) => name.toLowerCase() === folded);
    if (field !== undefined && field !== key)
      malformed(
        `has a field \`${path}${printable(key, 40)}\`, which container runtimes read as \`${field}\``,
      );
  }
}

/** Refuses a field: says where, what should be there, and what kind of thing is. */
export function wrong(path: string, expected: string, value: unknown): never {
  return malformed(`has a wrong ${path}: ${expected} is expected, not ${nameOf(value)}`);
}

/** A value in a few safe words. */
function nameOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return `\`${printable(value, 80)}\``;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : typeof value;
}

function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return malformed("is not UTF-8 text");
  }
  if (text.startsWith("\ufeff")) malformed("starts with a byte order mark, which JSON forbids");
  if (text.trim() === "") malformed("is empty");
  try {
    // Also a RangeError, where a document nests too deep for the parser, is the document's fault.
    return JSON.parse(text);
  } catch {
    return malformed("is not JSON");
  }
}
