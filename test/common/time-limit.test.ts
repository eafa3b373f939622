import assert from "node:assert/strict";
import { withinLimit } from "../../policypack/common/concurrency";
import { ManualClock } from "../../support/mocha/manual-clock";
import type { Signal } from "../../policypack/common/signal";

describe("a time limit", () => {
  const rows: [
    what: string,
    lastsMs: number,
    getsOn: (nowMs: number) => boolean,
    endsMs: number | undefined,
  ][] = [
    ["lets work end in time", 900, () => false, undefined],
    ["ends work that takes longer", 90_000, () => false, 1_000],
    ["lets work go on that gets on", 40_000, () => true, undefined],
    ["ends work when it gets on no more", 40_000, (nowMs) => nowMs < 4_500, 5_000],
    ["ends work that gets on for ever", 90_000, () => true, 60_000],
  ];
  for (const [what, lastsMs, getsOn, endsMs] of rows)
    it(what, async () => {
      const clock = new ManualClock();
      let endedMs: number | undefined;
      const limit = { ms: 1_000, longestMs: 60_000, getsOn: () => getsOn(clock.now()) };
      const work = (signal: Signal) => {
        signal.onAbort(() => (endedMs = clock.now()));
        return clock.lasting(lastsMs, "done");
      };
      const outcome = withinLimit(limit, undefined, work, clock);
      await clock.pass(100_000);
      assert.equal(await outcome, "done");
      assert.equal(endedMs, endsMs);
      assert.deepEqual(clock.waits, [], "a timer is left");
    });
});
