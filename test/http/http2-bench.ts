import assert from "node:assert/strict";
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { HttpRequest } from "../../policypack/http/messages";
import { HostRules } from "../../policypack/http/host-rules";
import { Transport } from "../../policypack/http/transport";
import { selfSigned } from "../../support/network/certificate";
import { type FrameReply, FrameServer } from "../../support/network/http2-frames";

/** What a server of HTTP/2 has seen. */
export interface Seen {
  url: URL;
  readonly sessions: Set<ServerHttp2Session>;
  /** Connections that have completed TLS. */
  connections: number;
  /** Requests of HTTP/1.1. */
  plain: number;
  /** The codes of all streams that ended. */
  readonly resets: number[];
}

/** Gives servers of HTTP/2 and transports to tests, and ends them after each. */
export function http2Bench() {
  const tls = selfSigned();
  const ends: (() => unknown)[] = [];
  before(function () {
    if (tls === undefined) this.skip();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  function transportOf(requestTimeoutMs = 2_000): Transport {
    const transport = new Transport(new HostRules(), { requestTimeoutMs, maxConcurrentPerHost: 64 });
    ends.unshift(() => transport.close());
    return transport;
  }

  /** Node's own server; counts its sessions and what its clients gave up. */
  async function serve(
    answer: (stream: ServerHttp2Stream, nth: number, headers: IncomingHttpHeaders) => void,
    settings: { maxConcurrentStreams?: number } = {},
  ) {
    assert.ok(tls);
    const server: Http2SecureServer = createSecureServer({ ...tls, allowHTTP1: true, settings });
    const seen: Seen = {
      url: new URL("https://127.0.0.1"),
      sessions: new Set(),
      connections: 0,
      plain: 0,
      resets: [],
    };
    const sockets = new Set<Socket>();
    let requests = 0;
    server.on("secureConnection", (socket: Socket) => {
      seen.connections++;
      sockets.add(socket);
      socket.on("error", () => undefined);
    });
    server.on("session", (session) => {
      seen.sessions.add(session);
      session.on("error", () => undefined);
    });
    server.on("stream", (stream, headers) => {
      stream.on("error", () => undefined);
      stream.on("close", () => seen.resets.push(stream.rstCode));
      answer(stream, ++requests, headers);
    });
    server.on("request", (request, response) => {
      if (request.httpVersion !== "1.1") return;
      seen.plain++;
      response.end("old");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    seen.url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return seen;
  }

  async function serveFrames(answer: (reply: FrameReply, nth: number) => unknown): Promise<FrameServer> {
    assert.ok(tls);
    const server = await FrameServer.start(tls, answer);
    ends.push(() => server.stop());
    return server;
  }

  return { transportOf, serve, serveFrames };
}

export const requestTo = (url: URL, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  url,
  headers: {},
  maxBytes: 1_000,
  signal: new AbortController().signal,
  ...more,
});

/** The body, or how the request broke down. */
export async function textOf(transport: Transport, request: HttpRequest): Promise<string> {
  const sent = await transport.send(request);
  return sent.ok ? Buffer.from(sent.response.body).toString() : `${sent.breakdown}: ${sent.failure.message}`;
}
