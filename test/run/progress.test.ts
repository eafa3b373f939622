import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { Progress } from "../../policypack/run/progress";

describe("the progress of a run", function () {
  this.timeout(10_000);
  const lines: string[] = [];
  let statistics = { images: 0, remaining: 0, requests: 0, cacheHits: 0 };
  const progress = () =>
    new Progress(
      () => statistics,
      (line) => lines.push(line),
    );
  beforeEach(() => {
    lines.length = 0;
    statistics = { images: 200, remaining: 120, requests: 400, cacheHits: 1 };
  });

  it("is told once when a wait takes more than two seconds", async () => {
    await progress().during(pause(2_700));
    assert.deepEqual(lines, ["ecs-image-guard: looked up 80 of 200 images, 120 remain"]);
  });

  it("counts waits one after another together", async () => {
    const one = progress();
    for (let n = 0; n < 3; n++) await one.during(pause(900));
    assert.equal(lines.length, 1);
  });

  it("is not told of short waits, nor when nothing remains", async () => {
    await progress().during(pause(500));
    statistics.remaining = 0;
    await progress().during(pause(2_400));
    assert.deepEqual(lines, []);
  });

  it("ends with one line, if there were images", () => {
    const one = progress();
    one.close();
    one.close();
    assert.deepEqual(lines, ["ecs-image-guard: 200 images, 400 requests, 1 cache hit, waited 0.0 s"]);
    statistics.images = 0;
    progress().close();
    assert.equal(lines.length, 1);
  });

  it("lets errors through", async () => {
    await assert.rejects(progress().during(Promise.reject(new Error("as before"))), /as before/);
  });
});
