/**
 * Go's types, as `json.Unmarshal` decodes into them. Container runtimes and the ECS agent are Go programs, and where Go's reading differs
 * from JavaScript's, theirs decides what runs: keys match without regard to case, the last duplicate wins, duplicates of objects
 * and arrays merge, null leaves a value as it is, and invalid UTF-8 is replaced.
 *
 * Source: Go 1.24, `encoding/json` (`decode.go`, `fold.go`).
 */
import { isRecord } from "../common/values";
import { GoJsonError, type Json, JsonNumber, JsonObject, JsonText, parseJson } from "./json-parser";

/** A type of Go, as far as `json.Unmarshal` decodes into it. */
export interface GoType<T> {
  /** What a variable holds before anything is decoded into it. */
  readonly zero: T;
  /**
   * @param previous what the variable holds: an earlier duplicate, or `zero`
   * @param path the field's name for errors, such as `layers.size`
   * @throws {GoJsonError} Go refuses a value of this kind here
   */
  decode(value: Json, previous: T, path: string): T;
}

/**
 * Decodes a document.
 *
 * @throws {GoJsonError} Go would refuse it too
 * @throws {JsonLimitError} it nests too deep for this reader
 */
export function unmarshal<T>(document: Uint8Array | JsonText, type: GoType<T>): T {
  const value = document instanceof JsonText ? document.value : parseJson(document);
  return type.decode(value, type.zero, "");
}

export const goString: GoType<string> = {
  zero: "",
  decode: (value, previous, path) => {
    if (value === null) return previous;
    return typeof value === "string" ? value : mismatch(value, path, "string");
  },
};

export const goBool: GoType<boolean> = {
  zero: false,
  decode: (value, previous, path) => {
    if (value === null) return previous;
    return typeof value === "boolean" ? value : mismatch(value, path, "bool");
  },
};

/** `int64`: no fraction and no exponent, even if the number is whole. Above 2^53 the last digits are lost. */
export const goInt: GoType<number> = {
  zero: 0,
  decode: (value, previous, path) => {
    if (value === null) return previous;
    if (!(value instanceof JsonNumber) || !/^-?[0-9]{1,19}$/.test(value.spelling))
      return mismatch(value, path, "int64");
    // A number of so many digits is exact, and `-0` is 0 in Go.
    if (value.spelling.length <= 15) return Number(value.spelling) || 0;
    const number = BigInt(value.spelling);
    return BigInt.asIntN(64, number) === number ? Number(number) : mismatch(value, path, "int64");
  },
};

/** `*time.Time`: RFC 3339, or null. */
export const goTime: GoType<string | null> = {
  zero: null,
  decode: (value, _previous, path) => {
    if (value === null) return null;
    const known = typeof value === "string" && rfc3339.test(value);
    return known ? value : mismatch(value, path, "time.Time");
  },
};

const rfc3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** `[]byte`: base64 with padding, or null. */
export const goBytes: GoType<string | null> = {
  zero: null,
  decode: (value, _previous, path) => {
    if (value === null) return null;
    const text = typeof value === "string" ? value.replace(/[\r\n]/g, "") : undefined;
    return text !== undefined && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
      ? text
      : mismatch(value, path, "[]uint8");
  },
};

/** Whether a key is there at all, even with null (`json.RawMessage`). */
export const goPresence: GoType<boolean> = { zero: false, decode: () => true };

/** A slice; null for nil. A duplicate is decoded into the elements that are there. */
export function goSlice<T>(element: GoType<T>): GoType<readonly T[] | null> {
  return {
    zero: null,
    decode: (value, previous, path) => {
      if (value === null) return null;
      if (!isArray(value)) return mismatch(value, path, "slice");
      return value.map((item, index) => element.decode(item, previous?.[index] ?? element.zero, path));
    },
  };
}

/** `map[string]T`; null for nil. Its elements start from nothing, unlike a struct's fields. */
export function goMap<T>(element: GoType<T>): GoType<ReadonlyMap<string, T> | null> {
  return {
    zero: null,
    decode: (value, previous, path) => {
      if (value === null) return null;
      if (!(value instanceof JsonObject)) return mismatch(value, path, "map");
      const map = new Map(previous);
      for (const member of value.members)
        map.set(member.key, element.decode(member.value, element.zero, path));
      return map;
    },
  };
}

/** A pointer; null for nil. */
export function goPointer<T>(target: GoType<T>): GoType<T | null> {
  return {
    zero: null,
    decode: (value, previous, path) =>
      value === null ? null : target.decode(value, previous ?? target.zero, path),
  };
}

/** A struct: each field with its JSON name and type. Unknown keys are ignored. */
export function goStruct<T extends object>(fields: {
  readonly [K in keyof T]: readonly [name: string, type: GoType<T[K]>];
}): GoType<T> {
  const entries = Object.entries(fields) as [keyof T, readonly [string, GoType<T[keyof T]>]][];
  const byName = new Map(
    entries.flatMap(([field, [name, type]]) =>
      // Nearly every key is spelled as the field's name; folding is for the others.
      [name, foldName(name)].map((spelling) => [spelling, { field, name, type }] as const),
    ),
  );
  // Folding keeps the length, so most keys that are no field's need none.
  const lengths = new Set(entries.map(([, [name]]) => name.length));
  const zero = Object.fromEntries(entries.map(([field, [, type]]) => [field, type.zero])) as T;
  return {
    zero,
    decode: (value, previous, path) => {
      if (value === null) return previous;
      if (!(value instanceof JsonObject)) return mismatch(value, path, "struct");
      const result = { ...previous };
      for (const { key, value: member } of value.members) {
        const found = byName.get(key) ?? (lengths.has(key.length) ? byName.get(foldName(key)) : undefined);
        if (found === undefined) continue;
        const { field, name, type } = found;
        result[field] = type.decode(member, result[field], path === "" ? name : `${path}.${name}`);
      }
      return result;
    },
  };
}

/**
 * A JSON text as Go decodes it into structs that nobody wrote down here: names are folded to lower case, duplicates of objects and arrays
 * merge, of everything else the last one wins, and null is nil.
 *
 * @throws {GoJsonError} Go would refuse it too
 * @throws {JsonLimitError} it nests too deep for this reader
 */
export function unmarshalAny(text: string): unknown {
  return merged(parseJson(Buffer.from(text)), undefined);
}

function merged(value: Json, previous: unknown): unknown {
  if (value instanceof JsonNumber) return Number(value.spelling);
  if (isArray(value)) {
    const before: readonly unknown[] = Array.isArray(previous) ? previous : [];
    return value.map((item, index) => merged(item, before[index]));
  }
  if (!(value instanceof JsonObject)) return value;
  const members = new Map(isRecord(previous) ? Object.entries(previous) : []);
  for (const { key, value: member } of value.members) {
    const name = foldName(key);
    members.set(name, merged(member, members.get(name)));
  }
  // fromEntries defines properties, so that a key such as `__proto__` is a key like any other.
  return Object.fromEntries(members);
}

/** Go's `foldName`, as far as field names need it, which are ASCII: to it, the long s and the Kelvin sign are letters of ASCII. */
function foldName(name: string): string {
  return name
    .replaceAll("\u017f", "s")
    .replaceAll("\u212a", "k")
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function mismatch(value: Json, path: string, type: string): never {
  const field = path === "" ? "value" : `struct field ${path}`;
  throw new GoJsonError(`json: cannot unmarshal ${kindOf(value)} into Go ${field} of type ${type}`);
}

function kindOf(value: Json): string {
  if (value === null) return "null";
  if (value instanceof JsonNumber) return `number ${value.spelling.slice(0, 30)}`;
  if (isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "object";
}
