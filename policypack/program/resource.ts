import { isRedacted, member, type Reading } from "../common/values";
import type { Kind } from "./kinds";

/** What the engine shows of a resource before it is created or updated. */
export interface SeenResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** The inputs, as the provider's Check leaves them; reading an unknown one may throw. */
  readonly inputs: unknown;
  /** The inputs of its provider, if the engine shows them. */
  readonly provider?: unknown;
  /** Paths of inputs whose changes the program ignores: what the inputs say of them is what the state says. */
  readonly ignoreChanges: readonly string[];
}

/** What the engine shows of a resource at the end of a preview. */
export interface PlannedResource {
  readonly urn: string;
  readonly outputs: unknown;
  readonly dependencies: readonly Dependency[];
  /** Input → the resources that its value comes from. `pulumi policy analyze` does not show them. */
  readonly propertyDependencies: Readonly<Record<string, readonly Dependency[]>>;
}

/** A resource as the SDK names another one's dependency. */
export interface Dependency {
  readonly urn: string;
}

export interface Resource extends SeenResource, PlannedResource {
  /** Whether this run leaves it out: the engine shows it without inputs then. */
  readonly isLeftOut: boolean;
}

/**
 * How a property relates to a resource of the program: its value is that resource's (`is`), certainly not (`not`), or it
 * is unknown (`maybe`).
 */
export type Relation = "is" | "maybe" | "not";

/**
 * An input. Absent only if it has neither a value nor dependencies: the engine leaves out some values that are not known. One whose changes
 * the program ignores is unknown, since someone else sets it, and so is every input of a resource that is shown without any.
 */
export function inputOf(resource: Resource, key: string): Reading {
  if (isOfOthers(resource, key)) return { state: "unknown" };
  const reading = member(resource.inputs, key);
  return reading.state === "absent" && Object.hasOwn(resource.propertyDependencies, key)
    ? { state: "unknown" }
    : reading;
}

/** Whether nothing is known of an input, not even what it depends on: this run leaves it out, or leaves it to others. */
export function isOfOthers(resource: Resource, key: string): boolean {
  return resource.isLeftOut || ignoresChanges(resource, key);
}

/** Whether the program leaves changes of an input to others: what AWS has then is not known. */
export function ignoresChanges({ ignoreChanges }: Pick<SeenResource, "ignoreChanges">, key: string): boolean {
  return ignoreChanges.some((path) => path === "*" || path.replace(/^\["/, "").split(/[.["]/, 1)[0] === key);
}

/** URNs of the resources that an input's value comes from. */
export function sourcesOf({ propertyDependencies }: PlannedResource, key: string): string[] {
  return (propertyDependencies[key] ?? []).map(({ urn }) => urn);
}

/** The elements of a list, each separately. */
export function elementsOf(list: readonly unknown[]): Reading[] {
  return Array.from({ length: list.length }, (_, at) => member(list, at));
}

/** Whether AWS has the resource already: it has an id. Someone may have changed it outside of the program then. */
export function exists({ outputs }: PlannedResource, { ids }: Kind): boolean {
  return ids.some((id) => textOf(member(outputs, id)) !== undefined);
}

/** How a known value relates to a resource: it is an id or a name of it, certainly not, or the name is not known yet. */
export function nameRelation(value: unknown, target: Resource, kind: Kind): Relation {
  if (!isName(value)) return "maybe";
  const { ids, names } = identityOf(target, kind);
  if (ids.includes(value)) return "is";
  if (kind.names === undefined) return "not";
  if (names.includes(value)) return "is";
  return names.length === 0 || names.some((name) => value.endsWith(`/${name}`)) ? "maybe" : "not";
}

/** Whether a known value can be compared with names. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && !isRedacted(value);
}

/** What names a resource: ids that AWS gave it, and names of its own. */
export interface Identity {
  readonly ids: readonly string[];
  readonly names: readonly string[];
}

/** Each resource is compared with many. */
const identities = new WeakMap<Resource, Identity>();

export function identityOf(resource: Resource, { ids, names = [] }: Kind): Identity {
  const known = identities.get(resource);
  if (known !== undefined) return known;
  const { inputs, outputs } = resource;
  const identity = {
    ids: ids.flatMap((id) => textOf(member(outputs, id)) ?? []),
    names: names.flatMap((name) =>
      [member(inputs, name), member(outputs, name)].flatMap((one) => textOf(one) ?? []),
    ),
  };
  identities.set(resource, identity);
  return identity;
}

function textOf(reading: Reading): string | undefined {
  return reading.state === "known" && typeof reading.value === "string" && reading.value !== ""
    ? reading.value
    : undefined;
}
