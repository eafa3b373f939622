/**
 * Parses JSON as Go's `encoding/json` does (Go 1.24, `scanner.go`; version 1 of the package, which all runtimes use). `go-types.ts` decodes
 * what this parser returns.
 */

/** A parsed value. Objects keep duplicate keys, and numbers their spelling: both matter to Go's types. */
export type Json = null | boolean | string | JsonNumber | JsonArray | JsonObject;

/** A number as it is spelled: Go does not decode `2.0` into an integer. */
export class JsonNumber {
  constructor(readonly spelling: string) {}
}

export type JsonArray = readonly Json[];

export interface JsonMember {
  readonly key: string;
  readonly value: Json;
}

/** Members in the order of the text, duplicates included. */
export class JsonObject {
  constructor(readonly members: readonly JsonMember[]) {}
}

/** Go would refuse the text too. The message is close to Go's own, and safe to print. */
export class GoJsonError extends Error {}

/** Go might read the text, but this reader does not: the document is too large or too deep for it. */
export class JsonLimitError extends Error {}

/** A JSON text that is parsed when it is first needed, and once, whoever reads the same bytes. */
export class JsonText {
  /** Parsed, a text takes several times its bytes, which others keep: it goes with its last reader. */
  static readonly #known = new WeakMap<Uint8Array, WeakRef<JsonText>>();
  #value: Json | undefined;

  static of(bytes: Uint8Array): JsonText {
    const known = JsonText.#known.get(bytes)?.deref();
    if (known !== undefined) return known;
    const text = new JsonText(bytes);
    JsonText.#known.set(bytes, new WeakRef(text));
    return text;
  }

  private constructor(readonly bytes: Uint8Array) {}

  /** Throws as `parseJson`. */
  get value(): Json {
    return (this.#value ??= parseJson(this.bytes));
  }
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Go refuses deeper nesting. */
const maximumDepth = 10_000;

/**
 * Parses one JSON text (UTF-8, no byte order mark).
 *
 * @throws {GoJsonError} Go would refuse it too
 * @throws {JsonLimitError} it nests too deep for this reader
 */
export function parseJson(bytes: Uint8Array): Json {
  try {
    return new Parser(utf8.decode(bytes)).document();
  } catch (error) {
    if (error instanceof RangeError) throw new JsonLimitError("it nests too deep to be read");
    throw error;
  }
}

const unpairedSurrogate = /\p{Cs}/gu;
const whitespace = /[ \t\r\n]*/y;
const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** What may stand in a string, but not as itself. */
// eslint-disable-next-line no-control-regex -- JSON forbids them
const notPlain = /[\\\u0000-\u001f]/;
/** Characters of a string up to its end, an escape or a character that is not allowed. */
// eslint-disable-next-line no-control-regex -- JSON forbids them
const plainCharacters = /[^"\\\u0000-\u001f]*/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Parser {
  #at = 0;

  constructor(private readonly text: string) {}

  document(): Json {
    const value = this.#value(0, "looking for beginning of value");
    this.#skip(whitespace);
    if (this.#at < this.text.length) this.#fail("after top-level value");
    return value;
  }

  #value(depth: number, context: string): Json {
    const first = this.#next();
    switch (first) {
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        return /[-0-9]/.test(first) ? this.#number() : this.#fail(context);
    }
  }

  #object(depth: number): JsonObject {
    this.#enter(depth);
    const members: JsonMember[] = [];
    if (this.#next() === "}") return this.#close(new JsonObject(members));
    for (;;) {
      if (this.#next() !== '"') this.#fail("looking for beginning of object key string");
      const key = this.#string();
      if (this.#next() !== ":") this.#fail("after object key");
      this.#at++;
      members.push({ key, value: this.#value(depth, "looking for beginning of value") });
      const separator = this.#next();
      if (separator === "}") return this.#close(new JsonObject(members));
      if (separator !== ",") this.#fail("after object key:value pair");
      this.#at++;
    }
  }

  #array(depth: number): JsonArray {
    this.#enter(depth);
    const items: Json[] = [];
    if (this.#next() === "]") return this.#close(items);
    for (;;) {
      items.push(this.#value(depth, "looking for beginning of value"));
      const separator = this.#next();
      if (separator === "]") return this.#close(items);
      if (separator !== ",") this.#fail("after array element");
      this.#at++;
    }
  }

  #string(): string {
    const start = ++this.#at;
    // Nearly every string has no escapes.
    const end = this.text.indexOf('"', start);
    const plain = this.text.slice(start, end);
    if (end >= 0 && !notPlain.test(plain)) {
      this.#at = end + 1;
      return plain;
    }
    return this.#escaped();
  }

  #escaped(): string {
    let value = "";
    let escaped = false;
    for (;;) {
      value += this.#skip(plainCharacters);
      const character = this.text[this.#at];
      if (character === '"') {
        this.#at++;
        // An escape may stand for half of a surrogate pair; Go replaces it as it replaces invalid UTF-8.
        return escaped ? value.replace(unpairedSurrogate, "\uFFFD") : value;
      }
      if (character !== "\\") this.#fail("in string literal");
      value += this.#escape();
      escaped = true;
    }
  }

  #escape(): string {
    const character = this.text[this.#at + 1] ?? "";
    const plain = escapes[character];
    if (plain !== undefined) {
      this.#at += 2;
      return plain;
    }
    const hex = /^[0-9a-fA-F]{4}/.exec(this.text.slice(this.#at + 2, this.#at + 6))?.[0];
    if (character !== "u" || hex === undefined) return this.#fail("in string escape code");
    this.#at += 6;
    return String.fromCharCode(parseInt(hex, 16));
  }

  #number(): JsonNumber {
    const spelling = this.#skip(numberPattern);
    if (spelling === "") this.#fail("in numeric literal");
    return new JsonNumber(spelling);
  }

  #literal<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.#at)) {
      while (this.text[this.#at] === word[0] || word.includes(this.text[this.#at] ?? " ")) this.#at++;
      return this.#fail(`in literal ${word}`);
    }
    this.#at += word.length;
    return value;
  }

  #enter(depth: number): void {
    if (depth > maximumDepth) throw new GoJsonError("exceeded max depth");
    this.#at++;
  }

  #close<T>(value: T): T {
    this.#at++;
    return value;
  }

  /** The next character that is not white space; "" at the end. */
  #next(): string {
    // Space, the last of white space; most documents have none between their tokens.
    if (this.text.charCodeAt(this.#at) <= 0x20) this.#skip(whitespace);
    return this.text[this.#at] ?? "";
  }

  /** Moves past what the pattern matches here, and returns it. */
  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const matched = pattern.exec(this.text)?.[0] ?? "";
    this.#at += matched.length;
    return matched;
  }

  #fail(context: string): never {
    const character = this.text[this.#at];
    if (character === undefined) throw new GoJsonError("unexpected end of JSON input");
    throw new GoJsonError(`invalid character ${quoted(character)} ${context}`);
  }
}

/** A character in quotation marks, as Go prints it if it is printable. */
function quoted(character: string): string {
  return /[\x20-\x7e]/.test(character) ? `'${character}'` : `U+${codeOf(character)}`;
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
