import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";

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
