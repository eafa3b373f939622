import { isRecord, member, read } from "./values";

/**
 * The value of a resource's tag: `tags` is a map (aws) or a list of `{ key, value }` (aws-native). Undefined where there is
 * no such tag, or none that can be read yet.
 */
export function tagOf(props: unknown, key: string): string | undefined {
  const tags = member(props, "tags");
  if (tags.state !== "known") return undefined;
  if (isRecord(tags.value)) return text(member(tags.value, key));
  if (!Array.isArray(tags.value)) return undefined;
  const list: readonly unknown[] = tags.value;
  const entry = Array.from(list.keys(), (index) => member(list, index)).find(
    (one) => one.state === "known" && text(member(one.value, "key")) === key,
  );
  return entry?.state === "known" ? text(member(entry.value, "value")) : undefined;
}

function text(reading: ReturnType<typeof read>): string | undefined {
  return reading.state === "known" && typeof reading.value === "string" ? reading.value : undefined;
}
