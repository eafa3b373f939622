import assert from "node:assert/strict";
import { WaitingBudget } from "../../policypack/run/progress";
import { ManualClock } from "../../support/mocha/manual-clock";

const never = new Promise<string>(() => undefined);

describe("the waiting budget of a run", () => {
  let clock: ManualClock;
  let budget: WaitingBudget;
  beforeEach(() => {
    clock = new ManualClock();
    budget = new WaitingBudget(1, clock);
  });

  /** How a wait for this ends when so many milliseconds have passed. */
  async function wait(work: Promise<string>, ms: number): Promise<string> {
    const waited = budget.wait(work, "overdue");
    await clock.pass(ms);
    return Promise.race([waited, Promise.resolve("still waiting")]);
  }

  it("gives the answer that comes in time", async () => {
    assert.equal(await wait(clock.lasting(999, "answer"), 999), "answer");
  });

  it("ends a wait when it is used up, and later waits at once", async () => {
    assert.equal(await wait(never, 999), "still waiting");
    await clock.pass(1);
    assert.equal(await wait(never, 0), "overdue");
  });

  it("still returns an outcome that is already known when no time is left", async () => {
    assert.equal(await wait(never, 1_000), "overdue");
    assert.equal(await wait(Promise.resolve("answer"), 0), "answer");
  });

  it("counts waits side by side once, and not the time between waits", async () => {
    const waits = Array.from({ length: 20 }, () => budget.wait(clock.lasting(400, "answer"), "overdue"));
    await clock.pass(400);
    assert.deepEqual([...new Set(await Promise.all(waits))], ["answer"]);
    await clock.pass(60_000);
    assert.equal(await wait(never, 599), "still waiting");
    await clock.pass(1);
    assert.equal(await wait(never, 0), "overdue");
  });

  it("passes a rejection on", async () => {
    await assert.rejects(budget.wait(Promise.reject(new Error("broken")), "overdue"), /broken/);
  });
});
