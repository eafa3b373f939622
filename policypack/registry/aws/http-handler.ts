import { setImmediate as turn } from "node:timers/promises";
import { describeNetworkError } from "../network-error";
import { Dispatchers } from "./dispatchers";

/** The parts of the SDK's requests that are used here (@smithy/types, `HttpRequest`). */
interface AwsRequest {
  readonly method: string;
  /** With a colon: `https:`. */
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

/** An answer as the SDK takes it (@smithy/types, `HttpResponse`). */
interface AwsResponse {
  readonly response: { statusCode: number; headers: Record<string, string>; body: Uint8Array };
}

/** Milliseconds from sending a request to the last byte of its answer. */
const requestTimeoutMs = 30_000;
/** A hundred manifests of an ordinary size, as BatchGetImage gives them, are some hundred kilobytes. */
const maximumAnswerBytes = 64 * 1024 * 1024;

/**
 * Sends the AWS SDK's requests as the guard sends its own: through the proxy of `HTTPS_PROXY` but for `NO_PROXY` and loopback
 * hosts (the SDK's own handler knows no proxy), bounded in time and bytes, without keeping the process alive. The
 * SDK hands it on to the clients that it makes itself to assume roles.
 */
export class AwsHttpHandler {
  readonly #dispatchers = new Dispatchers();

  async handle(
    request: AwsRequest,
    { abortSignal }: { readonly abortSignal?: { readonly aborted: boolean } } = {},
  ): Promise<AwsResponse> {
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort();
    }, requestTimeoutMs);
    const abort = (): void => {
      limit.abort();
    };
    if (abortSignal?.aborted) abort();
    if (abortSignal instanceof AbortSignal) abortSignal.addEventListener("abort", abort, { once: true });
    try {
      return await this.#exchange(request, limit.signal);
    } catch (error) {
      if (abortSignal?.aborted) throw named("AbortError", "Request aborted");
      if (limit.signal.aborted)
        throw named("TimeoutError", `${request.hostname} did not answer within ${requestTimeoutMs / 1000} s`);
      throw inWords(error, request.hostname);
    } finally {
      clearTimeout(timer);
      if (abortSignal instanceof AbortSignal) abortSignal.removeEventListener("abort", abort);
    }
  }

  /** Called by the client that was given this handler, when it is done. */
  destroy(): void {
    void this.#dispatchers.close();
  }

  updateHttpClientConfig(): void {
    // Nothing of it is for the SDK to change.
  }

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  async #exchange(request: AwsRequest, signal: AbortSignal): Promise<AwsResponse> {
    const origin = `${request.protocol}//${request.hostname}${request.port === undefined ? "" : `:${request.port}`}`;
    const answer = await this.#dispatchers.of(new URL(origin)).request({
      origin,
      path: request.path + queryOf(request),
      method: methodOf(request.method),
      headers: request.headers,
      body: bodyOf(request.body),
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      // Leaving the loop destroys the body, and with it the connection.
      if (length > maximumAnswerBytes)
        throw named("AnswerTooLong", `it answered with more than ${maximumAnswerBytes} bytes`);
      chunks.push(chunk);
    }
    // undici offers a connection for reuse a turn after its answer's end; a request sent before would open another.
    await turn();
    const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] as const],
    );
    return {
      response: {
        statusCode: answer.statusCode,
        headers: Object.fromEntries(headers),
        body: Buffer.concat(chunks, length),
      },
    };
  }
}

/** `?a=b&a=c`, escaped as signature version 4 wants it (RFC 3986); "" for none. */
function queryOf({ query }: AwsRequest): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => {
    const values = typeof value === "string" || value === null ? [value] : value;
    return values.map((one) => (one === null ? escaped(name) : `${escaped(name)}=${escaped(one)}`));
  });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function methodOf(method: string): "GET" | "POST" | "PUT" | "DELETE" {
  if (method === "GET" || method === "POST" || method === "PUT" || method === "DELETE") return method;
  throw new TypeError("a method that no call of the guard uses");
}

/** The calls that a pull needs send text or nothing; the SDK's streams are for uploads. */
function bodyOf(body: unknown): string | Uint8Array | null {
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (body === undefined || body === null) return null;
  throw new TypeError("a body that no call of the guard has");
}

/** In our words and with a code that the SDK knows, so that it tries again what may help. */
function inWords(error: unknown, hostname: string): Error {
  if (error instanceof Error && error.name === "AnswerTooLong") return error;
  const { words, breakdown } = describeNetworkError(error);
  const code = breakdown === "transient" ? "ECONNRESET" : undefined;
  return Object.assign(new Error(`${hostname} ${words}`), code === undefined ? {} : { code });
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
