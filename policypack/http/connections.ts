import { Agent, type ClientRequest, type ClientRequestArgs } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Servers close idle connections, many after 5 seconds, and may do so while a request is on its way. */
const idleTimeoutMs = 4_000;

/** Opens a connection: it is returned, and may still be connecting, or passed on when it is there. */
export type Connect = (callback: (error: Error | null, socket?: Duplex) => void) => Socket | undefined;

/**
 * The connections to all hosts, idle ones included: Node's agents bound those in use. An idle connection serves its own route again, the
 * last used first. If `maximum` are open, the idle one that was used longest ago is closed. The limiter sees to it that fewer than
 * `maximum` are in use.
 */
export class Connections {
  /** The one used longest ago comes first. */
  readonly #idle = new Set<Duplex>();
  readonly #open = new Set<Duplex>();

  constructor(private readonly maximum: number) {}

  /** The connections of one route. */
  agent(connect: Connect): Agent {
    return new RouteAgent(connect, this.#idle, () => {
      const [oldest] = this.#idle;
      if (oldest !== undefined && this.#open.size >= this.maximum) this.#end(oldest);
    });
  }

  /** Counts a connection as open until it is closed. */
  count<S extends Duplex>(socket: S): S {
    this.#open.add(socket);
    return socket.once("close", () => {
      this.#open.delete(socket);
      this.#idle.delete(socket);
    });
  }

  /** Frees the file descriptors of those that nobody uses. */
  closeIdle(): void {
    for (const socket of this.#idle) this.#end(socket);
  }

  /** Ends them all, those in use and those that are being made too. */
  async close(): Promise<void> {
    const end = (socket: Duplex) => new Promise((resolve) => socket.once("close", resolve).destroy());
    await Promise.all([...this.#open].map(end));
  }

  #end(socket: Duplex): void {
    this.#idle.delete(socket);
    this.#open.delete(socket);
    socket.destroy();
  }
}

/** All its requests may share connections. Idle ones do not keep the process alive. */
class RouteAgent extends Agent {
  constructor(
    private readonly connect: Connect,
    private readonly idle: Set<Duplex>,
    private readonly makeRoom: () => void,
  ) {
    super({ keepAlive: true, timeout: idleTimeoutMs });
  }

  override getName(): string {
    return "";
  }

  override createConnection(
    _: ClientRequestArgs,
    callback: (error: Error | null, socket: Duplex) => void,
  ): Duplex | undefined {
    this.makeRoom();
    return this.connect(callback as Parameters<Connect>[0]);
  }

  override keepSocketAlive(socket: Socket): boolean {
    if (socket.timeout !== idleTimeoutMs) socket.setTimeout(idleTimeoutMs);
    this.idle.add(socket.unref().once("data", close));
    return true;
  }

  override reuseSocket(socket: Socket, request: ClientRequest): void {
    this.idle.delete(socket.off("data", close));
    super.reuseSocket(socket, request);
  }
}

/** Bytes that nobody requested: the next request would take them for its answer. */
function close(this: Socket): void {
  this.destroy();
}
