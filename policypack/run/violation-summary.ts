import { count, printable } from "../common/text";

/** More resources than this are counted, not named: the line is one of a log. */
const mostNamed = 5;

/**
 * What the policies found in one line. `pulumi preview --json` leaves out what policies report (pulumi 3.274), but it shows what a
 * pack prints.
 */
export class ViolationSummary {
  readonly #resources = new Map<string, Set<string>>();
  #violations = 0;

  /** @param urn the resource that the violation is reported at */
  add(policy: string, urn: string): void {
    this.#violations++;
    const resources = this.#resources.get(policy);
    if (resources === undefined) this.#resources.set(policy, new Set([urn]));
    else resources.add(urn);
  }

  /** Such as `2 violations: mixed-layer-compression (api, worker)`; undefined if there are none. */
  get line(): string | undefined {
    if (this.#violations === 0) return undefined;
    const policies = [...this.#resources].map(([policy, urns]) => `${policy} (${named([...urns])})`);
    return `${count(this.#violations, "violation")}: ${policies.join(", ")}`;
  }
}

function named(urns: readonly string[]): string {
  const names = urns.slice(0, mostNamed).map((urn) => printable(urn.split("::").at(-1) ?? urn, 80));
  const more = urns.length - names.length;
  return more === 0 ? names.join(", ") : `${names.join(", ")} and ${more} more`;
}
