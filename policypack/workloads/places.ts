import { unmarshalAny } from "../oci/go-types";
import type { UnreadableUse, WorkloadImages } from "./image-use";
import { type StringifiedValue, stringifiedIn } from "./stringified";
import { isRecord, isRedacted, type KeyMatch, kindOf, member, read, type Reading } from "../common/values";

/** AWS accepts ten containers in a task; a longer list than this is not read. */
const maximumElements = 10_000;

/** A value of a resource, its path (`ecsProperties.taskProperties[0]`), and how keys below it are matched. */
export interface Place {
  readonly reading: Reading;
  readonly path: string;
  readonly keys: KeyMatch;
}

/** The place of what has members; its path is "" for the resource itself. */
export type Holder = Omit<Place, "reading">;

/** The place of one member. */
export function inside({ path, keys }: Holder, holder: unknown, key: string): Place {
  return { reading: member(holder, key, keys), path: path === "" ? key : `${path}.${key}`, keys };
}

/** Reads the object at a place; if there is none, says so with the (plural) noun. */
export function objectAt(
  { reading, path }: Place,
  noun: string,
  images: (holder: object) => WorkloadImages,
): WorkloadImages {
  if (reading.state !== "known") return nothingAt(reading.state, path, noun);
  if (isRedacted(reading.value)) return redactedAt(path, noun);
  if (isRecord(reading.value)) return images(reading.value);
  return malformedAt(path, misfit(reading.value, `the ${noun}`, "are", "an object"));
}

/** Reads each element of the array at a place separately; if there is none, says so with the (plural) noun. */
export function eachAt(
  { reading, path, keys }: Place,
  noun: string,
  images: (element: Place, index: number) => WorkloadImages,
): WorkloadImages {
  if (reading.state !== "known") return nothingAt(reading.state, path, noun);
  if (isRedacted(reading.value)) return redactedAt(path, noun);
  if (!Array.isArray(reading.value)) {
    return malformedAt(path, misfit(reading.value, `the ${noun}`, "are", "an array"));
  }
  const list: readonly unknown[] = reading.value;
  if (list.length === 0) return nothingAt("absent", path, noun);
  if (list.length > maximumElements)
    return unreadableAt("malformed", path, `there are ${list.length} ${noun}, far more than AWS accepts`);
  return joined(
    Array.from({ length: list.length }, (_, index) =>
      images({ reading: member(list, index), path: `${path}[${index}]`, keys }, index),
    ),
  );
}

/** Reads what the JSON text at a place says; a value that is not a text is passed on as it is. */
export function jsonAt(
  place: Place,
  noun: string,
  images: (decoded: Place) => WorkloadImages,
): WorkloadImages {
  const { reading, path } = place;
  if (reading.state !== "known" || typeof reading.value !== "string") return images(place);
  if (isRedacted(reading.value)) return redactedAt(path, noun);
  let value: unknown;
  try {
    // The provider and the ECS agent are Go programs.
    value = unmarshalAny(reading.value);
  } catch {
    const found = stringifiedIn(reading.value);
    if (found !== undefined) return malformedAt(path, holding(`the ${noun}`, "are", found));
    const fault = jsonFault(reading.value);
    const where = fault === undefined ? "" : ` at line ${fault.line}, column ${fault.column}`;
    const end = fault?.atEnd === true ? ": the text ends too early" : "";
    return unreadableAt("malformed", path, `the ${noun} are not valid JSON${where}${end}`);
  }
  return images({ ...place, reading: read(value) });
}

/** What several parts of one resource say, in their order. Several tasks have no storage in common. */
export function joined(parts: readonly WorkloadImages[]): WorkloadImages {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  return {
    uses: parts.flatMap(({ uses }) => uses),
    unreadable: parts.flatMap(({ unreadable }) => unreadable),
  };
}

/** The images with a note if not all launch types can be read: the images are judged for those that can, and for EC2 if there are none. */
export function withLaunchTypes(images: WorkloadImages, { reading, path }: Place): WorkloadImages {
  if (images.uses.length === 0) return images;
  const list = reading.state === "known" && Array.isArray(reading.value) ? reading.value : undefined;
  const words = list === undefined ? [reading] : Array.from(list.keys(), (at) => member(list, at));
  const what = "launch types";
  const { unreadable } = words.some(({ state }) => state === "unknown")
    ? nothingAt("unknown", path, what)
    : words.some((word) => word.state === "known" && isRedacted(word.value))
      ? redactedAt(path, what)
      : NOTHING;
  return unreadable.length === 0 ? images : { ...images, unreadable: [...images.unreadable, ...unreadable] };
}

/** No image, and nothing unread. */
export const NOTHING: WorkloadImages = { uses: [], unreadable: [] };

/** All that stands at a place cannot be read. */
export function unreadableAt(reason: UnreadableUse["reason"], path: string, message: string): WorkloadImages {
  return { uses: [], unreadable: [{ reason, path, message }] };
}

type Problem = Pick<UnreadableUse, "message" | "fix">;

function malformedAt(path: string, problem: Problem): WorkloadImages {
  return { uses: [], unreadable: [{ reason: "malformed", path, ...problem }] };
}

/** What is wrong with a value of another kind than AWS takes; a string may hold an Output. */
export function misfit(value: unknown, subject: string, verb: "is" | "are", wanted: string): Problem {
  const found = typeof value === "string" ? stringifiedIn(value) : undefined;
  return found === undefined
    ? { message: `${subject} ${verb} ${kindOf(value)}, not ${wanted}` }
    : holding(subject, verb, found);
}

/** A text that holds an Output or the like. */
export function holding(subject: string, verb: "is" | "are", { what, fix }: StringifiedValue): Problem {
  return { message: `${subject} ${verb === "is" ? "holds" : "hold"} ${what}`, fix };
}

function redactedAt(path: string, noun: string): WorkloadImages {
  return unreadableAt("redacted", path, `the ${noun} are a secret that could not be decrypted`);
}

function nothingAt(state: "unknown" | "absent", path: string, noun: string): WorkloadImages {
  return state === "unknown"
    ? unreadableAt("unknown", path, `the ${noun} are known only during the update`)
    : unreadableAt("malformed", path, `there are no ${noun}`);
}

/** The place at which a text stops being JSON: 1-based line and column (in UTF-16 units); `atEnd` when it is only cut short. */
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
 * Finds the first token that breaks the JSON grammar (RFC 8259); undefined for valid JSON. `JSON.parse` cannot tell: depending on
 * the fault, V8's message has no position, and it quotes the text, which may hold secrets. Iterative: nesting is not a danger.
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

/** The place behind the string that starts at `at`; `at` itself when it is not a string. */
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
