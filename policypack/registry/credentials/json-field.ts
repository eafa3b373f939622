import { isRecord } from "../../oci/text";
import { CredentialError } from "./credential-error";

// Values are never quoted here: the documents hold passwords, and JSON.parse's own messages quote them too.

/**
 * Reads one JSON object.
 *
 * @param what the document in words, the start of each message
 */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new CredentialError(`${what} is not JSON, or only half of it`);
  }
  if (!isRecord(document)) throw new CredentialError(`${what} is not a JSON object`);
  return document;
}

/** A string; null and absence are "", as for Go's encoding/json, by which docker reads its files and helpers. */
export function stringField(record: Record<string, unknown>, name: string, what: string): string {
  const value = field(record, name) ?? "";
  if (typeof value === "string") return value;
  throw new CredentialError(`${what} has a wrong ${name}: a string is expected`);
}

/** An object as a map, so that keys such as `__proto__` and `constructor` mean nothing special. */
export function mapField(
  record: Record<string, unknown>,
  name: string,
  what: string,
): ReadonlyMap<string, unknown> {
  const value = field(record, name) ?? {};
  if (isRecord(value)) return new Map(Object.entries(value));
  throw new CredentialError(`${what} has a wrong ${name}: an object is expected`);
}

/** Go's encoding/json also takes a key that differs from the field's name in case only. */
function field(record: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name];
  const key = Object.keys(record).findLast((other) => other.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : record[key];
}
