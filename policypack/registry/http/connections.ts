import type { Dispatcher } from "undici";

/** One connection, used by one request at a time. */
export interface Connection {
  readonly dispatcher: Dispatcher;
  /** Whether it carried a request before. */
  readonly used: boolean;
  /** Gives it back: for reuse, or to be closed. */
  readonly release: (reusable: boolean) => void;
}

interface Idle {
  readonly key: string;
  readonly dispatcher: Dispatcher;
}

/**
 * The connections to all hosts. An idle one is reused for its own key, the last used first; where as many as allowed are open, the
 * idle one that was used longest ago gives way. Whoever takes one has seen to it that fewer than `maximum` are in use.
 */
export class Connections {
  /** The one used longest ago comes first. */
  readonly #idle: Idle[] = [];
  readonly #open = new Set<Dispatcher>();

  constructor(private readonly maximum: number) {}

  take(key: string, open: () => Dispatcher): Connection {
    const last = this.#idle.findLastIndex((one) => one.key === key);
    let dispatcher = this.#idle.splice(last, last < 0 ? 0 : 1)[0]?.dispatcher;
    const used = dispatcher !== undefined;
    if (dispatcher === undefined) {
      const oldest = this.#open.size < this.maximum ? undefined : this.#idle.shift();
      if (oldest !== undefined) void this.#end(oldest.dispatcher);
      dispatcher = open();
      this.#open.add(dispatcher);
    }
    const taken = dispatcher;
    return {
      dispatcher,
      used,
      release: (reusable) => {
        if (reusable && this.#open.has(taken)) this.#idle.push({ key, dispatcher: taken });
        else void this.#end(taken);
      },
    };
  }

  /** Ends them all, those in use too. */
  async close(): Promise<void> {
    this.#idle.length = 0;
    await Promise.all([...this.#open].map((dispatcher) => this.#end(dispatcher)));
  }

  #end(dispatcher: Dispatcher): Promise<void> {
    this.#open.delete(dispatcher);
    return dispatcher.destroy();
  }
}
