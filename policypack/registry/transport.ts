import { Buffer } from "node:buffer";
import type { LookupFunction } from "node:net";
import type { Dispatcher } from "undici";
import type { Failure } from "../oci/failure";
import type { Reach } from "./address";
import type { Breakdown } from "./breakdown";
import { Connections } from "./connections";
import type { HostRules } from "./hosts";
import { Limiter } from "./limiter";
import type { RequestEnd } from "./pace";
import type { Proxy } from "./proxy";
import { Routes } from "./route";
import { ProxyError, proxyRefusal, unreachableProxy } from "./tunnel";
import { describeNetworkError } from "./network-error";
import { requestStep } from "./request-step";
import type { Trace } from "./trace";

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A longer body of a 200 answer is a failure; of any other answer only the first bytes are kept. */
  readonly maxBytes: number;
  /** The first `maxBytes` of a 200 or 206 answer will do: the connection of a longer body is cut off behind them. */
  readonly startOnly?: boolean;
  /** Where the host's addresses may lie; given when someone else than the user named the host. */
  readonly reach?: Reach;
  /** The host's name in messages. Default: the URL's host. */
  readonly label?: string;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  /** Of the request that got this answer: after redirects the last. */
  readonly url: URL;
  readonly status: number;
  /** The values of one field, in their order; the name in lower case. */
  header(name: string): readonly string[];
  readonly body: Uint8Array;
  /** Secrets that the request carried beside its own headers; whoever answered may repeat them. Default: none. */
  readonly carried?: readonly string[];
}

/** One request's end: an answer of any status, or a breakdown that says how and whether another try may help. */
export type Sent =
  | { readonly ok: true; readonly response: HttpResponse }
  | { readonly ok: false; readonly failure: Failure; readonly breakdown: Breakdown };

export function broken(kind: Failure["kind"], message: string, breakdown: Breakdown = "final"): Sent {
  return { ok: false, failure: { kind, message }, breakdown };
}

export interface TransportOptions {
  /** Milliseconds from sending a request to the last byte of its answer. */
  readonly requestTimeoutMs: number;
  readonly maxConcurrentPerHost: number;
  /** How host names become addresses. Default: as the system does it. */
  readonly lookup?: LookupFunction | undefined;
  readonly trace?: Trace | undefined;
}

/** To all hosts together, so that no more connections than these are open. */
const maximumConcurrentRequests = 64;
/** An error's text needs no more. */
const maximumErrorBytes = 64 * 1024;

/**
 * Sends single requests: bounded in time, in bytes and in number. Idle connections are kept for reuse and do not keep
 * the process alive.
 */
export class Transport {
  #requests = 0;
  readonly #connections = new Connections(maximumConcurrentRequests);
  readonly #routes: Routes;
  readonly #limiter: Limiter;
  readonly #closing = new AbortController();

  constructor(
    rules: HostRules,
    private readonly options: TransportOptions,
  ) {
    const { lookup, requestTimeoutMs: connectTimeoutMs } = options;
    this.#routes = new Routes(rules, { connectTimeoutMs, lookup });
    const inAll = maximumConcurrentRequests;
    this.#limiter = new Limiter({ perHost: options.maxConcurrentPerHost, inAll });
  }

  /** The number of requests sent so far. */
  get requests(): number {
    return this.#requests;
  }

  async send(request: HttpRequest): Promise<Sent> {
    const { trace } = this.options;
    if (trace === undefined) return this.#send(request);
    const started = performance.now();
    const sent = await this.#send(request);
    trace.add(requestStep(request, sent, performance.now() - started));
    return sent;
  }

  async #send(request: HttpRequest): Promise<Sent> {
    const label = request.label ?? request.url.host;
    const leave = await this.#limiter.enter(
      request.url.host,
      AbortSignal.any([request.signal, this.#closing.signal]),
    );
    if (leave === undefined) return this.#ended(label);
    const sent = await this.#bounded(request, label);
    leave(endOf(sent));
    return sent;
  }

  async #bounded(request: HttpRequest, label: string): Promise<Sent> {
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort();
    }, this.options.requestTimeoutMs);
    try {
      return await this.#exchange(
        request,
        label,
        AbortSignal.any([request.signal, limit.signal, this.#closing.signal]),
      );
    } catch (error) {
      if (request.signal.aborted || this.#closing.signal.aborted) return this.#ended(label);
      if (limit.signal.aborted) {
        const seconds = this.options.requestTimeoutMs / 1000;
        return broken("timeout", `${label} did not answer within ${seconds} s`, "late");
      }
      const { kind, words, breakdown } = describeNetworkError(error);
      return broken(kind, `${label} ${words}`, breakdown);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#connections.close();
  }

  #ended(label: string): Sent {
    return this.#closing.signal.aborted
      ? broken("unreachable", `the registry client was closed before ${label} answered`)
      : broken("timeout", `the time for this image ended before ${label} answered`);
  }

  async #exchange(request: HttpRequest, label: string, signal: AbortSignal): Promise<Sent> {
    const { key, open, asked } = this.#routes.to(request.url, request.reach);
    const { dispatcher, release } = this.#connections.take(key, open);
    let reusable = false;
    try {
      this.#requests++;
      const answer = await dispatcher.request({
        ...messageOf(request, asked),
        signal,
        // One timer bounds the whole exchange.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const { statusCode: status } = answer;
      const header = (name: string) => [answer.headers[name] ?? []].flat();
      const { body, ended } = await readAnswer(request, answer);
      reusable = ended;
      if (asked !== undefined && status === 407) throw proxyRefusal(asked, status);
      return body === undefined
        ? broken("malformed", `${label} answered with more than ${request.maxBytes} bytes`)
        : { ok: true, response: { url: request.url, status, header, body, carried: asked?.secrets ?? [] } };
    } catch (error) {
      throw asked === undefined || error instanceof ProxyError ? error : unreachableProxy(asked, error);
    } finally {
      release(reusable);
    }
  }
}

function messageOf(
  { url, method, headers, body }: HttpRequest,
  asked: Proxy | undefined,
): Dispatcher.RequestOptions {
  const path = url.pathname + url.search;
  return {
    method,
    path: asked === undefined ? path : url.origin + path,
    headers: {
      "user-agent": "pulumi-ecs-image-guard",
      "accept-encoding": "identity",
      ...(asked === undefined ? {} : { host: url.host }),
      ...(asked?.authorization === undefined ? {} : { "proxy-authorization": asked.authorization }),
      ...headers,
    },
    body: body ?? null,
  };
}

/** The body, or undefined where it is longer than allowed; and whether its end was reached. */
async function readAnswer(
  { maxBytes, startOnly = false }: HttpRequest,
  { statusCode, headers, body }: Dispatcher.ResponseData,
): Promise<{ body: Uint8Array | undefined; ended: boolean }> {
  const start = startOnly && (statusCode === 200 || statusCode === 206);
  const whole = statusCode === 200 && !start;
  const maximum = whole || start ? maxBytes : maximumErrorBytes;
  const chunks: Uint8Array[] = [];
  let length = 0;
  let ended = true;
  if (whole && Number(headers["content-length"] ?? 0) > maximum) ended = false;
  else
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      chunks.push(chunk);
      ended = length <= maximum;
      if (!ended) break;
    }
  // Whoever releases the connection ends it with what is left of the body.
  if (!ended) body.on("error", () => undefined);
  return { body: whole && !ended ? undefined : Buffer.concat(chunks).subarray(0, maximum), ended };
}

/** What the end of a request says about the load of its host. */
function endOf(sent: Sent): RequestEnd {
  if (sent.ok) return [429, 503].includes(sent.response.status) ? "overloaded" : "answered";
  return sent.breakdown === "transient" || sent.breakdown === "late" ? "overloaded" : "unrelated";
}
