import { isLeftOut, madeOnce, type Reading } from "../common/values";
import { Holders, Targets } from "./indices";
import type { Kind } from "./kinds";
import {
  elementsOf,
  exists,
  inputOf,
  isName,
  isOfOthers,
  nameRelation,
  type PlannedResource,
  type Relation,
  type Resource,
  type SeenResource,
  sourcesOf,
} from "./resource";

export {
  elementsOf,
  exists,
  ignoresChanges,
  inputOf,
  type PlannedResource,
  type Resource,
  type SeenResource,
  sourcesOf,
} from "./resource";

/**
 * The resource that a property names. `absent`: the property is not set. `elsewhere`: its value is known and belongs to no resource of the
 * program. `unclear`: it is unknown.
 */
export type Link =
  | { readonly state: "found"; readonly resource: Resource }
  | { readonly state: "absent" | "elsewhere" | "unclear" };

/** A resource that may name another by one of its properties. */
export interface Related {
  readonly resource: Resource;
  readonly relation: Exclude<Relation, "not">;
}

/**
 * The resources of a program as a preview shows them: inputs from `validateResource`, dependencies and outputs from `validateStack`, joined
 * by URN. Resources that the program only reads (`get`) are not among them. Pure; what cannot be read is unknown.
 */
export class Program {
  readonly #byUrn: ReadonlyMap<string, Resource>;
  readonly #tellsDependencies: boolean;
  readonly #byType = new Map<string, Resource[]>();
  /** Programs may have thousands of resources on either side of a property, so each side has an index, made when it is first needed. */
  readonly #matching = new Map<RegExp, readonly Resource[]>();
  readonly #holders = new Map<string, Holders>();
  readonly #targets = new Map<Kind, Targets>();

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
        return one === undefined ? [] : [{ ...one, ...plan, isLeftOut: isLeftOut(one.inputs) }];
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

  ofKind({ types }: Pick<Kind, "types">): readonly Resource[] {
    const lists = types.flatMap((type) => [this.#byType.get(type) ?? []]);
    const [only = [], ...others] = lists.filter((list) => list.length > 0);
    return others.length === 0 ? only : lists.flat();
  }

  /** The resources whose types match a pattern. */
  matching(pattern: RegExp): readonly Resource[] {
    return madeOnce(this.#matching, pattern, () =>
      [...this.#byType].flatMap(([type, resources]) => (pattern.test(type) ? resources : [])),
    );
  }

  /** The resources of one kind of which a property may name a resource of another, and how it relates to that one. */
  related(holders: Pick<Kind, "types">, key: string, target: Resource, kind: Kind): Related[] {
    const index = madeOnce(this.#holders, [...holders.types, key, ...kind.types].join(), () => {
      const isTarget = (urn: string) => kind.types.includes(this.#byUrn.get(urn)?.type ?? "");
      return new Holders(this.ofKind(holders), key, isTarget);
    });
    return index.candidates(target, kind).flatMap((resource) => {
      const relation = this.relation(resource, key, target, kind);
      return relation === "not" ? [] : [{ resource, relation }];
    });
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
    if (isOfOthers(holder, key)) return "maybe";
    switch (reading.state) {
      case "absent":
        return "not";
      case "known":
        return nameRelation(reading.value, target, kind);
      case "unknown":
        return this.#dependencyRelation(sourcesOf(holder, key), target, kind);
    }
  }

  /** The resource of a kind that a property names. */
  link(holder: Resource, key: string, kind: Kind): Link {
    const reading = inputOf(holder, key);
    if (reading.state === "absent" || (reading.state === "known" && reading.value === ""))
      return { state: "absent" };
    if (reading.state === "unknown") return this.#dependency(holder, key, kind);
    const related = this.#named(reading.value, kind)
      .map((resource) => ({ resource, relation: nameRelation(reading.value, resource, kind) }))
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
    const known = elements.flatMap((element) => (element.state === "known" ? [element.value] : []));
    const found = known.map((value) =>
      this.#named(value, kind).find((candidate) => nameRelation(value, candidate, kind) === "is"),
    );
    const created = [...new Set(sourcesOf(holder, key))]
      .map((urn) => this.#byUrn.get(urn))
      .filter((one) => one !== undefined && kind.types.includes(one.type) && !exists(one, kind));
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
    for (const urn of sourcesOf(holder, key)) {
      const resource = this.#byUrn.get(urn);
      if (resource === undefined) return undefined;
      if (kind.types.includes(resource.type)) found.push(resource);
      else if (!besides.has(resource.type)) return undefined;
    }
    return found.length > 0 ? found : undefined;
  }

  /** The resources of a kind that a known value may name. */
  #named(value: unknown, kind: Kind): readonly Resource[] {
    if (!isName(value)) return this.ofKind(kind);
    return madeOnce(this.#targets, kind, () => new Targets(this.ofKind(kind), kind)).candidates(value);
  }

  /** The resource that an unknown value comes from. */
  #dependency(holder: Resource, key: string, kind: Kind): Link {
    const [urn = "", ...others] = sourcesOf(holder, key);
    const resource = this.#byUrn.get(urn);
    const isSource =
      resource !== undefined &&
      others.length === 0 &&
      kind.types.includes(resource.type) &&
      !exists(resource, kind);
    return isSource && !isOfOthers(holder, key) ? { state: "found", resource } : { state: "unclear" };
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
