import assert from "node:assert/strict";
import type { FailureKind } from "../../policypack/common/outcome";
import { HostRules } from "../../policypack/http/host-rules";
import type { Breakdown, HttpRequest, Sent } from "../../policypack/http/messages";
import { Transport } from "../../policypack/http/transport";
import { selfSigned } from "../../support/network/certificate";
import { type FrameReply, FrameServer } from "../../support/network/http2-frames";

const ok = { ":status": "200" };
const many = (count: number, value: string) =>
  Array.from({ length: count }, (_, n): [string, string] => [`x${n}`, value]);
/** Does something over and over, until the connection ends. */
const forever = ({ socket }: FrameReply, act: () => unknown) => {
  const timer = setInterval(act, 10);
  socket.on("close", () => {
    clearInterval(timer);
  });
};

type Fault = readonly [string, (reply: FrameReply) => unknown, FailureKind, RegExp, Breakdown];
const faults: readonly Fault[] = [
  ["a body broken off by INTERNAL_ERROR", (r) => r.head(ok).data("{").reset(2), "unreachable", /broke the connection \(INTERNAL_ERROR\)/, "transient"],
  ["a body broken off by NO_ERROR", (r) => r.head(ok).data("{").reset(0), "unreachable", /broke the connection \(NO_ERROR\)/, "transient"],
  ["a body broken off by CANCEL", (r) => r.head(ok).data("{").reset(8), "unreachable", /broke the connection \(CANCEL\)/, "transient"],
  ["a body broken off by a code of its own", (r) => r.head(ok).data("{").reset(4711), "unreachable", /broke the connection \(INTERNAL_ERROR\)/, "transient"],
  ["a body broken off by a reset later", (r) => { r.head(ok).data("{"); setTimeout(() => r.reset(0), 20); }, "unreachable", /broke the connection \(NO_ERROR\)/, "transient"],
  ["a head alone, then NO_ERROR", (r) => r.head(ok).reset(0), "unreachable", /broke the connection \(NO_ERROR\)/, "transient"],
  ["no head, but NO_ERROR", (r) => r.reset(0), "unreachable", /broke the connection \(NO_ERROR\)/, "transient"],
  ["no head, but INTERNAL_ERROR", (r) => r.reset(2), "unreachable", /broke the connection \(INTERNAL_ERROR\)/, "transient"],
  ["REFUSED_STREAM", (r) => r.reset(7), "unreachable", /refused the request \(REFUSED_STREAM\)/, "transient"],
  ["ENHANCE_YOUR_CALM", (r) => r.reset(11), "throttled", /is asked too much \(ENHANCE_YOUR_CALM\)/, "transient"],
  ["GOAWAY with ENHANCE_YOUR_CALM", (r) => r.goaway(11, 0), "throttled", /is asked too much/, "transient"],
  ["GOAWAY with INTERNAL_ERROR in a body", (r) => r.head(ok).data("{").goaway(2), "unreachable", /broke the connection \(INTERNAL_ERROR\)/, "transient"],
  ["GOAWAY and the connection's end in a body", (r) => r.head(ok).data("{").goaway(0).socket.end(), "unreachable", /broke the connection/, "transient"],
  ["the connection's end in a body", (r) => r.head(ok).data("{").socket.end(), "unreachable", /broke the connection \(ECONNRESET\)/, "transient"],
  ["the connection's end in place of a head", (r) => r.socket.destroy(), "unreachable", /broke the connection \(ECONNRESET\)/, "transient"],
  ["a body shorter than its length", (r) => r.head({ ...ok, "content-length": "9" }).data("{}", true), "unreachable", /broke the connection/, "transient"],
  ["a body longer than its length", (r) => r.head({ ...ok, "content-length": "1" }).data("{}", true), "unreachable", /broke the connection/, "transient"],
  ["a length without a body", (r) => r.head({ ...ok, "content-length": "9" }, true), "unreachable", /broke the connection/, "transient"],
  ["a length that is no number", (r) => r.head({ ...ok, "content-length": "many" }).data("{}", true), "unreachable", /broke the connection/, "transient"],
  ["two lengths", (r) => r.head([[":status", "200"], ["content-length", "2"], ["content-length", "3"]]).data("{}", true), "unreachable", /broke the connection/, "transient"],
  ["no status", (r) => r.head({ a: "b" }).data("{}", true), "unreachable", /broke the connection/, "transient"],
  ["a status that is none", (r) => r.head({ ":status": "ok" }).data("{}", true), "unreachable", /broke the connection/, "transient"],
  ["a 101", (r) => r.head({ ":status": "101" }), "unreachable", /broke the connection/, "transient"],
  ["a name in upper case", (r) => r.head({ ...ok, Location: "/" }).data("{}", true), "unreachable", /broke the connection/, "transient"],
  ["a field of HTTP/1.1", (r) => r.head({ ...ok, connection: "close" }).data("{}", true), "unreachable", /broke the connection/, "transient"],
  ["a head of too many bytes", (r) => r.head([[":status", "200"], ...many(4, "y".repeat(4096))]).data("{}", true), "malformed", /too many header bytes/, "final"],
  ["a head of too many fields", (r) => r.head([[":status", "200"], ...many(5_000, "y")]).data("{}", true), "malformed", /too many header bytes/, "final"],
  ["something pushed", (r) => r.push(), "unreachable", /broke the connection \(PROTOCOL_ERROR\)/, "transient"],
  ["nothing", () => undefined, "timeout", /within 0\.4 s/, "late"],
  ["a head and nothing more", (r) => r.head(ok), "timeout", /within 0\.4 s/, "late"],
  ["a body that drips", (r) => { r.head(ok); forever(r, () => r.data(" ")); }, "timeout", /within 0\.4 s/, "late"],
  ["103 for ever", (r) => { forever(r, () => r.head({ ":status": "103" })); }, "timeout", /within 0\.4 s/, "late"],
  ["a body longer than allowed", (r) => r.head(ok).data("x".repeat(1001)), "malformed", /more than 1000 bytes/, "final"],
  ["an announced body longer than allowed", (r) => r.head({ ...ok, "content-length": "1001" }), "malformed", /more than 1000 bytes/, "final"],
]; // prettier-ignore

type Answer = readonly [string, (reply: FrameReply) => unknown, number, string, Record<string, string[]>?];
const answers: readonly Answer[] = [
  ["trailers", (r) => r.head(ok).data("{}").head({ "grpc-status": "0" }, true), 200, "{}", { "grpc-status": [] }],
  ["interim ones before them", (r) => r.head({ ":status": "103", link: "</x>" }).head({ ":status": "100" }).head(ok).data("{}", true), 200, "{}"],
  ["their end in a frame of its own", (r) => r.head(ok).data("{").data("}").data("", true), 200, "{}"],
  ["their end long after their body", (r) => { r.head(ok).data("{}"); setTimeout(() => r.data("", true), 50); }, 200, "{}"],
  ["a reset behind their end", (r) => r.head(ok).data("{}", true).reset(0), 200, "{}"],
  ["no body", (r) => r.head({ ":status": "404" }, true), 404, ""],
  ["the right length", (r) => r.head({ ...ok, "content-length": "2" }).data("{}", true), 200, "{}"],
  ["several challenges", (r) => r.head([[":status", "401"], ["www-authenticate", "Negotiate"], ["www-authenticate", 'Bearer realm="a"']]).data("", true), 401, "", { "www-authenticate": ["Negotiate", 'Bearer realm="a"'] }],
  ["a field of many names", (r) => r.head({ ...ok, __proto__x: "1", constructor: "2" }).data("{}", true), 200, "{}", { constructor: ["2"] }],
  ["GOAWAY behind their head", (r) => { r.head(ok).goaway(0); setTimeout(() => r.data("{}", true), 30); }, 200, "{}"],
  ["GOAWAY of all streams to come before their head", (r) => { r.goaway(0, 2 ** 31 - 1); setTimeout(() => r.head(ok).data("{}", true), 30); }, 200, "{}"],
]; // prettier-ignore

describe("answers of HTTP/2", () => {
  const tls = selfSigned();
  const stops: (() => Promise<void>)[] = [];
  before(function () {
    if (tls === undefined) this.skip();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  /** Asks a server that answers so for a thing, then for another that it answers well. */
  async function ask(
    answer: (reply: FrameReply, nth: number) => unknown,
  ): Promise<{ sent: Sent; next: Sent; server: FrameServer }> {
    assert.ok(tls);
    const server = await FrameServer.start(tls, (reply, nth) =>
      nth === 1 ? answer(reply, nth) : reply.head(ok).data("[]", true),
    );
    const options = { requestTimeoutMs: 400, maxConcurrentPerHost: 64 };
    const transport = new Transport(new HostRules(), options);
    stops.push(
      () => transport.close(),
      () => server.stop(),
    );
    const request: HttpRequest = {
      method: "GET",
      url: server.url,
      headers: {},
      maxBytes: 1_000,
      signal: new AbortController().signal,
    };
    return { sent: await transport.send(request), next: await transport.send(request), server };
  }

  for (const [what, answer, kind, words, breakdown] of faults)
    it(`such as ${what} are no whole ones, and the next request is answered`, async () => {
      const { sent, next } = await ask(answer);
      assert.ok(!sent.ok, "it was taken for whole");
      assert.equal(sent.failure.kind, kind, sent.failure.message);
      assert.match(sent.failure.message, words);
      assert.equal(sent.breakdown, breakdown);
      assert.ok(next.ok, next.ok ? "" : next.failure.message);
      assert.equal(Buffer.from(next.response.body).toString(), "[]");
    });

  for (const [what, answer, status, body, fields = {}] of answers)
    it(`with ${what} are read as they are`, async () => {
      const { sent, next } = await ask(answer);
      assert.ok(sent.ok, sent.ok ? "" : sent.failure.message);
      assert.deepEqual([sent.response.status, Buffer.from(sent.response.body).toString()], [status, body]);
      for (const [name, values] of Object.entries(fields))
        assert.deepEqual(sent.response.header(name), values);
      assert.ok(next.ok, next.ok ? "" : next.failure.message);
    });
});
