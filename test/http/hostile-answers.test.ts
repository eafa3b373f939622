import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { FailureKind } from "../../policypack/common/outcome";
import { SkippingClock } from "../../support/mocha/skipping-clock";
import { assertFails, at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";

const bytes = JSON.stringify(manifest);
const bomb = gzipSync(gzipSync(Buffer.alloc(1e8)));
const head = "HTTP/1.1 200 OK\r\n";

/** Sends a text over and over, as fast as the other end takes it, or with a pause each time. */
function forever(socket: Socket, text: string, pauseMs?: number): void {
  const next = (error?: Error | null): void => {
    if (error != null || socket.destroyed) return;
    if (pauseMs === undefined) socket.write(text, next);
    else setTimeout(() => socket.write(text, next), pauseMs);
  };
  next();
}

/** A body of chunks without an end. */
const unending =
  (status: number, chunk: string, pauseMs?: number) => (response: ServerResponse, socket: Socket) => {
    response.writeHead(status).flushHeaders();
    forever(socket, chunk, pauseMs);
  };

type Attack = readonly [string, (response: ServerResponse, socket: Socket) => unknown, FailureKind, RegExp];

const encoded = (coding: string, body: Buffer): Attack => [
  `a manifest encoded by ${coding}`,
  (r) => r.writeHead(200, { "content-encoding": coding }).end(body),
  "malformed",
  new RegExp(`content encoding ${coding},`),
];

const attacks: readonly Attack[] = [
  encoded("gzip", gzipSync(bytes)),
  encoded("deflate", deflateSync(bytes)),
  encoded("br", brotliCompressSync(bytes)),
  encoded("zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])),
  [
    "a gzip bomb",
    (r) => r.writeHead(200, { "content-encoding": "gzip, gzip" }).end(bomb),
    "malformed",
    /content encoding gzip, gzip/,
  ],
  [
    "an endless body",
    unending(200, `10000\r\n${"x".repeat(65_536)}\r\n`),
    "malformed",
    /more than 4194304 bytes/,
  ],
  [
    "an endless body of an error",
    unending(404, `10000\r\n${"x".repeat(65_536)}\r\n`),
    "missing",
    /has no tag/,
  ],
  ["a slow body without an end", unending(200, "1\r\n \r\n", 10), "timeout", /within 10 s/],
  ["a slow body of an error without an end", unending(404, "1\r\n \r\n", 10), "timeout", /within 10 s/],
  [
    "slow headers without an end",
    (_, s) => {
      s.write(head);
      forever(s, "x: y\r\n", 10);
    },
    "timeout",
    /within 10 s/,
  ],
  [
    "endless headers",
    (_, s) => {
      s.write(head);
      forever(s, "x: y\r\n".repeat(1000));
    },
    "malformed",
    /too many header bytes/,
  ],
  [
    "one endless header",
    (_, s) => {
      s.write(`${head}x: `);
      forever(s, "y".repeat(1000));
    },
    "malformed",
    /too many header bytes/,
  ],
  [
    "an endless status line",
    (_, s) => {
      s.write("HTTP/1.1 200 ");
      forever(s, "y".repeat(1000));
    },
    "timeout",
    /within 10 s/,
  ],
  [
    "a flood of 103",
    (_, s) => {
      forever(s, "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100));
    },
    "timeout",
    /within 10 s/,
  ],
  [
    "a 100 without an Expect",
    (_, s) => s.write("HTTP/1.1 100 Continue\r\n\r\n"),
    "unreachable",
    /broke the connection/,
  ],
  [
    "a 101",
    (_, s) => s.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
    "unreachable",
    /broke the connection/,
  ],
  ["a 204", (r) => r.writeHead(204).end(), "malformed", /HTTP 204/],
  ["a 206 without a range", (r) => r.writeHead(206).end(bytes), "malformed", /HTTP 206/],
  ["a 300", (r) => r.writeHead(300).end(), "malformed", /HTTP 300/],
  ["a 302 without a location", (r) => r.writeHead(302).end(), "malformed", /without a location \(HTTP 302\)/],
  [
    "a 308 to no URL",
    (r) => r.writeHead(308, { location: "http://[" }).end(),
    "malformed",
    /without a location/,
  ],
  ["a 304", (r) => r.writeHead(304).end(), "malformed", /HTTP 304/],
  [
    "an invalid status",
    (_, s) => s.end("HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n"),
    "unreachable",
    /HTTP 999/,
  ],
  [
    "two lengths",
    (_, s) => s.end(`${head}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`),
    "unreachable",
    /another length/,
  ],
  [
    "a negative length",
    (_, s) => s.end(`${head}content-length: -1\r\n\r\n{}`),
    "malformed",
    /does not speak HTTP/,
  ],
  [
    "a length that is not a number",
    (_, s) => s.end(`${head}content-length: many\r\n\r\n{}`),
    "malformed",
    /does not speak HTTP/,
  ],
  [
    "a length beyond all numbers",
    (_, s) => s.end(`${head}content-length: ${"9".repeat(30)}\r\n\r\n{}`),
    "unreachable",
    /another length/,
  ],
  [
    "a length and chunks",
    (_, s) => s.end(`${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
    "unreachable",
    /another length/,
  ],
  [
    "a chunk of no size",
    (_, s) => s.end(`${head}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n`),
    "malformed",
    /does not speak HTTP/,
  ],
  [
    "a body shorter than its length",
    (_, s) => s.end(`${head}content-length: 1000\r\n\r\n{}`),
    "unreachable",
    /broke the connection/,
  ],
];

describe("hostile answers", () => {
  const { start, connect } = bench();

  for (const [what, attack, kind, words] of attacks)
    it(`such as ${what} end as ${kind}, and the client goes on`, async () => {
      const clock = new SkippingClock();
      const [hostile, honest] = [await start(), await start()];
      honest.putManifest("app", "1", manifestType, manifest);
      hostile.onRequest = (_, response) => {
        assert.ok(response.socket);
        attack(response, response.socket);
        // What never ends meets the deadline of its request, after it had some time.
        if (kind === "timeout")
          setTimeout(() => {
            clock.expire();
          }, 200);
        return true;
      };
      const client = connect({ clock });
      assertFails(await client.manifest(at(hostile), "1"), kind, words);
      valueOf(await client.manifest(at(honest), "1"));
    });

  it("such as a body longer than its Content-Length are cut off there, and their connection is closed", async () => {
    const registry = await start();
    const answers = [`${head}content-length: 2\r\n\r\n{}${head}content-length: 4\r\n\r\nevil`, undefined];
    registry.putManifest("app", "1", manifestType, manifest);
    registry.onRequest = (_, response) => {
      const answer = answers.shift();
      if (answer !== undefined) response.socket?.write(answer);
      return answer !== undefined;
    };
    const client = connect();
    assert.equal(Buffer.from(valueOf(await client.manifest(at(registry), "1")).bytes).toString(), "{}");
    assert.equal(Buffer.from(valueOf(await client.manifest(at(registry), "1")).bytes).toString(), bytes);
  });

  it("such as interim ones before the real one are skipped", async () => {
    const registry = await start();
    registry.onRequest = (_, response) => {
      const interim = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
      response.socket?.write(`${interim}${interim}${head}content-length: 2\r\n\r\n{}`);
      return true;
    };
    assert.equal(valueOf(await connect().manifest(at(registry), "1")).bytes.length, 2);
  });

  it("of token services are limited in size, too", async () => {
    const registry = await start({ access: { mode: "bearer" } });
    registry.onRequest = (request, response) => {
      if (!request.url!.startsWith("/token")) return false;
      response.writeHead(200).end(Buffer.alloc(2e6, " "));
      return true;
    };
    assertFails(await connect().manifest(at(registry), "1"), "malformed", /more than 1048576 bytes/);
  });
});
