import type { AddressInfo, Socket } from "node:net";
import { createServer, type Server } from "node:tls";

const types = { data: 0, headers: 1, reset: 3, settings: 4, push: 5, ping: 6, goaway: 7, continuation: 9 };
const maximumFrame = 16_384;
const prefaceLength = 24;

/** What one request may be answered with, right or wrong, frame by frame (RFC 9113 §6). */
export class FrameReply {
  constructor(
    readonly stream: number,
    readonly socket: Socket,
  ) {}

  head(fields: Readonly<Record<string, string>> | [string, string][], end = false): this {
    const entries = Array.isArray(fields) ? fields : Object.entries(fields);
    const block = Buffer.concat(entries.map(literal));
    for (let from = 0; from === 0 || from < block.length; from += maximumFrame) {
      const last = from + maximumFrame >= block.length ? 4 : 0;
      const type = from === 0 ? types.headers : types.continuation;
      this.frame(type, from === 0 && end ? last | 1 : last, block.subarray(from, from + maximumFrame));
    }
    return this;
  }

  data(text: string, end = false): this {
    return this.frame(types.data, end ? 1 : 0, Buffer.from(text));
  }

  reset(code: number): this {
    return this.frame(types.reset, 0, number32(code));
  }

  goaway(code: number, lastStream = this.stream): this {
    const payload = Buffer.concat([number32(lastStream), number32(code)]);
    this.socket.write(frame(types.goaway, 0, 0, payload));
    return this;
  }

  push(): this {
    const payload = Buffer.concat([number32(2), literal([":method", "GET"]), literal([":path", "/"])]);
    return this.frame(types.push, 4, payload);
  }

  frame(type: number, flags: number, payload: Buffer): this {
    this.socket.write(frame(type, flags, this.stream, payload));
    return this;
  }
}

/** A server that speaks HTTP/2 by hand, so that it can break off what no real one would. */
export class FrameServer {
  /** Connections that have completed TLS. */
  connections = 0;
  /** Of streams that the client gave up, their error codes. */
  readonly resets: number[] = [];
  /** Whether PINGs are answered. */
  pongs = true;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param answer called with the number of each request, from 1 */
  static async start(
    tls: { readonly key: string; readonly cert: string },
    answer: (reply: FrameReply, nth: number) => unknown,
  ): Promise<FrameServer> {
    const server = new FrameServer(tls, answer);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  private constructor(
    tls: { readonly key: string; readonly cert: string },
    answer: (reply: FrameReply, nth: number) => unknown,
  ) {
    let requests = 0;
    this.#server = createServer({ ...tls, ALPNProtocols: ["h2"] }, (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
      socket.write(frame(types.settings, 0, 0, Buffer.alloc(0)));
      let rest: Buffer = Buffer.alloc(0);
      let skip = prefaceLength;
      socket.on("data", (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        rest = rest.subarray(Math.min(skip, rest.length) === skip ? skip : 0);
        skip = 0;
        while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
          const length = 9 + rest.readUIntBE(0, 3);
          const [type, flags, stream] = [rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5)];
          const payload = rest.subarray(9, length);
          rest = rest.subarray(length);
          if (type === types.headers) answer(new FrameReply(stream, socket), ++requests);
          else if (type === types.reset) this.resets.push(payload.readUInt32BE(0));
          else if (type === types.settings && flags === 0) socket.write(frame(types.settings, 1, 0));
          else if (type === types.ping && flags === 0 && this.pongs)
            socket.write(frame(types.ping, 1, 0, payload));
        }
      });
    });
    this.#server.on("tlsClientError", () => undefined);
  }

  get url(): URL {
    return new URL(`https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A literal field without indexing (RFC 7541 §6.2.2). */
function literal([name, value]: [string, string]): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

/** A string without Huffman coding (RFC 7541 §5.1, §5.2). */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  const length: number[] = [Math.min(bytes.length, 127)];
  if (bytes.length >= 127) {
    let left = bytes.length - 127;
    for (; left >= 128; left = left >> 7) length.push((left & 127) | 128);
    length.push(left);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
