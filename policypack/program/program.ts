import { isLeftOut, isRedacted, member, type Reading } from "../common/values";
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
  /** URNs. */
  readonly dependencies: readonly string[];
  /** Input → URNs of the resources that its value comes from. `pulumi policy analyze` does not show them. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
}

export type Resource = SeenResource & PlannedResource;

/**
 * How a property relates to a resource of the program: its value is that resource's (`is`), certainly not (`not`), or it
 * is unknown (`maybe`).
 */
export type Relation = "is" | "maybe" | "not";

/**
 * The resource that a property names. `absent`: the property is not set. `elsewhere`: its value is known and belongs to no resource of the
 * program. `unclear`: it is unknown.
 */
export type Link =
  | { readonly state: "found"; readonly resource: Resource }
  | { readonly state: "absent" | "elsewhere" | "unclear" };

/**
 * The resources of a program as a preview shows them: inputs from `validateResource`, dependencies and outputs from `validateStack`, joined
 * by URN. Resources that the program only reads (`get`) are not among them. Pure; what cannot be read is unknown.
 */
export class Program {
  readonly #byUrn: ReadonlyMap<string, Resource>;
  readonly #tellsDependencies: boolean;
  readonly #byType = new Map<string, Resource[]>();

  constructor(resources: readonly Resource[]) {
    this.#byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    this.#tellsDependencies = resources.some(({ dependencies }) => dependencies.length > 0);
    for (const resource of resources) {
      const alike = this.#byType.get(resource.type);
      if (alike === undefined) this.#byType.set(resource.type, [resource]);
      else alike.push(resource);
    }
  }

  /** @param seen by URN: inputs of resources that are not planned in the end are left out, and so are planned ones without inputs */
  static join(seen: ReadonlyMap<string, SeenResource>, planned: readonly PlannedResource[]): Program {
    return new Program(
      planned.flatMap((plan) => {
        const one = seen.get(plan.urn);
        return one === undefined ? [] : [{ ...one, ...plan }];
      }),
    );
  }

  get(urn: string): Resource | undefined {
    return this.#byUrn.get(urn);
  }

  /** Whether the engine shows dependencies: `pulumi policy analyze` does not. */
  get tellsDependencies(): boolean {
    return this.#tellsDependencies;
  }

  get resources(): Iterable<Resource> {
    return this.#byUrn.values();
  }

  types(): Iterable<string> {
    return this.#byType.keys();
  }

  ofKind({ types }: Pick<Kind, "types">): readonly Resource[] {
    return types.flatMap((type) => this.#byType.get(type) ?? []);
  }

  /** How a property of a resource relates to another resource, which is of the given kind. */
  relation(holder: Resource, key: string, target: Resource, kind: Kind): Relation {
    return this.#relation(inputOf(holder, key), holder, key, target, kind);
  }

  /** The same for a property that names several resources: `is` if one of them is the target. */
  listRelation(holder: Resource, key: string, target: Resource, kind: Kind): Relation {
    const list = inputOf(holder, key);
    if (list.state !== "known" || !Array.isArray(list.value))
      return this.#relation(list, holder, key, target, kind);
    const found = elementsOf(list.value).map((one) => this.#relation(one, holder, key, target, kind));
    return found.includes("is") ? "is" : found.includes("maybe") ? "maybe" : "not";
  }

  #relation(reading: Reading, holder: Resource, key: string, target: Resource, kind: Kind): Relation {
    if (hasNoInputs(holder) || ignoresChanges(holder, key)) return "maybe";
    switch (reading.state) {
      case "absent":
        return "not";
      case "known":
        return nameRelation(reading.value, target, kind);
      case "unknown":
        return this.#dependencyRelation(holder.propertyDependencies[key] ?? [], target, kind);
    }
  }

  /** The resource of a kind that a property names. */
  link(holder: Resource, key: string, kind: Kind): Link {
    const reading = inputOf(holder, key);
    if (reading.state === "absent" || (reading.state === "known" && reading.value === ""))
      return { state: "absent" };
    if (reading.state === "unknown") return this.#dependency(holder, key, kind);
    const related = this.ofKind(kind)
      .map((resource) => ({ resource, relation: this.#relation(reading, holder, key, resource, kind) }))
      .filter(({ relation }) => relation !== "not");
    const [only] = related;
    if (only === undefined) return { state: "elsewhere" };
    return related.length === 1 && only.relation === "is"
      ? { state: "found", resource: only.resource }
      : { state: "unclear" };
  }

  /**
   * The resources of a kind that the elements of a list name, which stands somewhere in a property. Undefined unless each element is one of them.
   * The engine shows dependencies of the property as a whole, so unknown elements are counted.
   */
  links(holder: Resource, key: string, elements: readonly Reading[], kind: Kind): Resource[] | undefined {
    const candidates = this.ofKind(kind);
    const known = elements.flatMap((element) => (element.state === "known" ? [element.value] : []));
    const found = known.map((value) =>
      candidates.find((candidate) => nameRelation(value, candidate, kind) === "is"),
    );
    const urns = new Set(holder.propertyDependencies[key] ?? []);
    const created = candidates.filter((one) => urns.has(one.urn) && !exists(one, kind));
    const unknown = elements.filter(({ state }) => state === "unknown").length;
    if (known.length + unknown !== elements.length || created.length !== unknown) return undefined;
    const all = [...found, ...created];
    return all.every((one) => one !== undefined) ? all : undefined;
  }

  /**
   * The resources of a kind that unknown values somewhere in a property may come from. Undefined if they may come from elsewhere.
   *
   * @param besides types of other dependencies of the property, which the values do not come from
   */
  sources(holder: Resource, key: string, kind: Kind, besides: ReadonlySet<string>): Resource[] | undefined {
    const found: Resource[] = [];
    for (const urn of holder.propertyDependencies[key] ?? []) {
      const resource = this.#byUrn.get(urn);
      if (resource === undefined) return undefined;
      if (kind.types.includes(resource.type)) found.push(resource);
      else if (!besides.has(resource.type)) return undefined;
    }
    return found.length > 0 ? found : undefined;
  }

  /** The resource that an unknown value comes from. */
  #dependency(holder: Resource, key: string, kind: Kind): Link {
    const [urn = "", ...others] = holder.propertyDependencies[key] ?? [];
    const resource = this.#byUrn.get(urn);
    if (resource === undefined || others.length > 0 || !kind.types.includes(resource.type))
      return { state: "unclear" };
    return this.relation(holder, key, resource, kind) === "is"
      ? { state: "found", resource }
      : { state: "unclear" };
  }

  /** An unknown value is a resource's if it depends on it alone, and that is to be created: a value of one that exists would be known. */
  #dependencyRelation(urns: readonly string[], target: Resource, kind: Kind): Relation {
    if (urns.includes(target.urn)) return urns.length === 1 && !exists(target, kind) ? "is" : "maybe";
    const others = urns.map((urn) => this.#byUrn.get(urn));
    return others.length > 0 && others.every((one) => one !== undefined && kind.types.includes(one.type))
      ? "not"
      : "maybe";
  }
}

/** Whether AWS has the resource already: it has an id. Someone may have changed it outside of the program then. */
export function exists(resource: Resource, kind: Kind): boolean {
  return identityOf(resource, kind).ids.length > 0;
}

/**
 * An input. Absent only if it has neither a value nor dependencies: the engine leaves out some values that are not known. One whose changes
 * the program ignores is unknown, since someone else sets it, and so is every input of a resource that is shown without any.
 */
export function inputOf(resource: Resource, key: string): Reading {
  const known = readings.get(resource) ?? new Map<string, Reading>();
  const reading = known.get(key) ?? readInput(resource, key);
  readings.set(resource, known.set(key, reading));
  return reading;
}

function readInput(resource: Resource, key: string): Reading {
  if (hasNoInputs(resource) || ignoresChanges(resource, key)) return { state: "unknown" };
  const reading = member(resource.inputs, key);
  return reading.state === "absent" && Object.hasOwn(resource.propertyDependencies, key)
    ? { state: "unknown" }
    : reading;
}

/** Whether the program leaves changes of an input to others: what AWS has then is not known. */
export function ignoresChanges({ ignoreChanges }: Pick<SeenResource, "ignoreChanges">, key: string): boolean {
  return ignoreChanges.some((path) => path === "*" || path.replace(/^\["/, "").split(/[.["]/, 1)[0] === key);
}

/** The elements of a list, each separately. */
export function elementsOf(list: readonly unknown[]): Reading[] {
  return Array.from({ length: list.length }, (_, at) => member(list, at));
}

function nameRelation(value: unknown, target: Resource, kind: Kind): Relation {
  if (typeof value !== "string" || isRedacted(value)) return "maybe";
  const { ids, names } = identityOf(target, kind);
  if (ids.includes(value)) return "is";
  if ((kind.names ?? []).length === 0) return "not";
  if (names.includes(value)) return "is";
  return names.length === 0 || names.some((name) => value.endsWith(`/${name}`)) ? "maybe" : "not";
}

/** What names a resource: ids that AWS gave it, and names of its own. */
interface Identity {
  readonly ids: readonly string[];
  readonly names: readonly string[];
}

// Reading a resource of a preview is slow, since a proxy looks for unknown values, and each resource is compared with many.
const identities = new WeakMap<Resource, Identity>();
const readings = new WeakMap<Resource, Map<string, Reading>>();
const leftOut = new WeakMap<Resource, boolean>();

function identityOf(resource: Resource, { ids, names = [] }: Kind): Identity {
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

function hasNoInputs(resource: Resource): boolean {
  let without = leftOut.get(resource);
  if (without === undefined) {
    without = isLeftOut(resource.inputs);
    leftOut.set(resource, without);
  }
  return without;
}

function textOf(reading: Reading): string | undefined {
  return reading.state === "known" && typeof reading.value === "string" && reading.value !== ""
    ? reading.value
    : undefined;
}
