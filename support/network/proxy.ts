import { createServer, type IncomingMessage, request as send, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A real HTTP proxy in this process. It connects every request to one port of this machine. */
export class TestProxy {
  /** The requests that it got: `CONNECT host:port` or `GET http://…`. */
  readonly asked: string[] = [];
  /** The Proxy-Authorization fields that it was given. */
  readonly logins: (string | undefined)[] = [];
  /** Answered in place of everything; 0 answers nothing at all. */
  refusal: number | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  static async start(port: number): Promise<TestProxy> {
    const proxy = new TestProxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  private constructor(port: number) {
    this.#server = createServer((request, response) => {
      this.#note(request);
      if (this.refusal === 0) return;
      if (this.refusal !== undefined) {
        response.writeHead(this.refusal).end();
        return;
      }
      const { method, headers } = request;
      const { pathname, search } = new URL(request.url ?? "");
      const options = { host: "127.0.0.1", port, path: pathname + search, method, headers };
      const forwarded = send(options, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      });
      forwarded.on("error", () => response.destroy()).end();
    });
    this.#server.on("connect", (request: IncomingMessage, socket: Socket) => {
      this.#note(request);
      socket.on("error", () => undefined);
      if (this.refusal === 0) {
        socket.resume().on("end", () => socket.end());
        return;
      }
      if (this.refusal !== undefined) {
        socket.end(`HTTP/1.1 ${this.refusal} Refused\r\n\r\n`);
        return;
      }
      const upstream = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      upstream.on("error", () => socket.destroy()).pipe(socket);
      socket.pipe(upstream).on("close", () => socket.destroy());
    });
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The number of connections to it. */
  get open(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #note({ method = "", url = "", headers }: IncomingMessage): void {
    this.asked.push(`${method} ${url}`);
    this.logins.push(headers["proxy-authorization"]);
  }
}

const variables = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"];

/** Frees every test of the calling suite from the environment's proxies, and puts them back; gives a way to set them. */
export function useProxyEnvironment(): (wanted: Record<string, string>) => void {
  const old = new Map(variables.map((name) => [name, process.env[name]]));
  beforeEach(() => {
    for (const name of variables) Reflect.deleteProperty(process.env, name);
  });
  after(() => {
    for (const [name, value] of old)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });
  return (wanted) => {
    Object.assign(process.env, wanted);
  };
}
