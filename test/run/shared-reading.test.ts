import assert from "node:assert/strict";
import { SharedReading } from "../../policypack/run/session";

describe("what policies read of a resource", () => {
  const calls: [what: string, calls: readonly (readonly [policy: string, urn: string])[], read: number][] = [
    [
      "is read once for all policies",
      [
        ["a", "x"],
        ["b", "x"],
        ["c", "x"],
      ],
      1,
    ],
    [
      "is read for each resource",
      [
        ["a", "x"],
        ["b", "x"],
        ["a", "y"],
        ["b", "y"],
      ],
      2,
    ],
    [
      "is read again by a policy that sees the resource again",
      [
        ["a", "x"],
        ["b", "x"],
        ["a", "x"],
        ["b", "x"],
      ],
      2,
    ],
    [
      "is read again after another resource",
      [
        ["a", "x"],
        ["a", "y"],
        ["b", "x"],
      ],
      3,
    ],
  ];
  for (const [what, steps, times] of calls)
    it(what, () => {
      const shared = new SharedReading<number>();
      let read = 0;
      const given = steps.map(([policy, urn]) => shared.of(policy, urn, () => ++read));
      assert.equal(read, times);
      assert.deepEqual(
        given,
        [...given].sort((a, b) => a - b),
      );
    });
});
