import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { WaitingBudget } from "../../policypack/run/progress";

const never = new Promise<string>(() => undefined);

describe("the waiting budget", () => {
  it("gives the answer that comes in time", async () => {
    assert.equal(await new WaitingBudget(5).wait(delay(5, "answer"), "overdue"), "answer");
  });

  it("ends a wait when it is used up, and later waits at once", async () => {
    const budget = new WaitingBudget(0.05);
    assert.equal(await budget.wait(never, "overdue"), "overdue");
    const started = performance.now();
    assert.equal(await budget.wait(never, "overdue"), "overdue");
    assert.ok(performance.now() - started < 40);
  });

  it("still gives an answer that is there already when nothing is left", async () => {
    const budget = new WaitingBudget(0.01);
    await budget.wait(never, "overdue");
    assert.equal(await budget.wait(Promise.resolve("answer"), "overdue"), "answer");
  });

  it("counts waits side by side once", async () => {
    const budget = new WaitingBudget(0.2);
    await Promise.all(Array.from({ length: 20 }, () => budget.wait(delay(50, "answer"), "overdue")));
    assert.equal(await budget.wait(delay(50, "answer"), "overdue"), "answer");
  });

  it("passes a rejection on", async () => {
    await assert.rejects(new WaitingBudget(1).wait(Promise.reject(new Error("broken")), "overdue"), /broken/);
  });
});
