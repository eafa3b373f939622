import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { whenAborted } from "../common/concurrency";

/** A channel, lent to one request. */
export interface Connection {
  readonly dispatcher: Channel;
  /** Whether it carried a request before. */
  readonly used: boolean;
  /** Gives it back: for reuse, or to be closed. A shared one stays, whatever became of the request. */
  readonly release: (reusable: boolean) => void;
}

/** A channel that carries many requests at a time. */
export interface SharedChannel extends Channel {
  /** Whether it takes further requests. */
  readonly usable: boolean;
  /** Lets the requests under way end, and takes no more. */
  retire(): void;
}

interface Idle {
  /** undefined for a shared one. */
  readonly key: string | undefined;
  readonly dispatcher: Channel;
}

interface Shared {
  readonly channel: SharedChannel;
  users: number;
}

/**
 * The connections to all hosts. An idle one is reused for its own key, the last used first; where as many as allowed are open, the
 * idle one that was used longest ago gives way. Whoever takes one has seen to it that fewer than `maximum` are in use. Where a key has
 * a shared one, all its requests go there.
 */
export class Connections {
  /** The one used longest ago comes first. */
  readonly #idle: Idle[] = [];
  readonly #open = new Set<Channel>();
  readonly #shared = new Map<string, Shared>();
  /** Keys for which a shared channel is to be expected → how to call those who wait while one of them opens it. */
  readonly #expected = new Map<string, { waiting: Promise<void>; called: () => void } | undefined>();
  readonly #known = new Set<string>();
  #closed = false;

  constructor(private readonly maximum: number) {}

  /**
   * Takes one; waits while a shared one that is to be expected is being opened, so that it is not opened once for each request: where the
   * last one was shared, or nothing is known yet but that other keys have shared ones, and this one may.
   */
  async takeInTurn(
    key: string,
    open: () => Channel,
    signal: AbortSignal,
    mayShare = false,
  ): Promise<Connection> {
    if (mayShare && this.#shared.size > 0 && !this.#known.has(key)) this.#expected.set(key, undefined);
    this.#known.add(key);
    for (;;) {
      const expected = this.#expected.get(key);
      if (expected === undefined || this.#shared.get(key)?.channel.usable === true)
        return this.take(key, open);
      let stopListening = () => {};
      const aborted = new Promise<void>((resolve) => {
        stopListening = whenAborted(signal, resolve);
      });
      await Promise.race([expected.waiting, aborted]);
      stopListening();
      signal.throwIfAborted();
    }
  }

  take(key: string, open: () => Channel): Connection {
    const shared = this.#shared.get(key);
    if (shared?.channel.usable === true) return this.#join(shared);
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
    const opensExpected = this.#expected.has(key) && this.#expected.get(key) === undefined;
    if (opensExpected) this.#expected.set(key, deferred());
    return {
      dispatcher,
      used,
      release: (reusable) => {
        if (reusable && this.#open.has(taken)) this.#idle.push({ key, dispatcher: taken });
        else void this.#end(taken);
        if (opensExpected && this.#shared.get(key)?.channel.usable !== true) this.#forget(key);
      },
    };
  }

  /** Makes a shared channel for a key that has none; false where it has one, or all is over. */
  share(key: string, open: (ended: () => void) => SharedChannel): boolean {
    if (this.#closed || this.#shared.get(key)?.channel.usable === true) return false;
    const channel = open(() => {
      this.#drop(key, channel);
    });
    this.#open.add(channel);
    this.#shared.set(key, { channel, users: 0 });
    this.#idle.push({ key: undefined, dispatcher: channel });
    this.#expected.get(key)?.called();
    this.#expected.set(key, undefined);
    return true;
  }

  /** Tells that the channel which is being opened will not be shared: nobody need wait for it. */
  alone(key: string): void {
    if (this.#shared.get(key)?.channel.usable !== true) this.#forget(key);
  }

  /** From now on this key's requests have a connection each. */
  unshare(key: string): void {
    this.#shared.get(key)?.channel.retire();
    this.#shared.delete(key);
    this.#forget(key);
  }

  /** Ends them all, those in use too. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#idle.length = 0;
    await Promise.all([...this.#open].map((dispatcher) => this.#end(dispatcher)));
  }

  #join(shared: Shared): Connection {
    const { channel } = shared;
    shared.users++;
    this.#leaveIdle(channel);
    return {
      dispatcher: channel,
      used: true,
      release: () => {
        shared.users--;
        if (shared.users === 0 && this.#open.has(channel))
          this.#idle.push({ key: undefined, dispatcher: channel });
      },
    };
  }

  #drop(key: string, channel: SharedChannel): void {
    this.#open.delete(channel);
    this.#leaveIdle(channel);
    if (this.#shared.get(key)?.channel === channel) this.#shared.delete(key);
  }

  #leaveIdle(channel: Channel): void {
    const at = this.#idle.findIndex(({ dispatcher }) => dispatcher === channel);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #forget(key: string): void {
    this.#expected.get(key)?.called();
    this.#expected.delete(key);
  }

  #end(dispatcher: Channel): Promise<void> {
    this.#open.delete(dispatcher);
    return dispatcher.destroy();
  }
}

function deferred(): { waiting: Promise<void>; called: () => void } {
  let called = () => {};
  const waiting = new Promise<void>((resolve) => {
    called = resolve;
  });
  return { waiting, called };
}

/** The head of an answer, with its body still to come. */
export interface Incoming {
  readonly statusCode: number;
  /** Names in lower case; the values of a repeated field in their order. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Fails where it breaks off before its end; given up by `destroy`. */
  readonly body: Readable;
}

/** What a request is on the wire. */
export interface Outgoing extends Dispatcher.RequestOptions {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** What carries requests to one origin: a connection of HTTP/1.1 (undici's client) or a session of HTTP/2. */
export interface Channel {
  request(outgoing: Outgoing): Promise<Incoming>;
  destroy(): Promise<void>;
}
