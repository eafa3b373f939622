import type { PolicyConfigJSONSchema, PolicyConfigJSONSchemaDefinition } from "@pulumi/policy/schema";
import { isDay } from "../common/dates";
import { closest, printable } from "../common/text";
import { isRecord } from "../common/values";
import { maxItems } from "./schema";

/**
 * What is wrong with a value by its JSON Schema, each problem in a sentence; empty if it is right. Knows the keywords
 * that `schema.ts` uses. Keys that no schema names are problems wherever `additionalProperties` is false.
 *
 * @param path what the value is called, such as `exclude[0].reason`
 */
export function problemsOf(value: unknown, schema: PolicyConfigJSONSchemaDefinition, path: string): string[] {
  if (typeof schema === "boolean") return [];
  if (!isOfType(value, schema)) return [`\`${path}\` must be ${formOf(schema)}.`];
  if (Array.isArray(value)) {
    const { items = true } = schema;
    return Array.isArray(items) ? [] : value.flatMap((item, i) => problemsOf(item, items, `${path}[${i}]`));
  }
  return isRecord(value) ? problemsOfObject(value, schema, path) : [];
}

function problemsOfObject(
  value: Record<string, unknown>,
  { properties = {}, additionalProperties = true, required = [] }: PolicyConfigJSONSchema,
  path: string,
): string[] {
  const entries = Object.entries(value);
  if (entries.length > maxItems) return [tooMany(`\`${path}\``, entries.length)];
  const missing = required
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => `\`${path}\` needs \`${key}\`.`);
  const wrong = entries.flatMap(([key, member]) => {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const schema = known ?? additionalProperties;
    if (schema === false) return [unknownKey(key, Object.keys(properties), path)];
    return problemsOf(member, schema, `${path}.${printable(key, 60)}`);
  });
  return [...missing, ...wrong];
}

export function tooMany(what: string, entries: number): string {
  return `${what} has ${entries} entries, and at most ${maxItems} are read.`;
}

export function unknownKey(key: string, known: readonly string[], inside?: string): string {
  const where = inside === undefined ? "" : ` in \`${inside}\``;
  const near = closest(key, known);
  const hint = near === undefined ? `Known: ${known.join(", ")}.` : `Did you mean \`${near}\`?`;
  return `Unknown setting \`${printable(key, 60)}\`${where}. ${hint}`;
}

function isOfType(value: unknown, schema: PolicyConfigJSONSchema): boolean {
  const {
    type,
    minimum = -Infinity,
    maximum = Infinity,
    minItems = 0,
    maxItems = Infinity,
    pattern,
  } = schema;
  if (type === "boolean") return typeof value === "boolean";
  if (type === "number") return typeof value === "number" && value >= minimum && value <= maximum;
  if (type === "array") return Array.isArray(value) && value.length >= minItems && value.length <= maxItems;
  if (type === "object") return isRecord(value);
  if (typeof value !== "string") return false;
  if (pattern !== undefined && !new RegExp(pattern).test(value)) return false;
  if (schema.format === "date" && !isDay(value)) return false;
  return schema.enum === undefined || schema.enum.includes(value);
}

/** `a number from 1 to 3600`, `a list`: what a schema requires, in words. */
function formOf(schema: PolicyConfigJSONSchema): string {
  const { type, minimum, maximum, minItems, maxItems, pattern } = schema;
  if (type === "boolean") return "true or false";
  if (type === "number") {
    const from = minimum === undefined ? "" : ` from ${minimum}`;
    return `a number${from}${maximum === undefined ? "" : ` to ${maximum}`}`;
  }
  if (type === "array") {
    const filled = minItems === undefined ? "a list" : "a list that is not empty";
    return maxItems === undefined ? filled : `${filled}, of at most ${maxItems} entries`;
  }
  if (type === "object") return "an object";
  if (schema.enum !== undefined) return `one of ${schema.enum.map(String).join(", ")}`;
  if (schema.format === "date") return "a day of the form YYYY-MM-DD";
  return pattern === undefined || pattern === "\\S"
    ? "a text that is not empty"
    : `a text of the form ${pattern}`;
}
