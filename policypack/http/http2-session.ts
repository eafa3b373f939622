import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Socket } from "node:net";
import type { Channel, Incoming, Outgoing } from "./connection-pool";
import { answerOn } from "./http2-stream";

/** What the server may send before we have read of it, in bytes: on one stream (256 KiB), and on all (4 MiB). */
const window = { stream: 256 * 1024, session: 4 * 1024 * 1024 };
/** How long a session that brings nothing has to answer a PING before it counts as dead. */
const pongMs = 2_000;

/**
 * A connection of HTTP/2 (RFC 9113), which carries many requests side by side: as many as the server allows, one until it has said how
 * many; Node keeps the others back. It takes nothing pushed. It never keeps the process alive.
 */
export class Http2Session implements Channel {
  readonly #session: ClientHttp2Session;
  #goaway: { readonly code: number; readonly lastStream: number } | undefined;
  #probing = false;
  /** Whether the server has shown that it speaks HTTP/2. */
  #greeted = false;

  /** @param socket a TLS connection that has chosen `h2` */
  constructor(
    private readonly authority: string,
    private readonly socket: Socket,
    ended: () => void,
  ) {
    const session = connect(`https://${authority}`, {
      createConnection: () => socket,
      // Of what is longer, nothing is kept; Node says of it only that it ended, so that a lower limit is our own affair.
      settings: { enablePush: false, initialWindowSize: window.stream, maxHeaderListSize: 1024 * 1024 },
      maxHeaderListPairs: 20_000,
      peerMaxConcurrentStreams: 1,
    });
    session.once("connect", () => {
      if (!session.destroyed) session.setLocalWindowSize(window.session);
    });
    session.once("remoteSettings", () => (this.#greeted = true));
    session.on("goaway", (code: number, lastStream: number) => {
      this.#goaway = { code, lastStream };
    });
    // Each stream tells of it.
    session.on("error", () => undefined);
    session.once("close", ended);
    session.unref();
    this.#session = session;
  }

  /** Whether it takes further requests. */
  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed && !this.socket.destroyed;
  }

  request({ method, path, headers, body, signal }: Outgoing): Promise<Incoming> {
    signal.throwIfAborted();
    const stream = this.#session.request(
      {
        ":method": method,
        ":scheme": "https",
        ":authority": this.authority,
        ":path": path,
        ...headers,
        ...(body === null ? {} : { "content-length": Buffer.byteLength(body) }),
      },
      { endStream: body === null },
    );
    if (body !== null) stream.end(body);
    let unsent = false;
    stream.once("frameError", () => (unsent = true));
    signal.addEventListener("abort", () => {
      if (!stream.closed) this.#probe();
    });
    return answerOn(stream, signal, (error) => this.#failure(stream, unsent, error));
  }

  /** Lets the requests under way end, and takes no more. */
  retire(): void {
    this.#session.close();
  }

  async destroy(): Promise<void> {
    if (this.#session.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#session.once("close", resolve).destroy();
    });
  }

  /** Behind a request that took too long: a connection may die without a word, and then no other request shall wait for it. */
  #probe(): void {
    if (this.#probing || !this.usable) return;
    this.#probing = true;
    const timer = setTimeout(() => this.socket.destroy(), pongMs).unref();
    this.#session.ping(() => {
      this.#probing = false;
      clearTimeout(timer);
    });
  }

  #failure(stream: ClientHttp2Stream, unsent: boolean, error: Error | undefined): Error {
    const goaway = this.#goaway;
    const beyond = goaway !== undefined && (stream.id ?? Infinity) > goaway.lastStream;
    const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    if (unsent || beyond || refused || stream.pending)
      return goaway?.code === constants.NGHTTP2_ENHANCE_YOUR_CALM
        ? new Http2Error("ENHANCE_YOUR_CALM", false)
        : new Http2Error(codeOfNumber(goaway?.code || constants.NGHTTP2_REFUSED_STREAM), !this.usable);
    const code = error !== undefined && "code" in error ? error.code : undefined;
    // One answer against the rules ends the session from Node 22 on, and with it the other requests' streams.
    if (code === "ERR_HTTP2_ERROR" && this.#greeted) return new Http2Error("PROTOCOL_ERROR", false);
    // What the socket met says more.
    if (error !== undefined && typeof code === "string" && !/^ERR_HTTP2_(?:STREAM|SESSION)_ERROR$/.test(code))
      return error;
    if (goaway === undefined && this.socket.destroyed)
      return Object.assign(new Error("the connection ended"), { code: "ECONNRESET" });
    return new Http2Error(codeOfNumber(goaway?.code || stream.rstCode), false);
  }
}

/** The error codes of HTTP/2, by their numbers (RFC 9113 §7). */
const codes = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
] as const;

export type Http2Code = (typeof codes)[number];

/** An unknown code means the same as INTERNAL_ERROR (§7). */
function codeOfNumber(code: number): Http2Code {
  return codes[code] ?? "INTERNAL_ERROR";
}

/** How a stream of HTTP/2 ended before its answer was whole. */
export class Http2Error extends Error {
  constructor(
    readonly code: Http2Code,
    /** The server looked at nothing of it and takes no more of them here: another session may (RFC 9113 §6.8, §8.7). */
    readonly unprocessed: boolean,
  ) {
    super(`the stream ended with ${code}`);
  }
}

/** The origin chose HTTP/2 for a connection of undici's, whose request was not sent; the session stands. */
export class Http2Chosen extends Error {
  readonly code = "ECONNRESET";
}
