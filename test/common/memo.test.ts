import assert from "node:assert/strict";
import { Memo } from "../../policypack/common/memo";
import { failure, type Outcome, success } from "../../policypack/common/outcome";
import { ManualClock } from "../../support/mocha/manual-clock";
import { Signal } from "../../policypack/common/signal";

describe("a memo", () => {
  let clock: ManualClock;
  let memo: Memo<Outcome<number>>;
  let runs: number;
  beforeEach(() => {
    clock = new ManualClock();
    memo = new Memo(clock);
    runs = 0;
  });
  const work = () => Promise.resolve(success(++runs));
  const lasting = (ms: number) => () => clock.lasting(ms, success(++runs));
  const always = () => true;

  it("runs the work for a key once for callers at the same time, and again for later ones", async () => {
    const both = [memo.run("a", undefined, work), memo.run("a", undefined, work)];
    assert.deepEqual(await Promise.all(both), [success(1), success(1)]);
    assert.deepEqual(await memo.run("b", undefined, work), success(2));
    assert.deepEqual(await memo.run("a", undefined, work), success(3));
  });

  it("shares an outcome with later callers who find it fresh", async () => {
    assert.deepEqual(await memo.run("a", undefined, work, always), success(1));
    assert.deepEqual(await memo.run("a", undefined, work, always), success(1));
    assert.deepEqual(await memo.run("a", undefined, work, () => false), success(2));
  });

  it("waits for work that is still running, however old it is", async () => {
    const slow = memo.run("a", undefined, lasting(60_000), always);
    await clock.pass(40_000);
    assert.equal(memo.isRunning("a"), true);
    const joined = memo.run("a", undefined, work, () => false);
    await clock.pass(20_000);
    assert.deepEqual([await slow, await joined, runs], [success(1), success(1), 1]);
    assert.equal(memo.isRunning("a"), false);
  });

  it("starts work again that was forgotten, and keeps the new outcome when the old work ends", async () => {
    const old = memo.run("a", undefined, lasting(10));
    memo.forget("a");
    const recent = memo.run("a", undefined, work, always);
    await clock.pass(10);
    assert.deepEqual([await old, await recent], [success(1), success(2)]);
    assert.deepEqual(await memo.run("a", undefined, work, always), success(2));
  });

  it("keeps an outcome that is not the kind to be forgotten", async () => {
    await memo.run("a", undefined, work, always);
    memo.forget("a", ({ ok }) => !ok);
    assert.deepEqual(await memo.run("a", undefined, work, always), success(1));
    memo.forget("a", ({ ok }) => ok);
    assert.deepEqual(await memo.run("a", undefined, work, always), success(2));
  });

  it("throws what the work throws to all callers, and starts it again for the next one", async () => {
    const failing = () => Promise.reject(new Error("no"));
    const both = [memo.run("a", undefined, failing), memo.run("a", undefined, failing)];
    for (const one of both) await assert.rejects(one, /no/);
    assert.deepEqual(await memo.run("a", undefined, work), success(1));
  });

  describe("whose caller runs out of time", () => {
    let abort: Signal;
    let workSignal: Signal | undefined;
    beforeEach(() => {
      abort = new Signal();
      workSignal = undefined;
    });
    const watched = (signal: Signal) => {
      workSignal = signal;
      return clock.lasting(60_000, success(++runs));
    };

    it("aborts the work if no other caller waits, and returns a timeout after a short grace", async () => {
      const first = memo.run("a", abort, watched);
      abort.abort();
      await clock.pass(100);
      const outcome = await first;
      assert.equal(outcome.ok ? "" : outcome.failure.kind, "timeout");
      assert.equal(workSignal?.aborted, true);
      assert.deepEqual(await memo.run("a", undefined, work), success(2), "joined work that was given up");
    });

    it("gives what the work said when it was aborted", async () => {
      const throttled = failure("throttled", "the host is rate limiting requests");
      const first = memo.run(
        "a",
        abort,
        (signal) =>
          new Promise((resolve) => {
            signal.onAbort(() => {
              resolve(throttled);
            });
          }),
      );
      abort.abort();
      assert.deepEqual(await first, throttled);
    });

    it("goes on with the work while another caller waits", async () => {
      const first = memo.run("a", abort, watched);
      const second = memo.run("a", new Signal(), watched);
      abort.abort();
      await clock.pass(60_000);
      const outcome = await first;
      assert.equal(outcome.ok ? "" : outcome.failure.kind, "timeout");
      assert.equal(workSignal?.aborted, false);
      assert.deepEqual([await second, runs], [success(1), 1]);
    });

    it("ranks the work by the caller who comes first", async () => {
      const [early, late, prefetch] = [abort, new Signal(), Signal.ofPrefetch()];
      const ranks = [early, late, prefetch].map(({ rank }) => rank);
      assert.deepEqual(
        ranks,
        [...ranks].sort((a, b) => a - b),
      );
      const seen = [prefetch, late, early, late].map((signal) => {
        void memo.run("a", signal, watched);
        return workSignal?.rank;
      });
      assert.deepEqual(seen, [ranks[2], ranks[1], ranks[0], ranks[0]]);
      await clock.pass(60_000);
      // A caller's own rank stays.
      assert.deepEqual(
        [early, late, prefetch].map(({ rank }) => rank),
        ranks,
      );
    });
  });
});
