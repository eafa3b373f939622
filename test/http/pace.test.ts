import assert from "node:assert/strict";
import type { Clock } from "../../policypack/common/concurrency";
import { eventually } from "../../support/mocha/eventually";
import { ManualClock } from "../../support/mocha/manual-clock";
import { Limiter, Pace, type Permit, type RequestEnd } from "../../policypack/http/limiter";
import { Signal } from "../../policypack/common/signal";
import { firedSignal } from "../../support/mocha/signals";

/** Sends whole rounds of requests side by side; each takes so many milliseconds. */
function rounds(pace: Pace, latencies: readonly number[], wanted = true): number[] {
  let now = 0;
  return latencies.map((latency) => {
    const sentAt = now;
    now += latency;
    for (let n = pace.limit; n > 0; n--) pace.ended("answered", sentAt, now, wanted);
    return pace.limit;
  });
}

describe("the pace of requests to one host", () => {
  /** A sign of overload has halved it. */
  const halved = () => {
    const pace = new Pace(60);
    pace.ended("overloaded", 0, 0, true);
    return pace;
  };

  for (const [what, latencies, wanted, expected] of [
    ["grows by one a round while latency does not rise", [100, 100, 100], true, [31, 32, 33]],
    ["does not grow while nobody waits", [100, 100, 100], false, [30, 30, 30]],
    ["bears a latency that only varies", [100, 240, 90, 200, 120], true, [31, 32, 33, 34, 35]],
    ["does not grow while latency rises", [100, 300, 300, 300], true, [31, 31, 31, 31]],
    [
      "takes a longer latency for normal in the end",
      [100, ...Array<number>(9).fill(300)],
      true,
      [31, 31, 31, 31, 32, 33, 34, 35, 36, 37],
    ],
  ] as const)
    it(what, () => {
      assert.deepEqual(rounds(halved(), latencies, wanted), expected);
    });

  it("starts with the most, keeps to it, and always lets one request go", () => {
    assert.deepEqual(rounds(new Pace(60), [100, 100]), [60, 60]);
    assert.deepEqual(rounds(new Pace(3), [1, 1]), [3, 3]);
    const pace = new Pace(3);
    for (let n = 0; n < 5; n++) pace.ended("overloaded", n, n, true);
    assert.equal(pace.limit, 1);
  });

  it("halves at a sign of overload, once for all that were under way, and grows slowly from then on", () => {
    const pace = new Pace(60);
    rounds(pace, [100, 100]);
    for (let n = 0; n < 20; n++) pace.ended("overloaded", 200, 300 + n, true);
    assert.equal(pace.limit, 30);
    pace.ended("overloaded", 320, 400, true);
    assert.equal(pace.limit, 15);
    assert.deepEqual(rounds(pace, [100, 100]), [16, 17]);
  });

  it("counts a broken connection as overload only for a host that answered before", () => {
    const pace = new Pace(60);
    for (let n = 0; n < 10; n++) pace.ended("unanswered", n, n, true);
    assert.equal(pace.limit, 60);
    pace.ended("answered", 10, 20, true);
    pace.ended("unanswered", 30, 40, true);
    assert.equal(pace.limit, 30);
  });

  it("ignores outcomes that do not depend on the host's load", () => {
    const pace = new Pace(60);
    for (let n = 0; n < 100; n++) pace.ended("unrelated", 0, 10_000, true);
    assert.equal(pace.limit, 60);
  });
});

/** A clock that shows what it is told, and never wakes anyone. */
const at = (now: () => number): Clock => ({ now, after: () => () => undefined });

describe("the limiter", () => {
  const signal = new Signal();

  /** Asks for places without waiting for them; tells which were given, by host, in their order. */
  function crowd(limiter: Limiter) {
    const inside: { host: string; place: Permit }[] = [];
    return {
      inside,
      ask: async (host: string, times: number) => {
        for (let n = 0; n < times; n++)
          void limiter.enter(host, signal).then((place) => place && inside.push({ host, place }));
        await Promise.resolve();
        await Promise.resolve();
      },
      leave: async (host: string, times: number, end: RequestEnd = "answered") => {
        for (let n = 0; n < times; n++) {
          const at = inside.findIndex((one) => one.host === host);
          inside.splice(at, 1)[0]!.place(end);
        }
        await Promise.resolve();
        await Promise.resolve();
      },
      count: (host: string) => inside.filter((one) => one.host === host).length,
    };
  }

  it("keeps to the bound of all hosts together, and gives free places to those with the fewest", async () => {
    const { ask, leave, count } = crowd(new Limiter({ perHost: 16, inAll: 20, clock: at(() => 0) }));
    await ask("a", 40);
    assert.equal(count("a"), 16);
    await ask("b", 40);
    await ask("c", 40);
    assert.deepEqual([count("a"), count("b"), count("c")], [16, 4, 0]);
    for (const [host, times] of [
      ["a", 10],
      ["b", 3],
      ["c", 7],
    ] as const) {
      await leave(host, times);
      assert.deepEqual([count("a"), count("b"), count("c")].sort(), [6, 7, 7]);
    }
  });

  it("serves one host in the order of requests, and skips those that timed out", async () => {
    const limiter = new Limiter({ perHost: 1, inAll: 5, clock: at(() => 0) });
    const served: number[] = [];
    const first = await limiter.enter("a", signal);
    const ended = new Signal();
    const waits = [1, 2, 3].map(async (n) => {
      const place = await limiter.enter("a", n === 2 ? ended : signal);
      if (place !== undefined) served.push(n);
      place?.("answered");
    });
    ended.abort();
    first?.("answered");
    await Promise.all(waits);
    assert.deepEqual(served, [1, 3]);
    assert.equal(await limiter.enter("a", firedSignal()), undefined);
  });

  it("serves the lowest rank of one host first, also if it fell while the request waited", async () => {
    const limiter = new Limiter({ perHost: 1, inAll: 5, clock: at(() => 0) });
    const first = await limiter.enter("a", signal);
    const signals = [3, 2, 4].map((rank) => new Signal(rank));
    const served: number[] = [];
    const waits = signals.map(async (one, n) => {
      const place = await limiter.enter("a", one);
      served.push(n);
      place?.("answered");
    });
    signals[2]?.serve(new Signal(1));
    first?.("answered");
    await Promise.all(waits);
    assert.deepEqual(served, [2, 1, 0]);
  });

  it("sends nothing to a rate-limiting host until its pause ends, and goes on with the others", async () => {
    const clock = new ManualClock();
    const limiter = new Limiter({ perHost: 10, inAll: 20, clock });
    const order: string[] = [];
    const enter = async (host: string, pauseMs?: number) => {
      const permit = await limiter.enter(host, signal);
      order.push(host);
      permit?.(pauseMs === undefined ? "answered" : "overloaded", pauseMs);
    };
    await Promise.all([enter("a", 3_000), enter("b", 1_000)]);
    const later = Promise.all(["a", "b", "c", "a"].map((host) => enter(host)));
    await eventually(() => order.length === 3, "the host without a pause");
    assert.ok(limiter.isPaused("a") && limiter.isPaused("b"));
    await clock.pass(1_000);
    await eventually(() => order.length === 4, "the shorter pause");
    assert.ok(limiter.isPaused("a") && !limiter.isPaused("b"));
    await clock.pass(2_000);
    await later;
    assert.deepEqual(order, ["a", "b", "c", "b", "a", "a"]);
    assert.deepEqual(clock.waits, []);
  });

  it("wakes for nobody if all who wait for the end of a pause have left", async () => {
    const clock = new ManualClock();
    const limiter = new Limiter({ perHost: 10, inAll: 20, clock });
    (await limiter.enter("a", signal))?.("overloaded", 60_000);
    const ended = new Signal();
    const waits = [1, 2].map(() => limiter.enter("a", ended));
    assert.deepEqual(clock.waits, [60_000]);
    ended.abort();
    assert.deepEqual(await Promise.all(waits), [undefined, undefined]);
    assert.deepEqual(clock.waits, []);
  });

  it("halves and grows with what the host answers", async () => {
    let now = 0;
    const { ask, leave, count } = crowd(new Limiter({ perHost: 120, inAll: 128, clock: at(() => now) }));
    await ask("a", 300);
    assert.equal(count("a"), 120);
    now = 100;
    await leave("a", 120, "overloaded");
    assert.equal(count("a"), 60);
    now = 200;
    await leave("a", 60);
    assert.equal(count("a"), 61);
  });
});
