import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A proxy that leads every tunnel to one port of this machine, or refuses them all. */
export class TunnelProxy {
  /** The targets of the requested tunnels: `host:port` each. */
  readonly tunnels: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param port undefined refuses every tunnel */
  static async start(port: number | undefined): Promise<TunnelProxy> {
    const proxy = new TunnelProxy(port);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  private constructor(port: number | undefined) {
    this.#server = createServer().on("connect", (request, socket: Socket) => {
      this.tunnels.push(request.url ?? "");
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      if (port === undefined) {
        socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        return;
      }
      const upstream = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      upstream.on("error", () => socket.destroy()).pipe(socket);
      socket.pipe(upstream).on("close", () => socket.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
