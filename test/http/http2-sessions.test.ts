import assert from "node:assert/strict";
import { constants } from "node:http2";
import type { FrameReply } from "../../support/network/http2-frames";
import { http2Bench, requestTo, textOf } from "./http2-bench";

const ok = { ":status": "200" };

describe("sessions of HTTP/2", () => {
  const { transportOf, serve, serveFrames } = http2Bench();

  it("carry no more requests than the server allows, from the first on", async () => {
    let [under, most] = [0, 0];
    const server = await serve(
      (stream) => {
        most = Math.max(most, ++under);
        setTimeout(() => {
          under--;
          stream.respond({ ":status": 200 });
          stream.end("{}");
        }, 5);
      },
      { maxConcurrentStreams: 2 },
    );
    const transport = transportOf();
    assert.equal(await textOf(transport, requestTo(server.url)), "{}");
    const all = Array.from({ length: 40 }, () => textOf(transport, requestTo(server.url)));
    assert.deepEqual(new Set(await Promise.all(all)), new Set(["{}"]));
    assert.deepEqual([most, server.connections], [2, 1]);
    assert.ok(server.resets.every((code) => code === constants.NGHTTP2_NO_ERROR));
  });

  it("are one, whatever number of first requests come at once", async () => {
    const server = await serve(
      (stream) => {
        stream.respond({ ":status": 200 });
        stream.end("{}");
      },
      { maxConcurrentStreams: 5 },
    );
    const transport = transportOf();
    const all = Array.from({ length: 40 }, () => textOf(transport, requestTo(server.url)));
    assert.deepEqual(new Set(await Promise.all(all)), new Set(["{}"]));
    assert.ok([...server.sessions].filter(({ destroyed }) => !destroyed).length <= 1);
    assert.equal(transport.requests, 40);
  });

  it("that say GOAWAY end what they have begun; the rest goes to one new session", async () => {
    const held: FrameReply[] = [];
    const server = await serveFrames((reply, nth) => {
      if (nth === 1) return reply.head(ok).data("a", true);
      if (nth < 12) held.push(reply);
      if (nth === 11) {
        const third = held[2];
        assert.ok(third);
        third.goaway(0);
        setTimeout(() => {
          held.slice(0, 3).forEach((one) => one.head(ok).data("a", true));
        }, 50);
      }
      return nth < 12 ? undefined : reply.head(ok).data("b", true);
    });
    const transport = transportOf();
    assert.equal(await textOf(transport, requestTo(server.url)), "a");
    const all = Array.from({ length: 10 }, () => textOf(transport, requestTo(server.url)));
    assert.equal((await Promise.all(all)).sort().join(""), "aaabbbbbbb");
    assert.equal(server.connections, 2);
  });

  it("that say GOAWAY with an error leave what the server did not look at to a new one", async () => {
    const held: FrameReply[] = [];
    const server = await serveFrames((reply, nth) => {
      if (nth === 1 || nth > 4) return reply.head(ok).data("a", true);
      held.push(reply);
      return nth === 4 ? held[0]?.goaway(2) : undefined;
    });
    const transport = transportOf();
    assert.equal(await textOf(transport, requestTo(server.url)), "a");
    const all = await Promise.all([1, 2, 3].map(() => textOf(transport, requestTo(server.url))));
    assert.deepEqual(all.map((text) => text.replace(/:.*connection/, "")).sort(), [
      "a",
      "a",
      "transient (INTERNAL_ERROR)",
    ]);
    assert.equal(server.connections, 2);
  });

  it("that say GOAWAY for ever are not followed for ever", async () => {
    const server = await serveFrames((reply) => reply.goaway(0, 0));
    assert.match(await textOf(transportOf(), requestTo(server.url)), /^transient: .*refused the request/);
    assert.equal(server.connections, 4);
  });

  it("that the server closes between requests are followed by a new one", async () => {
    const server = await serve((stream) => {
      stream.respond({ ":status": 200 });
      stream.end("{}");
    });
    const transport = transportOf();
    for (let n = 1; n <= 4; n++) {
      assert.equal(await textOf(transport, requestTo(server.url)), "{}");
      assert.equal(server.connections, n);
      for (const session of server.sessions)
        if (n % 2 === 0) session.close();
        else session.destroy();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  });

  it("that have died without a word are given up", async () => {
    const server = await serveFrames((reply, nth) =>
      nth === 1 ? undefined : reply.head(ok).data("{}", true),
    );
    server.pongs = false;
    const transport = transportOf(200);
    assert.match(await textOf(transport, requestTo(server.url)), /^late/);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    assert.equal(await textOf(transport, requestTo(server.url)), "{}");
    assert.equal(server.connections, 2);
  });
});
