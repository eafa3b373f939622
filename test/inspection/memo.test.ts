import assert from "node:assert/strict";
import { Memo } from "../../policypack/inspection/memo";
import { ManualClock } from "../../support/mocha/manual-clock";

describe("the memo of inspections", () => {
  let clock: ManualClock;
  let memo: Memo<number>;
  let runs: number;
  beforeEach(() => {
    clock = new ManualClock();
    memo = new Memo(clock.now);
    runs = 0;
  });
  const work = () => Promise.resolve(++runs);
  const olderThan = (limitMs: number) => (_: number, ageMs: number) => ageMs > limitMs;

  it("does the work for a key once", async () => {
    assert.deepEqual(await Promise.all([memo.once("a", work), memo.once("a", work)]), [1, 1]);
    assert.equal(await memo.once("b", work), 2);
  });

  it("repeats work whose result is too old, counted from the start of the work", async () => {
    const slow = memo.once("a", () => clock.lasting(20_000, 1));
    await clock.pass(20_000);
    assert.equal(await slow, 1);
    await clock.pass(10_000);
    assert.equal(await memo.once("a", () => Promise.resolve(2), olderThan(30_000)), 1);
    await clock.pass(1);
    assert.equal(await memo.once("a", () => Promise.resolve(2), olderThan(30_000)), 2);
  });

  it("waits for work that is still running, however old it is", async () => {
    const slow = memo.once("a", () => clock.lasting(60_000, 1));
    await clock.pass(40_000);
    const joined = memo.once("a", work, olderThan(30_000));
    await clock.pass(20_000);
    assert.deepEqual([await slow, await joined, runs], [1, 1, 0]);
  });
});
