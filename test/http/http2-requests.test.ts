import assert from "node:assert/strict";
import { constants } from "node:http2";
import { http2Bench, requestTo, textOf } from "./http2-bench";

describe("requests of HTTP/2", () => {
  const { transportOf, serve } = http2Bench();

  it("to a server that wants HTTP/1.1 for them are sent by that, from then on", async () => {
    const server = await serve((stream) => {
      stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED);
    });
    const transport = transportOf();
    for (let n = 0; n < 3; n++) assert.equal(await textOf(transport, requestTo(server.url)), "old");
    assert.deepEqual([server.sessions.size, server.connections, server.plain], [1, 2, 3]);
  });

  it("leave their session be when their answer is cut off, at its bound or behind its start", async () => {
    const chunk = Buffer.alloc(65_536, "x");
    const server = await serve((stream, nth) => {
      stream.respond({ ":status": 200 });
      if (nth === 3) {
        stream.end("{}");
        return;
      }
      let left = 1600;
      const more = (): void => {
        while (left-- > 0 && !stream.destroyed)
          if (!stream.write(chunk)) return void stream.once("drain", more);
      };
      more();
    });
    const transport = transportOf();
    assert.match(await textOf(transport, requestTo(server.url)), /^final: .*more than 1000 bytes/);
    const start = requestTo(server.url, { maxBytes: 10, startOnly: true });
    assert.equal(await textOf(transport, start), "x".repeat(10));
    assert.equal(await textOf(transport, requestTo(server.url)), "{}");
    assert.equal(server.connections, 1);
    assert.deepEqual(server.resets.slice(0, 2), [constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
  });

  it("leave their session be when they are given up or take too long, and the server is told", async () => {
    const server = await serve((stream, nth) => {
      if (nth < 3) return;
      stream.respond({ ":status": 200 });
      stream.end("{}");
    });
    const transport = transportOf(200);
    const early = await textOf(transport, requestTo(server.url, { signal: AbortSignal.timeout(50) }));
    assert.match(early, /^final: the time for this image ended/);
    assert.match(await textOf(transport, requestTo(server.url)), /^late: .*within 0\.2 s/);
    assert.equal(await textOf(transport, requestTo(server.url)), "{}");
    assert.equal(server.connections, 1);
    assert.deepEqual(server.resets.slice(0, 2), [constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
  });

  it("may have bodies, and HEAD has an answer without one", async () => {
    const bodies: string[] = [];
    const server = await serve((stream, _, headers) => {
      let body = "";
      stream.on("data", (chunk: Buffer) => (body += chunk.toString()));
      stream.on("end", () => bodies.push(body));
      stream.respond({ ":status": 200, "content-length": 2 });
      stream.end(headers[":method"] === "HEAD" ? undefined : "{}");
    });
    const transport = transportOf();
    assert.equal(await textOf(transport, requestTo(server.url, { method: "POST", body: "é=1" })), "{}");
    assert.equal(await textOf(transport, requestTo(server.url, { method: "HEAD" })), "");
    assert.equal(await textOf(transport, requestTo(server.url)), "{}");
    assert.equal(bodies[0], "é=1");
    assert.equal(server.connections, 1);
  });
});
