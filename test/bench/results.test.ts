import assert from "node:assert/strict";
import { addedTime, atMost, exactly, partOfTime } from "../../bench/figure";
import { document } from "../../bench/markdown";
import { alternate, median, physicalLimit } from "../../bench/measurement";

describe("the benchmark's results", () => {
  it("are medians of alternating rounds, without the first", async () => {
    const order: string[] = [];
    const contender = (name: string, times: readonly number[]) => (round: number) => {
      order.push(`${name}${round}`);
      return Promise.resolve(times[round] ?? NaN);
    };
    const times = await alternate(2, { a: contender("a", [9, 1, 3]), b: contender("b", [9, 5, 5]) });
    assert.deepEqual(times, { a: [1, 3], b: [5, 5] });
    assert.deepEqual(order, ["a0", "b0", "a1", "b1", "a2", "b2"]);
    assert.deepEqual([median([5, 1, 3]), median(times.a)], [3, 2]);
    assert.throws(() => median([]), RangeError);
  });

  it("contain the time of the round trips alone", () => {
    assert.equal(physicalLimit(4, 601, 64, 100), 1_000);
    assert.equal(physicalLimit(4, 4, 64, 100), 400);
  });

  const base = { name: "an empty pack", times: [1_000, 1_200, 1_100] };
  const third = { words: "1/3", value: 1 / 3 };
  for (const [what, figure, met] of [
    ["a time within its bar", addedTime("preview", [2_600, 9_000, 2_000], base, 1_500), true],
    ["a time beyond it", addedTime("preview", [2_601], base, 1_500), false],
    ["a time as much shorter as it must be", addedTime("preview", [900], base, -200), true],
    ["a time that is not shorter by enough", addedTime("preview", [901], base, -200), false],
    ["a third of a time", partOfTime("inspect", [360], base, third), true],
    ["more than a third", partOfTime("inspect", [370], base, third), false],
    ["a count at its bar", atMost("connections", 64, 64, "connections"), true],
    ["a count above it", atMost("connections", 65, 64, "connections"), false],
    ["a count that was never taken", atMost("connections", NaN, 64, "connections"), false],
    ["the very number", exactly("inspections", 1, 1, "inspection"), true],
    ["another number", exactly("inspections", 2, 1, "inspection"), false],
  ] as const)
    it(`report whether ${what} keeps its limit`, () => {
      assert.equal(figure.met, met);
    });

  it("are written with every limit that was missed and every case that failed", () => {
    const report = { figures: [addedTime("preview", [2_601], base, 1_500)], remarks: ["One round."] };
    const text = document(
      "2026-01-02",
      ["Node v20."],
      [
        { name: "preview", title: "Preview", report },
        { name: "update", title: "Update", error: "no engine" },
      ],
    );
    assert.match(text, /^# What the guard costs, 2026-01-02\n\nNode v20\.\n\n## Preview\n/);
    assert.match(
      text,
      /^\| preview \| ≤ an empty pack \+ 1\.50 s \| 2\.60 s .*: 1\.50 s more \| an empty pack 1\.10 s \| 2\.36 +\| \*\*no\*\* \|$/m,
    );
    assert.match(text, /^- One round\.$/m);
    assert.match(text, /^## Update\n\nNot measured: no engine$/m);
  });
});
