/**
 * What one policy reads of a resource, for the others: the engine shows a resource to all policies of a pack before it shows
 * them the next, each time as an object of its own. A policy that meets the same resource once more reads it anew.
 */
export class SharedReading<T> {
  readonly #readers = new Set<string>();
  #last: { readonly urn: string; readonly value: T } | undefined;

  of(policy: string, urn: string, read: () => T): T {
    if (this.#last?.urn !== urn || this.#readers.has(policy)) {
      this.#readers.clear();
      this.#last = { urn, value: read() };
    }
    this.#readers.add(policy);
    return this.#last.value;
  }
}
