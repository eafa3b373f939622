import type { Kind } from "./kinds";
import { identityOf, inputOf, isName, isOfOthers, type Resource, sourcesOf } from "./resource";

/** Resources by what a property of theirs may name: a resource of the program is compared with those alone that may name it. */
export class Holders {
  readonly #bySource = new Map<string, Resource[]>();
  readonly #byName = new Map<string, Resource[]>();
  readonly #known: Resource[] = [];
  readonly #unclear: Resource[] = [];

  /** @param isTarget whether a URN is that of a resource which the property may name */
  constructor(holders: readonly Resource[], key: string, isTarget: (urn: string) => boolean) {
    for (const holder of holders) {
      const reading = inputOf(holder, key);
      if (reading.state === "absent") continue;
      const sources = sourcesOf(holder, key);
      if (reading.state === "known" && isName(reading.value)) {
        add(this.#byName, lastPart(reading.value), holder);
        this.#known.push(holder);
      } else if (!isOfOthers(holder, key) && sources.length > 0 && sources.every(isTarget))
        for (const urn of sources) add(this.#bySource, urn, holder);
      else this.#unclear.push(holder);
    }
  }

  /** Those that may name the target; those left out certainly do not. */
  candidates(target: Resource, kind: Kind): readonly Resource[] {
    const { ids, names } = identityOf(target, kind);
    // A resource of which AWS makes the name may have any.
    const isNameless = kind.names !== undefined && names.length === 0;
    const parts = new Set([...ids, ...names].map(lastPart));
    return [
      ...(this.#bySource.get(target.urn) ?? []),
      ...(isNameless ? this.#known : [...parts].flatMap((part) => this.#byName.get(part) ?? [])),
      ...this.#unclear,
    ];
  }
}

/** Resources of a kind by what names them: a known value is compared with those alone that it may name. */
export class Targets {
  readonly #byName = new Map<string, Resource[]>();
  readonly #nameless: Resource[] = [];

  constructor(targets: readonly Resource[], kind: Kind) {
    for (const target of targets) {
      const { ids, names } = identityOf(target, kind);
      for (const part of new Set([...ids, ...names].map(lastPart))) add(this.#byName, part, target);
      if (kind.names !== undefined && names.length === 0) this.#nameless.push(target);
    }
  }

  /** Those that the value may name; it certainly does not name the others. */
  candidates(value: string): readonly Resource[] {
    return [...(this.#byName.get(lastPart(value)) ?? []), ...this.#nameless];
  }
}

/** An ARN ends with the name, after a path. */
function lastPart(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function add(map: Map<string, Resource[]>, key: string, resource: Resource): void {
  const alike = map.get(key);
  if (alike === undefined) map.set(key, [resource]);
  else alike.push(resource);
}
