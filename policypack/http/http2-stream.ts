import { type ClientHttp2Stream, constants, type IncomingHttpStatusHeader } from "node:http2";
import { Readable } from "node:stream";
import { whenAborted } from "../common/concurrency";
import type { Incoming } from "./connection-pool";
import { errors } from "./connectors";

/** As of HTTP/1.1: of all fields together, in bytes. */
const maximumHeadBytes = 16 * 1024;

/**
 * The answer on a stream whose request was sent. A body is whole only where the server said so (END_STREAM): Node ends a stream
 * that was broken off with NO_ERROR like a whole one, and says of one broken off with CANCEL only that it is closed.
 *
 * @param failure why the stream ended early, from its own error
 */
export function answerOn(
  stream: ClientHttp2Stream,
  signal: AbortSignal,
  failure: (error: Error | undefined) => Error,
): Promise<Incoming> {
  const closing = watch(stream);
  return new Promise((resolve, reject) => {
    const stopListening = whenAborted(signal, () => {
      reject(new DOMException("aborted", "AbortError"));
      stream.close(constants.NGHTTP2_CANCEL);
    });
    const onResponse = (fields: IncomingHttpStatusHeader, _flags: number, raw: unknown) => {
      const head = headOf(raw);
      if (head === undefined) {
        reject(new errors.HeadersOverflowError());
        stream.close(constants.NGHTTP2_CANCEL);
      } else
        resolve({
          statusCode: fields[":status"] ?? 0,
          headers: head,
          body: bodyOf(stream, closing, failure),
        });
    };
    stream.once("response", onResponse);
    void closing.then(({ error }) => {
      stopListening();
      reject(failure(error));
    });
  });
}

interface Closing {
  readonly whole: boolean;
  readonly error: Error | undefined;
}

/** How the stream is closed. That the server ended it shows only in when its end is pushed: before it is closed. */
function watch(stream: ClientHttp2Stream): Promise<Closing> {
  let whole = false;
  let error: Error | undefined;
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding) => {
    if (chunk === null && !stream.closed && !stream.destroyed) whole = true;
    return push(chunk, encoding);
  };
  stream.on("error", (one: Error) => (error = one));
  return new Promise((resolve) => {
    stream.once("close", () => {
      resolve({ whole, error });
    });
  });
}

function bodyOf(
  stream: ClientHttp2Stream,
  closing: Promise<Closing>,
  failure: (error: Error | undefined) => Error,
): Readable {
  const body = new Readable({
    read: () => {
      stream.resume();
    },
    destroy: (error, callback) => {
      if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
      callback(error);
    },
  });
  stream.on("data", (chunk: Uint8Array) => {
    if (!body.push(chunk)) stream.pause();
  });
  void closing.then(({ whole, error }) => {
    if (whole) body.push(null);
    else body.destroy(failure(error));
  });
  return body;
}

/** The fields by name, from names and values in turns; undefined where they are too long. */
function headOf(raw: unknown): Record<string, string | string[]> | undefined {
  const texts: readonly unknown[] = Array.isArray(raw) ? raw : [];
  const head = new Map<string, string | string[]>();
  let length = 0;
  for (let n = 0; n + 1 < texts.length; n += 2) {
    const [name, value] = [String(texts[n]), String(texts[n + 1])];
    length += name.length + value.length;
    if (length > maximumHeadBytes) return undefined;
    const before = head.get(name);
    head.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(head);
}
