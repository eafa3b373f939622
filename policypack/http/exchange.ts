import type { IncomingHttpHeaders } from "node:http";
import type { Client, Dispatcher } from "undici";
import type { HttpRequest, HttpResponse } from "./messages";
import type { Proxy } from "./proxy-env";
import type { Signal } from "../common/signal";

/** An error's text needs no more. */
const maximumErrorBytes = 64 * 1024;
const fixedHeaders = { "user-agent": "pulumi-ecs-image-guard", "accept-encoding": "identity" };
const signalFired = new Error("the signal of the request fired");

export interface Answer extends Pick<HttpResponse, "status" | "header"> {
  /** Undefined if it is longer than allowed. */
  readonly body: Uint8Array | undefined;
  /** Whether the end of the body was reached. If not, the connection cannot be used again. */
  readonly ended: boolean;
}

/**
 * Sends a request over a connection, which carries no other, and keeps as much of the answer as the request allows. If it rejects, the
 * request may still be under way: its connection is to be closed.
 *
 * @param proxy the request goes to this proxy itself
 */
export function exchange(
  client: Client,
  request: HttpRequest,
  proxy: Proxy | undefined,
  signal: Signal,
): Promise<Answer> {
  const { maxBytes, startOnly = false } = request;
  return new Promise((resolve, reject) => {
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    let maximum = maxBytes;
    let length = 0;
    const chunks: Uint8Array[] = [];
    // Ends the wait for a connection, too: undici starts a request only when it has one.
    const stopListening = signal.onAbort(() => {
      reject(signalFired);
    });
    if (signal.aborted) return;
    const finish = (ended: boolean) => {
      stopListening();
      const isWhole = ended || status !== 200 || startOnly;
      const header = (name: string) => {
        const values = headers[name] ?? [];
        return Array.isArray(values) ? values : [values];
      };
      // A copy, unless the body came in one piece, as most do.
      const [bytes = new Uint8Array()] = chunks.length > 1 ? [Buffer.concat(chunks)] : chunks;
      const body = isWhole ? bytes.subarray(0, maximum) : undefined;
      resolve({ status, header, body, ended });
    };
    // `Client.request` makes a stream of every body, which costs a tenth of the CPU time of a run.
    client.dispatch(messageOf(request, proxy), {
      onRequestStart() {
        // Marks a handler of undici 7.
      },
      // Called for interim answers (1xx), too; the last one counts.
      onResponseStart(_, ...[statusCode, fields]) {
        [status, headers] = [statusCode, fields];
        maximum = status === 200 || (status === 206 && startOnly) ? maxBytes : maximumErrorBytes;
        if (status === 200 && !startOnly && Number(headers["content-length"] ?? 0) > maximum) finish(false);
      },
      onResponseData(_, chunk) {
        if (length > maximum) return;
        chunks.push(chunk);
        if ((length += chunk.length) > maximum) finish(false);
      },
      onResponseEnd() {
        finish(true);
      },
      onResponseError(_, error) {
        stopListening();
        reject(error);
      },
    });
  });
}

function messageOf(request: HttpRequest, proxy: Proxy | undefined): Dispatcher.DispatchOptions {
  const { url, method, maxBytes, startOnly = false, body = null } = request;
  const path = url.pathname + url.search;
  const headers: Record<string, string> = { ...fixedHeaders, ...request.headers };
  if (startOnly) headers["range"] = `bytes=0-${maxBytes - 1}`;
  // One timer bounds the whole request.
  const message: Dispatcher.DispatchOptions = {
    method,
    path,
    headers,
    body,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  if (proxy !== undefined) {
    message.path = url.origin + path;
    headers["host"] = url.host;
    if (proxy.authorization !== undefined) headers["proxy-authorization"] = proxy.authorization;
  } else if (method === "HEAD")
    // undici would close the connection after a HEAD, in case that the server sends a body with its response. A server that does breaks
    // it as well; for all others it is reused, unless it goes through a proxy.
    message.reset = false;
  return message;
}
