import type { UnreadableUse, WorkloadImages } from "./image-use";
import { jsonFault } from "./json-fault";
import { isRecord, isRedacted, kindOf, member, read, type KeyMatch, type Reading } from "./values";

/** AWS takes ten containers in a task; a list longer than this is refused unread. */
const maximumElements = 10_000;

/** A value of a resource, where it stands (`ecsProperties.taskProperties[0]`), and how keys below it are matched. */
export interface Place {
  readonly reading: Reading;
  readonly path: string;
  readonly keys: KeyMatch;
}

/** The place of one member. */
export function inside({ path, keys }: Place, holder: object, key: string): Place {
  return { reading: member(holder, key, keys), path: `${path}.${key}`, keys };
}

/** Reads the object at a place; where there is none, says so with the (plural) noun. */
export function objectAt(
  { reading, path }: Place,
  noun: string,
  images: (holder: object) => WorkloadImages,
): WorkloadImages {
  if (reading.state !== "known") return nothingAt(reading.state, path, noun);
  if (isRedacted(reading.value)) return redactedAt(path, noun);
  if (isRecord(reading.value)) return images(reading.value);
  return unreadableAt("malformed", path, `the ${noun} are ${kindOf(reading.value)}, not an object`);
}

/** Reads each element of the array at a place by itself; where there is none, says so with the (plural) noun. */
export function eachAt(
  { reading, path, keys }: Place,
  noun: string,
  images: (element: Place, index: number) => WorkloadImages,
): WorkloadImages {
  if (reading.state !== "known") return nothingAt(reading.state, path, noun);
  if (isRedacted(reading.value)) return redactedAt(path, noun);
  if (!Array.isArray(reading.value)) {
    return unreadableAt("malformed", path, `the ${noun} are ${kindOf(reading.value)}, not an array`);
  }
  const list: readonly unknown[] = reading.value;
  if (list.length === 0) return nothingAt("absent", path, noun);
  if (list.length > maximumElements)
    return unreadableAt(
      "malformed",
      path,
      `there are ${list.length} ${noun}, of which AWS takes a few at most`,
    );
  return joined(
    Array.from({ length: list.length }, (_, index) =>
      images({ reading: member(list, index), path: `${path}[${index}]`, keys }, index),
    ),
  );
}

/** Reads what the JSON text at a place says; a value that is no text is passed on as it is. */
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
    value = JSON.parse(reading.value);
  } catch {
    const fault = jsonFault(reading.value);
    const where = fault === undefined ? "" : ` at line ${fault.line}, column ${fault.column}`;
    const end = fault?.atEnd === true ? ": the text ends too early" : "";
    return unreadableAt("malformed", path, `the ${noun} are not valid JSON${where}${end}`);
  }
  return images({ ...place, reading: read(value) });
}

/** What several parts of one resource say, in their order. */
export function joined(parts: readonly WorkloadImages[]): WorkloadImages {
  return {
    uses: parts.flatMap(({ uses }) => uses),
    unreadable: parts.flatMap(({ unreadable }) => unreadable),
  };
}

/** All that stands at a place cannot be read. */
export function unreadableAt(reason: UnreadableUse["reason"], path: string, message: string): WorkloadImages {
  return { uses: [], unreadable: [{ reason, path, message }] };
}

function redactedAt(path: string, noun: string): WorkloadImages {
  return unreadableAt("redacted", path, `the ${noun} are a secret that could not be decrypted`);
}

function nothingAt(state: "unknown" | "absent", path: string, noun: string): WorkloadImages {
  return state === "unknown"
    ? unreadableAt("unknown", path, `the ${noun} are known only during the update`)
    : unreadableAt("malformed", path, `there are no ${noun}`);
}
