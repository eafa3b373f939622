/**
 * What reading one value of a resource gives. In a preview, part of a resource is not known yet: the SDK wraps its properties in a
 * proxy that throws when an unknown one is read (`@pulumi/policy/proxy`), and a bare sentinel elsewhere.
 * A null is absent: neither Pulumi's providers nor ECS distinguish the two.
 */
export type Reading =
  | { readonly state: "known"; readonly value: unknown }
  | { readonly state: "unknown" }
  | { readonly state: "absent" };

/** How keys are matched: `any-case` as Go's `encoding/json` does, by which the classic AWS provider reads JSON strings. */
export type KeyMatch = "exact" | "any-case";

/** Stands for a value that is not known, as the SDK's own sentinel for strings does. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The strings that stand for unknown values of each type (`@pulumi/policy/proxy`, which exports them for its own use only). */
const UNKNOWN_SENTINELS: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  unknownValue, // string
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/**
 * The object behind the proxy that the SDK makes of a resource's properties (`@pulumi/policy/proxy`): each read from the proxy makes another.
 * Whoever reads all of it by {@link member} sees unknown values without it; anything else would take their sentinels for texts.
 */
export function unproxied(props: unknown): unknown {
  if (!isObject(props) || Object.hasOwn(props, "__isSpecialProxy")) return props;
  const isProxy: unknown = Reflect.get(props, "__isSpecialProxy");
  return isProxy === true ? Reflect.get(props, "__getSpecialProxyTarget") : props;
}

/** Reads one member of an object or array; anything else has no members. Never throws: what cannot be read is unknown. */
export function member(holder: unknown, key: string | number, match: KeyMatch = "exact"): Reading {
  if (!isObject(holder)) return { state: "absent" };
  try {
    const own = match === "exact" ? key : anyCase(holder, String(key));
    // Only own members: a JSON text may say `__proto__` or `constructor`, and a prototype is not part of a resource.
    const descriptor = own === undefined ? undefined : Object.getOwnPropertyDescriptor(holder, own);
    if (own === undefined || descriptor === undefined) return { state: "absent" };
    // The proxy would throw, which is slow; it does not hide what stands there.
    return UNKNOWN_SENTINELS.has(descriptor.value) ? { state: "unknown" } : read(Reflect.get(holder, own));
  } catch {
    return { state: "unknown" };
  }
}

/** What a given value is: unknown sentinels and the SDK's `Secret` wrappers are seen through. */
export function read(value: unknown): Reading {
  if (value === null || value === undefined) return { state: "absent" };
  if (UNKNOWN_SENTINELS.has(value)) return { state: "unknown" };
  if (isSecret(value)) return member(value, "value");
  return { state: "known", value };
}

/**
 * What `pulumi policy analyze` puts for each secret that it cannot decrypt, whatever its type
 * (pulumi 3.255, `pkg/backend/secrets`, `BlindingProvider`).
 */
export const redactedSecret = "[secret]";

export function isRedacted(value: unknown): boolean {
  return value === redactedSecret;
}

/** The kind of a value, in words that do not show it. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/**
 * Whether a resource has no inputs at all. That is how the engine shows a new resource that this run leaves out (`--target`, `--exclude`):
 * it is not created, so there is nothing to say about it. Every resource that is created has inputs.
 */
export function isLeftOut(props: unknown): boolean {
  return isRecord(props) && Object.keys(props).length === 0;
}

/** `Secret` of `@pulumi/policy`, recognised by its class's name: importing the SDK here would start it, and several copies may be loaded. */
function isSecret(value: unknown): value is object {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return isObject(prototype) && prototype.constructor.name === "Secret";
}

/** Of keys that differ in case alone, Go's decoder lets the last one win. */
function anyCase(holder: object, key: string): string | undefined {
  const wanted = key.toLowerCase();
  return Object.keys(holder).findLast((candidate) => candidate.toLowerCase() === wanted);
}

/**
 * The value of a resource's tag: `tags` is a map (aws) or a list of `{ key, value }` (aws-native). Undefined if there is
 * no such tag, or none that can be read yet.
 */
export function tagOf(props: unknown, key: string): string | undefined {
  const tags = member(props, "tags");
  if (tags.state !== "known") return undefined;
  if (isRecord(tags.value)) return textAt(tags.value, key);
  if (!Array.isArray(tags.value)) return undefined;
  const list: readonly unknown[] = tags.value;
  const entry = Array.from(list.keys(), (index) => member(list, index)).find(
    (one) => one.state === "known" && textAt(one.value, "key") === key,
  );
  return entry?.state === "known" ? textAt(entry.value, "value") : undefined;
}

/** Whether the program made the tag, or all of them, a secret. The engine does not say so of every secret. */
export function isSecretTag(props: unknown, key: string): boolean {
  const raw = (holder: unknown, name: string | number): unknown => {
    try {
      return isObject(holder) ? Reflect.get(holder, name) : undefined;
    } catch {
      return undefined;
    }
  };
  const tags = raw(props, "tags");
  if (!Array.isArray(tags)) return isSecret(tags) || isSecret(raw(tags, key));
  return Array.from(tags.keys(), (index) => raw(tags, index)).some((entry) => {
    const found = read(entry);
    return found.state === "known" && textAt(found.value, "key") === key
      ? isSecret(entry) || isSecret(raw(found.value, "value"))
      : false;
  });
}

/** The known string at a key of an object or array; undefined for anything else. */
export function textAt(holder: unknown, key: string | number, match: KeyMatch = "exact"): string | undefined {
  const found = member(holder, key, match);
  return found.state === "known" && typeof found.value === "string" ? found.value : undefined;
}

/** Whether a value is an object with keys: neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A `Map` or a `WeakMap`. */
interface Made<K, V> {
  has(key: K): boolean;
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

/** The value of a key, made when it is first needed. */
export function madeOnce<K, V>(made: Made<K, V>, key: K, make: () => V): V {
  if (!made.has(key)) made.set(key, make());
  return made.get(key) as V;
}

/** What has the same key, together and in order. (`Map.groupBy` comes with Node 21.) */
export function groupBy<T, K>(all: Iterable<T>, keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}
