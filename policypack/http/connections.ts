import type { Client } from "undici";

/** A connection, lent to one request. */
export interface Connection {
  readonly client: Client;
  /** Whether it carried a request before. */
  readonly used: boolean;
  /** Gives it back: for reuse, or to be closed. */
  readonly release: (reusable: boolean) => void;
}

/**
 * The connections to all hosts, idle ones included: undici's pools are bounded for each origin only. An idle connection serves its own
 * key again, the last used first. If `maximum` are open, the idle one that was used longest ago is closed. The limiter sees to it that
 * fewer than `maximum` are in use.
 */
export class Connections {
  /** The one used longest ago comes first. */
  #idle: { readonly key: string; readonly client: Client }[] = [];
  readonly #open = new Set<Client>();

  constructor(private readonly maximum: number) {}

  take(key: string, open: () => Client): Connection {
    const last = this.#idle.findLastIndex((one) => one.key === key);
    const reused = last < 0 ? undefined : this.#idle.splice(last, 1)[0];
    if (reused === undefined && this.#open.size >= this.maximum) this.#closeOldest();
    const client = reused?.client ?? open();
    this.#open.add(client);
    const release = (reusable: boolean) => {
      if (reusable && this.#open.has(client)) this.#idle.push({ key, client });
      else void this.#end(client);
    };
    return { client, used: reused !== undefined, release };
  }

  /** Frees the file descriptors of those that nobody uses. */
  closeIdle(): void {
    while (this.#idle.length > 0) this.#closeOldest();
  }

  /** Ends them all, those in use too. */
  async close(): Promise<void> {
    this.#idle = [];
    await Promise.all([...this.#open].map((client) => this.#end(client)));
  }

  #closeOldest(): void {
    const oldest = this.#idle.shift();
    if (oldest !== undefined) void this.#end(oldest.client);
  }

  #end(client: Client): Promise<void> {
    this.#open.delete(client);
    return client.destroy();
  }
}
