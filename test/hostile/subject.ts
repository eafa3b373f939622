import fc from "fast-check";

/** One parser, or one writer, under hostile input. */
export interface Subject {
  readonly name: string;
  /** Of the runs that quick ones get: those that start processes or open connections get fewer. Default: 1. */
  readonly share?: number;
  /** Feeds one input; throws where it does not hold what it must. */
  readonly property: fc.IAsyncProperty<[unknown]> | fc.IProperty<[unknown]>;
  /** Ends what it started. */
  readonly close?: () => Promise<void>;
}

export function subject<T>(
  name: string,
  input: fc.Arbitrary<T>,
  check: (input: T) => void | Promise<void>,
): Subject {
  return {
    name,
    property: fc.asyncProperty(input, async (given) => {
      await check(given);
    }),
  };
}
