/** Where a text stops being JSON: 1-based line and column (in UTF-16 units); `atEnd` when it is only cut short. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly atEnd: boolean;
}

type Expected = "value" | "value or ]" | "key" | "key or }" | "colon" | "comma or end" | "nothing";

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Any characters of a string but `"`, `\` and the control characters below U+0020; or one escape. */
const STRING_PART = /[ !#-[\]-\uffff]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Finds the first token that breaks the JSON grammar (RFC 8259); undefined for valid JSON. `JSON.parse` cannot be asked: depending on
 * the fault, V8's message has no position, and it quotes the text, which may hold secrets. Iterative: nesting is no danger.
 */
export function jsonFault(text: string): JsonFault | undefined {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    at = skip(SPACE, text, at);
    const char = text[at];
    if (char === undefined) return expected === "nothing" ? undefined : faultAt(text, at);
    let next: Expected | undefined;
    let end = at + 1;
    if (expected === "colon") {
      if (char === ":") next = "value";
    } else if (expected === "comma or end") {
      if (char === ",") next = open.at(-1) === "{" ? "key" : "value";
      else if (char === (open.at(-1) === "{" ? "}" : "]")) next = close(open);
    } else if (expected === "key" || expected === "key or }") {
      if (char === '"') [next, end] = ["colon", stringEnd(text, at)];
      else if (char === "}" && expected === "key or }") next = close(open);
    } else if (expected !== "nothing") {
      if (char === "{" || char === "[") {
        open.push(char);
        next = char === "{" ? "key or }" : "value or ]";
      } else if (char === "]" && expected === "value or ]") {
        next = close(open);
      } else {
        end = char === '"' ? stringEnd(text, at) : skip(LITERAL, text, at);
        next = open.length > 0 ? "comma or end" : "nothing";
      }
    }
    if (next === undefined || end <= at) return faultAt(text, at);
    [expected, at] = [next, end];
  }
}

function close(open: ("{" | "[")[]): Expected {
  open.pop();
  return open.length > 0 ? "comma or end" : "nothing";
}

/** The place behind the string that starts at `at`; `at` itself when it is no string. */
function stringEnd(text: string, at: number): number {
  let end = at + 1;
  for (let next = skip(STRING_PART, text, end); next > end; next = skip(STRING_PART, text, end)) end = next;
  return text[end] === '"' ? end + 1 : at;
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function faultAt(text: string, at: number): JsonFault {
  const lines = text.slice(0, at).split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, atEnd: at === text.length };
}
