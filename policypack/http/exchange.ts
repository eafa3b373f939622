import { type Agent, type IncomingMessage, request as sendOver, type RequestOptions } from "node:http";
import { whenAborted } from "../common/concurrency";
import { mayBeEarlier } from "./errors";
import type { HttpRequest, HttpResponse } from "./messages";
import type { Proxy } from "./proxy-env";

/** An error's text needs no more. */
const maximumErrorBytes = 64 * 1024;

export interface Answer extends Pick<HttpResponse, "status" | "header"> {
  /** Undefined if it is longer than allowed. */
  readonly body: Uint8Array | undefined;
}

/**
 * Sends a request over a connection of an agent, and keeps as much of the answer as the request allows. The connection is closed if the
 * end of the answer was not reached.
 *
 * @param proxy the request goes to this proxy itself
 */
export function exchange(
  agent: Agent,
  request: HttpRequest,
  proxy: Proxy | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const { method, maxBytes, startOnly = false, body } = request;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const message = sendOver(optionsOf(agent, request, proxy));
    let status = 0;
    const fail = (error: Error) => {
      stopListening();
      message.destroy();
      // A reused connection may be closed at any time (RFC 9112 §9.3.1), or bring the rest of an earlier answer first.
      if (message.reusedSocket && status === 0 && mayBeEarlier(error))
        resolve(exchange(agent, request, proxy, signal));
      else reject(error);
    };
    // Ends the wait for a connection, too.
    const stopListening = whenAborted(signal, () => {
      fail(signal.reason as Error);
    });
    const read = (response: IncomingMessage) => {
      ({ statusCode: status = 0 } = response);
      const maximum = status === 200 || (status === 206 && startOnly) ? maxBytes : maximumErrorBytes;
      const header = (name: string) => response.headersDistinct[name] ?? [];
      const chunks: Uint8Array[] = [];
      let length = 0;
      const finish = (ended: boolean) => {
        stopListening();
        if (!ended) message.destroy();
        const isWhole = ended || status !== 200 || startOnly;
        resolve({ status, header, body: isWhole ? Buffer.concat(chunks).subarray(0, maximum) : undefined });
      };
      response.on("error", fail).on("data", (chunk: Uint8Array) => {
        chunks.push(chunk);
        if ((length += chunk.length) > maximum) finish(false);
      });
      // What follows the head of the answer to a HEAD is not part of it.
      if (method === "HEAD") finish(true);
      else if (status === 101) finish(false);
      else if (status === 200 && !startOnly && Number(header("content-length")[0]) > maximum) finish(false);
      else
        response.on("end", () => {
          finish(true);
        });
    };
    // Node leaves an upgrade that nobody requested (101) without an end.
    message.on("error", fail).on("response", read).on("upgrade", read);
    message.end(body);
  });
}

function optionsOf(agent: Agent, request: HttpRequest, proxy: Proxy | undefined): RequestOptions {
  const { url, method, maxBytes, startOnly = false } = request;
  const path = url.pathname + url.search;
  return {
    agent,
    method,
    path: proxy === undefined ? path : url.origin + path,
    headers: {
      host: url.host,
      "user-agent": "pulumi-ecs-image-guard",
      "accept-encoding": "identity",
      ...(startOnly && { range: `bytes=0-${maxBytes - 1}` }),
      ...(proxy?.authorization !== undefined && { "proxy-authorization": proxy.authorization }),
      ...request.headers,
    },
  };
}
