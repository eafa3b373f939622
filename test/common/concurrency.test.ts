import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { KeyedSemaphore } from "../../policypack/common/concurrency";

describe("a keyed semaphore", () => {
  it("runs a limited number of tasks of one key at a time, in their order, beside those of other keys", async () => {
    const turns = new KeyedSemaphore(2);
    const started: string[] = [];
    let most = 0;
    let running = 0;
    const work = (kind: string, name: string) =>
      turns.during(kind, async () => {
        started.push(name);
        if (kind === "a") most = Math.max(most, ++running);
        await sleep(1);
        if (kind === "a") running--;
        return name;
      });
    const all = ["1", "2", "3", "4", "5"].map((name) => work("a", name));
    assert.equal(await work("b", "other"), "other");
    assert.deepEqual(await Promise.all(all), ["1", "2", "3", "4", "5"]);
    assert.deepEqual(started.slice(0, 3), ["1", "2", "other"]);
    assert.deepEqual(started.slice(3), ["3", "4", "5"]);
    assert.equal(most, 2);
  });

  it("goes on after a task that fails", async () => {
    const turns = new KeyedSemaphore(1);
    const failing = turns.during("a", () => Promise.reject(new Error("no")));
    const next = turns.during("a", () => Promise.resolve("done"));
    await assert.rejects(failing, /no/);
    assert.equal(await next, "done");
  });
});
