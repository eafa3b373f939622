import assert from "node:assert/strict";
import { type Clock, sleep } from "../../policypack/common/concurrency";
import { HostRules } from "../../policypack/http/host-rules";
import type { HttpRequest, SendResult } from "../../policypack/http/messages";
import { Retries } from "../../policypack/http/retries";
import { Transport } from "../../policypack/http/transport";
import { ManualClock } from "../../support/mocha/manual-clock";
import { Signal } from "../../policypack/common/signal";

/** A clock that goes on to the next wait's end as soon as nothing else is left to do. */
class PlayedClock implements Clock {
  #now = 0;
  readonly #waits = new Set<{ readonly until: number; readonly done: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, done: () => void): () => void {
    const wait = { until: this.#now + ms, done };
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  /** Plays until the work is done. */
  async play<T>(work: Promise<T>): Promise<T> {
    const ended = new Signal();
    const end = work.finally(() => {
      ended.abort();
    });
    for (let turns = 0; turns < 100_000; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (ended.aborted) return end;
      const next = [...this.#waits].sort((a, b) => a.until - b.until)[0];
      if (next === undefined) continue;
      this.#now = next.until;
      this.#waits.delete(next);
      next.done();
    }
    throw new Error("the work does not end");
  }
}

/** A transport to a registry that allows so many requests a second, played without a network. */
class LimitedTransport extends Transport {
  sent = 0;
  #second = -1;
  #inSecond = 0;

  constructor(
    private readonly clock: PlayedClock,
    private readonly perSecond: number,
    private readonly fields: Readonly<Record<string, string>>,
    private readonly refusal: number,
  ) {
    super(new HostRules(), { requestTimeoutMs: 10_000, clock });
  }

  protected override async request(request: HttpRequest): Promise<SendResult> {
    this.sent++;
    await sleep(20, request.signal, this.clock);
    const second = Math.floor(this.clock.now() / 1000);
    if (second !== this.#second) [this.#second, this.#inSecond] = [second, 0];
    const status = ++this.#inSecond > this.perSecond ? this.refusal : 200;
    const header = (name: string) => (status === this.refusal ? [this.fields[name] ?? []].flat() : []);
    return { ok: true, response: { url: request.url, status, header, body: new Uint8Array() } };
  }
}

const second = { "retry-after": "1" };

/** Reads images of two requests each, within their time; gives each image's statuses and its end in milliseconds. */
async function read(
  images: number,
  budgetMs: number,
  perSecond: number,
  fields: Record<string, string>,
  refusal = 429,
) {
  const clock = new PlayedClock();
  const transport = new LimitedTransport(clock, perSecond, fields, refusal);
  const retries = new Retries(clock);
  const inspect = async (n: number) => {
    const signal = new Signal();
    const stopTimer = clock.after(budgetMs, () => {
      signal.abort();
    });
    const url = new URL(`https://registry.example/${n}`);
    const statuses: (number | string)[] = [];
    for (let step = 0; step < 2; step++) {
      const request: HttpRequest = { method: "GET", url, headers: {}, maxBytes: 1, signal };
      const sent = await retries.run(url.host, signal, () => transport.send(request));
      statuses.push(sent.ok ? sent.response.status : sent.failure.kind);
      if (!sent.ok || sent.response.status !== 200) break;
    }
    stopTimer();
    return { read: statuses.join() === "200,200", last: statuses.at(-1), endedMs: clock.now() };
  };
  const work = Promise.all(Array.from({ length: images }, (_, n) => inspect(n)));
  const results = await clock.play(work);
  await transport.close();
  return { results, transport, retries };
}

describe("a registry that allows three requests a second", () => {
  for (const [what, fields] of [
    ["says when to come back", second],
    ["does not say when to come back", {}],
  ] as const)
    it(`and ${what} is read to the end within a minute, at its pace`, async () => {
      const { results, transport } = await read(30, 60_000, 3, fields);
      assert.ok(results.every((one) => one.read));
      const last = Math.max(...results.map(({ endedMs }) => endedMs));
      assert.ok(last >= 19_000, `${last} ms for 60 requests`);
      if (fields === second) {
        assert.ok(last < 30_000, `${last} ms for 60 requests`);
        assert.ok(transport.sent < 200, `${transport.sent} requests`);
      }
    });

  it("and answers the others by 503 and when to come back is read to the end, too", async () => {
    const { results, retries } = await read(30, 60_000, 3, second, 503);
    assert.ok(results.every((one) => one.read));
    assert.ok(retries.isPacing("registry.example"));
  });

  it("is known to keep a pace, unlike one that answers only 429, or never", async () => {
    for (const [perSecond, fields, isPacing] of [
      [3, second, true],
      [3, {}, true],
      [0, second, false],
      [1_000, {}, false],
    ] as const)
      assert.equal((await read(10, 5_000, perSecond, fields)).retries.isPacing("registry.example"), isPacing);
  });

  it("serves the images that were started first; the others are throttled when their time ends", async () => {
    const { results } = await read(100, 30_000, 3, second);
    const ready = results.filter((one) => one.read).length;
    assert.ok(ready >= 30, `${ready} images`);
    assert.ok(results.slice(0, 30).every((one) => one.read));
    assert.ok(
      results.every((one) => one.read || one.last === 429 || one.last === "throttled"),
      JSON.stringify(results.map(({ last }) => last)),
    );
    assert.ok(results.every(({ endedMs }) => endedMs <= 30_000));
  });

  it("gets four requests if it answers nothing else and sends no Retry-After", async () => {
    const { results, transport } = await read(1, 120_000, 0, {});
    assert.deepEqual([results[0]?.last, transport.sent], [429, 4]);
  });

  for (const [what, patience, status, fields, sent] of [
    ["429 and when to come back", "four attempts", 429, second, 4],
    ["429 and when to come back", "while others pass", 429, second, 4],
    ["429", "while others pass", 429, {}, 4],
    ["429, and to come back in ten seconds,", "while others pass", 429, { "retry-after": "10" }, 1],
    ["503 and when to come back", "until the signal", 503, second, 4],
  ] as const)
    it(`gets no more than four requests if it answers nothing but ${what} to whoever waits ${patience}`, async () => {
      const clock = new PlayedClock();
      const transport = new LimitedTransport(clock, 0, fields, status);
      const retries = new Retries(clock, patience);
      const signal = new Signal();
      const url = new URL("https://registry.example/");
      const request = { method: "GET", url, headers: {}, maxBytes: 1, signal } as const;
      const outcome = await clock.play(retries.run(url.host, signal, () => transport.send(request)));
      assert.ok(outcome.ok && outcome.response.status === status);
      assert.equal(transport.sent, sent);
      await transport.close();
    });

  it("keeps its pace while the pause lasts that it demands, and a while after", async () => {
    const clock = new ManualClock();
    const retries = new Retries(clock);
    const url = new URL("https://registry.example/");
    const answered = (status: number, field: string[]): SendResult => ({
      ok: true,
      response: { url, status, header: () => field, body: new Uint8Array() },
    });
    retries.note(url.host, answered(200, []));
    assert.ok(!retries.isPacing(url.host));
    retries.note(url.host, answered(429, ["40"]));
    for (const [ms, isPacing] of [
      [39_000, true],
      [15_000, true],
      [2_000, false],
    ] as const) {
      await clock.pass(ms);
      assert.equal(retries.isPacing(url.host), isPacing);
    }
  });

  it("gets four requests after its challenge if it answers nothing but 429 to them", async () => {
    const clock = new PlayedClock();
    const retries = new Retries(clock);
    const url = new URL("https://registry.example/v2/");
    let sent = 0;
    const answer = (status: number) => (): Promise<SendResult> => {
      sent++;
      const response = { url, status, header: () => [], body: new Uint8Array() };
      return Promise.resolve({ ok: true, response });
    };
    const signal = new Signal();
    await clock.play(retries.run(url.host, signal, answer(401)));
    await clock.play(retries.run(url.host, signal, answer(429)));
    assert.equal(sent, 1 + 4);
  });

  it("is not retried if its Retry-After is more than a minute", async () => {
    const { results, transport } = await read(1, 120_000, 0, { "retry-after": "61" });
    assert.deepEqual([results[0]?.last, transport.sent], [429, 1]);
  });
});
