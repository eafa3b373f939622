import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { FailureKind } from "../../policypack/common/outcome";
import { describeNetworkError } from "../../policypack/http/errors";
import { HostRules } from "../../policypack/http/host-rules";
import { retryAfterMs } from "../../policypack/http/retries";
import { Transport } from "../../policypack/http/transport";
import { eventually } from "../../support/mocha/eventually";
import { ManualClock } from "../../support/mocha/manual-clock";
import { SkippingClock } from "../../support/mocha/skipping-clock";
import type { TestRegistry } from "../../support/registry/registry";
import { assertFails, at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";
import { Signal } from "../../policypack/common/signal";
import { firedSignal, signalAfter } from "../../support/mocha/signals";

const truncated = (response: ServerResponse) => {
  response.writeHead(200, { "content-length": 1000 }).write("{");
  setTimeout(() => response.destroy(), 10);
};
const truncatedChunk = (response: ServerResponse) => {
  response.writeHead(200).write("{");
  setTimeout(() => response.socket?.destroySoon(), 10);
};

describe("a request that waits for its connection", () => {
  const hour = 3_600_000;
  const ends: readonly (readonly [
    string,
    (transport: Transport, time: Signal, clock: ManualClock) => unknown,
    RegExp,
  ])[] = [
    [
      "its caller's signal fires",
      (_transport, time) => {
        time.abort();
      },
      /time for this image ended before/,
    ],
    ["its time is over", (_transport, _time, clock) => clock.pass(hour), /did not answer within 3600 s/],
    ["the client is closed", (transport) => transport.close(), /was closed before/],
  ];
  for (const [when, end, words] of ends)
    it(`ends at once when ${when}`, async () => {
      const [clock, time] = [new ManualClock(), new Signal()];
      let lookups = 0;
      const lookup = () => {
        lookups++;
      };
      const transport = new Transport(new HostRules(), { requestTimeoutMs: hour, lookup, clock });
      const url = new URL("https://registry.test/v2/");
      const request = { method: "GET", url, headers: {}, maxBytes: 10, signal: time } as const;
      const sending = transport.send(request);
      await eventually(() => lookups > 0, "the lookup");
      await end(transport, time, clock);
      const sent = await sending;
      await transport.close();
      assert.ok(!sent.ok);
      assert.match(sent.failure.message, words);
    });
});

describe("the registry client", () => {
  const { start, connect } = bench();

  /** A registry whose first answers are faulty. */
  async function faulty(
    fault: (response: ServerResponse) => unknown,
    times = Infinity,
  ): Promise<TestRegistry> {
    const registry = await start();
    registry.putManifest("app", "1", manifestType, manifest);
    let left = times;
    registry.onRequest = (_, response) => {
      if (left-- <= 0) return false;
      fault(response);
      return true;
    };
    return registry;
  }

  const passing: readonly (readonly [string, (response: ServerResponse) => unknown, FailureKind, RegExp])[] =
    [
      ["500", (r) => r.writeHead(500).end(), "unreachable", /fails \(HTTP 500\)/],
      ["503", (r) => r.writeHead(503, { "retry-after": "0" }).end(), "unreachable", /fails \(HTTP 503\)/],
      ["429", (r) => r.writeHead(429).end(), "throttled", /rate limiting requests \(HTTP 429\)/],
      ["a reset connection", (r) => r.socket?.resetAndDestroy(), "unreachable", /broke the connection/],
      ["a closed connection", (r) => r.socket?.destroy(), "unreachable", /broke the connection/],
      ["a truncated body", truncated, "unreachable", /broke the connection/],
      ["a truncated chunk", truncatedChunk, "unreachable", /broke the connection/],
    ];
  for (const [what, fault, kind, words] of passing) {
    it(`retries after ${what}, with four attempts at most`, async () => {
      const client = connect({ clock: new SkippingClock() });
      const once = await faulty(fault, 1);
      valueOf(await client.manifest(at(once), "1"));
      assert.equal(once.log.length, 2);
      const always = await faulty(fault);
      assertFails(await client.manifest(at(always), "1"), kind, words);
      assert.equal(always.log.length, 4);
    });
  }

  it("delays every request to a host as long as its Retry-After says", async () => {
    const registry = await faulty((response) => response.writeHead(429, { "retry-after": "1" }).end(), 1);
    const clock = new SkippingClock();
    const client = connect({ clock });
    const outcomes = await Promise.all([
      client.manifest(at(registry), "1"),
      client.manifest(at(registry, "b"), "1"),
    ]);
    valueOf(outcomes[0]);
    assert.ok(clock.now() >= 1_000, `${clock.now()} ms`);
    assert.equal(registry.log.length, 3);
  });

  it("reports a host as throttled, not as timed out, if it throttles until the time is over", async () => {
    const registry = await faulty((response) => response.writeHead(429, { "retry-after": "30" }).end());
    const clock = new ManualClock();
    const client = connect({ clock });
    const time = new Signal();
    const outcomes = [1, 2, 3].map(() => client.manifest(at(registry), "1", time));
    await eventually(() => clock.waits.includes(30_000), "the pause");
    time.abort();
    for (const outcome of outcomes) assertFails(await outcome, "throttled", /HTTP 429/);
    assertFails(
      await client.manifest(at(registry, "b"), "1", signalAfter(50)),
      "throttled",
      /is rate limiting requests for longer/,
    );
    assert.equal(registry.log.length, 1);
  });

  it("gives up at once if Retry-After is more than a minute", async () => {
    const registry = await faulty((response) => response.writeHead(429, { "retry-after": "3600" }).end());
    assertFails(await connect().manifest(at(registry), "1"), "throttled", /HTTP 429/);
  });

  it("reads Retry-After in seconds and as a date, by the registry's own clock", () => {
    const date = "Fri, 31 Dec 1999 23:59:00 GMT";
    const later = "Fri, 31 Dec 1999 23:59:30 GMT";
    for (const [value, expected] of [
      ["120", 120_000],
      [later, 30_000],
      ["Friday, 31-Dec-99 23:59:30 GMT", 30_000],
      ["Thu, 30 Dec 1999 00:00:00 GMT", 0],
      ["-1", undefined],
      ["1.5", undefined],
      ["soon", undefined],
    ] as const) {
      const header = (name: string) => (name === "retry-after" ? [value] : name === "date" ? [date] : []);
      assert.equal(retryAfterMs({ header }), expected, value);
    }
  });

  it("times a request out in its head and in its body", async () => {
    const clock = new ManualClock();
    const timeOut = () => void clock.pass(10_000);
    for (const fault of [
      timeOut,
      (response: ServerResponse) => response.writeHead(200).write("{", timeOut),
    ]) {
      const registry = await faulty(fault);
      const outcome = await connect({ clock }).manifest(at(registry), "1");
      assertFails(outcome, "timeout", /did not answer within 10 s/);
      assert.equal(registry.log.length, 1);
    }
  });

  it("stops when the caller's signal fires", async () => {
    const registry = await faulty(() => undefined);
    assertFails(
      await connect().manifest(at(registry), "1", signalAfter(50)),
      "timeout",
      /time for this image ended/,
    );
    const blob = connect().blob(at(registry), `sha256:${"0".repeat(64)}`, 10, firedSignal());
    assertFails(await blob, "timeout", /./);
  });

  it("names a registry that refuses connections", async () => {
    const registry = await start();
    const { host } = registry;
    await registry.stop();
    const client = connect();
    assertFails(
      await client.manifest({ registry: host, repository: "app" }, "1"),
      "unreachable",
      /^127\.0\.0\.1:\d+ refused the connection \(ECONNREFUSED\); check/,
    );
    assert.equal(client.requests, 2);
  });

  it("ends all requests when it is closed, and sends none afterwards", async () => {
    const client = connect();
    const registry = await faulty(() => void client.close());
    assertFails(await client.manifest(at(registry), "1"), "unreachable", /was closed/);
    assertFails(await client.manifest(at(registry), "1"), "unreachable", /was closed/);
    assert.equal(registry.log.length, 1);
  });

  const codes: readonly (readonly [string, FailureKind, RegExp])[] = [
    ["ENOTFOUND", "unreachable", /not known to DNS \(ENOTFOUND\); check the registry's name/],
    ["CERT_HAS_EXPIRED", "unreachable", /expired certificate/],
    [
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "unreachable",
      /self-signed certificate \(DEPTH.*\); add .* NODE_EXTRA_CA_CERTS/,
    ],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "unreachable", /another host name/],
    ["EPROTO", "unreachable", /failed the TLS handshake .* insecureRegistries/],
    ["ETIMEDOUT", "timeout", /in time/],
    ["toString", "unreachable", /could not be reached/],
  ];
  for (const [code, kind, words] of codes) {
    it(`describes the network error ${code}, wherever it is among the causes`, () => {
      const error = Object.assign(new Error("https://x/?secret"), { code });
      for (const wrapped of [error, new Error("outer", { cause: error }), new AggregateError([error])]) {
        const described = describeNetworkError(wrapped);
        assert.equal(described.kind, kind);
        assert.match(described.words, words);
        assert.doesNotMatch(described.words, /secret/);
      }
    });
  }
});
