import type { Client, Dispatcher } from "undici";
import type { HttpRequest, HttpResponse } from "./messages";
import type { Proxy } from "./proxy-env";

/** An error's text needs no more. */
const maximumErrorBytes = 64 * 1024;

export interface Answer extends Pick<HttpResponse, "status" | "header"> {
  /** Undefined if it is longer than allowed. */
  readonly body: Uint8Array | undefined;
  /** Whether the end of the body was reached. If not, the connection cannot be used again. */
  readonly ended: boolean;
}

/**
 * Sends a request over a connection, which carries no other, and keeps as much of the answer as the request allows.
 *
 * @param proxy the request goes to this proxy itself
 */
export async function exchange(
  client: Client,
  request: HttpRequest,
  proxy: Proxy | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const { maxBytes, startOnly = false } = request;
  const answer = await client.request({ ...messageOf(request, proxy), signal });
  const { statusCode: status, headers } = answer;
  const header = (name: string) => [headers[name] ?? []].flat();
  const isWanted = status === 200 || (status === 206 && startOnly);
  const maximum = isWanted ? maxBytes : maximumErrorBytes;
  const mayBeCut = startOnly || status !== 200;
  const announced = Number(headers["content-length"] ?? 0);
  const { bytes, ended } =
    announced > maximum && !mayBeCut
      ? { bytes: Buffer.of(), ended: false }
      : await readUpTo(maximum, answer.body);
  // What is left of it goes with the connection, which the caller closes.
  if (!ended) answer.body.on("error", () => undefined).destroy();
  return { status, header, body: ended || mayBeCut ? bytes.subarray(0, maximum) : undefined, ended };
}

/** The whole body, or more than `maximum` bytes of a longer one. */
async function readUpTo(maximum: number, body: AsyncIterable<Uint8Array>) {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maximum) break;
  }
  return { bytes: Buffer.concat(chunks), ended: length <= maximum };
}

function messageOf(request: HttpRequest, proxy: Proxy | undefined): Dispatcher.RequestOptions {
  const { url, method, maxBytes, startOnly = false, body = null } = request;
  const path = url.pathname + url.search;
  return {
    method,
    // undici would close the connection after a HEAD, in case that the server sends a body with its response. A server that does breaks
    // it as well; for all others it is reused, unless it goes through a proxy.
    ...(method === "HEAD" && proxy === undefined ? { reset: false } : {}),
    path: proxy === undefined ? path : url.origin + path,
    headers: {
      "user-agent": "pulumi-ecs-image-guard",
      "accept-encoding": "identity",
      ...(startOnly && { range: `bytes=0-${maxBytes - 1}` }),
      ...(proxy && { host: url.host }),
      ...(proxy?.authorization !== undefined && { "proxy-authorization": proxy.authorization }),
      ...request.headers,
    },
    body,
    // One timer bounds the whole request.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}
