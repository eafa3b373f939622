import assert from "node:assert/strict";
import { Progress } from "../../policypack/run/progress";
import { ManualClock } from "../../support/mocha/manual-clock";

describe("the progress of a run", () => {
  let clock: ManualClock;
  let lines: string[];
  let statistics: { images: number; remaining: number; requests: number; cacheHits: number };
  let progress: Progress;
  beforeEach(() => {
    clock = new ManualClock();
    lines = [];
    statistics = { images: 200, remaining: 120, requests: 400, cacheHits: 1 };
    progress = new Progress(
      () => statistics,
      (line) => lines.push(line),
      clock,
    );
  });

  /** Waits, one after another, of so many milliseconds each. */
  async function wait(...lengths: readonly number[]): Promise<void> {
    for (const ms of lengths) {
      const waited = progress.during(clock.lasting(ms, undefined));
      await clock.pass(ms);
      await waited;
    }
  }

  it("is shown after two seconds of waiting, and then every five seconds", async () => {
    await wait(1_999);
    assert.deepEqual(lines, []);
    await wait(4_999);
    assert.deepEqual(lines, ["ecs-image-guard: looked up 80 of 200 images, 120 remain"]);
    statistics.remaining = 1;
    await wait(10_000);
    assert.deepEqual(lines.slice(1), [
      "ecs-image-guard: looked up 199 of 200 images, 1 remain",
      "ecs-image-guard: looked up 199 of 200 images, 1 remain",
    ]);
  });

  it("counts waits one after another together, and not the time between them", async () => {
    for (let n = 0; n < 2; n++) {
      await wait(900);
      await clock.pass(60_000);
    }
    assert.deepEqual(lines, []);
    await wait(300);
    assert.equal(lines.length, 1);
  });

  it("counts waits side by side once", async () => {
    const waits = Array.from({ length: 20 }, () => progress.during(clock.lasting(1_500, undefined)));
    await clock.pass(1_500);
    await Promise.all(waits);
    progress.close();
    assert.match(lines.join(), /^ecs-image-guard: 200 images, .* waited 1\.5 s$/);
  });

  it("is not shown if no image remains", async () => {
    statistics.remaining = 0;
    await wait(20_000);
    assert.deepEqual(lines, []);
  });

  it("ends with one line if there were images", async () => {
    await wait(1_234);
    progress.close();
    progress.close();
    assert.deepEqual(lines, ["ecs-image-guard: 200 images, 400 requests, 1 cache hit, waited 1.2 s"]);
  });

  it("ends with the number of images that could not be read, if there are any", () => {
    progress.close({ unverified: 3 });
    assert.match(lines.join(), /^ecs-image-guard: 200 images \(3 unverified\), 400 requests, /);
  });

  it("ends with the findings of the run before its cost", () => {
    progress.close({ found: "1 violation: mixed-layer-compression (api)" });
    assert.equal(lines.length, 2);
    assert.equal(lines[0], "ecs-image-guard: 1 violation: mixed-layer-compression (api)");
  });

  it("ends without a line if there were no images", () => {
    statistics.images = 0;
    progress.close();
    assert.deepEqual(lines, []);
  });

  it("passes errors on, and stops the timer", async () => {
    await assert.rejects(progress.during(Promise.reject(new Error("as before"))), /as before/);
    await clock.pass(60_000);
    assert.deepEqual(lines, []);
  });
});
