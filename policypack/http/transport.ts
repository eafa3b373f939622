import type { LookupFunction } from "node:net";
import { type Clock, rankOf, sleep, systemClock, whenAborted } from "../common/concurrency";
import { limits } from "../common/limits";
import type { Trace } from "../common/trace";
import { readAnswer } from "./body";
import { type Connection, Connections } from "./connections";
import { describeNetworkError, isNoHttp, lacksDescriptor, ProxyError } from "./errors";
import type { HostRules } from "./host-rules";
import { Limiter, type RequestEnd } from "./limiter";
import { type HttpRequest, requestStep, type SendResult, sendFailure } from "./messages";
import type { Proxy } from "./proxy-env";
import { proxyRefusal, unreachableProxy } from "./proxy-tunnel";
import { pauseAfter } from "./retries";
import { Routes } from "./routes";

/*
 * http/ sends the requests of a run, on undici. Read here first: one `Transport` serves all registries, mirrors, token services and
 * ECR's storage. A request passes the limiter (`limiter.ts`: how many, at which pace), gets the way to its host (`routes.ts`: proxies,
 * TLS; `address-rules.ts`: which addresses), takes a connection (`connections.ts`), and its end becomes a `SendResult` (`messages.ts`;
 * words in `errors.ts`). Around it, `redirects.ts` follows and `retries.ts` repeats.
 */

export interface TransportOptions {
  /** Milliseconds from sending a request to the last byte of its answer. */
  readonly requestTimeoutMs: number;
  /** Default: `limits.requestsPerHost`. */
  readonly maxConcurrentPerHost?: number | undefined;
  /** How host names become addresses. Default: as the system does it. */
  readonly lookup?: LookupFunction | undefined;
  readonly trace?: Trace | undefined;
  readonly clock?: Clock | undefined;
}

/** How long a request waits that got no file descriptor; milliseconds. */
const descriptorWaitMs = 100;
/** Why a request ended that took too long. */
const overdue = new Error("the request took too long");

/**
 * Sends single requests: bounded in time, in bytes and in number. Idle connections are kept for reuse and do not keep
 * the process alive.
 */
export class Transport {
  #requests = 0;
  readonly #connections = new Connections(limits.connections);
  readonly #routes: Routes;
  readonly #limiter: Limiter;
  readonly #clock: Clock;
  /** What ends each request that was not answered yet: one signal for all its reasons. */
  readonly #underWay = new Set<AbortController>();
  #closed = false;

  constructor(
    rules: HostRules,
    private readonly options: TransportOptions,
  ) {
    const { lookup, requestTimeoutMs, maxConcurrentPerHost: perHost = limits.requestsPerHost } = options;
    this.#clock = options.clock ?? systemClock;
    this.#routes = new Routes(rules, { connectTimeoutMs: requestTimeoutMs, lookup });
    this.#limiter = new Limiter({ perHost, inAll: limits.connections, clock: this.#clock });
  }

  /** The number of requests sent so far. */
  get requests(): number {
    return this.#requests;
  }

  async send(request: HttpRequest): Promise<SendResult> {
    const { trace } = this.options;
    if (trace === undefined) return this.#send(request);
    const started = this.#clock.now();
    const sent = await this.#send(request);
    trace.add(requestStep(request, sent, this.#clock.now() - started));
    return sent;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const end of this.#underWay) end.abort();
    await this.#connections.close();
  }

  async #send(request: HttpRequest): Promise<SendResult> {
    const label = request.label ?? request.url.host;
    const end = new AbortController();
    const stopListening = whenAborted(request.signal, () => {
      end.abort();
    });
    this.#underWay.add(end);
    if (this.#closed) end.abort();
    try {
      return await this.#sendInTurn(request, label, end);
    } finally {
      stopListening();
      this.#underWay.delete(end);
    }
  }

  async #sendInTurn(request: HttpRequest, label: string, end: AbortController): Promise<SendResult> {
    const { host } = request.url;
    for (;;) {
      const leave = await this.#limiter.enter(host, end.signal, rankOf(request.signal));
      if (leave === undefined) return this.#ended(label, host);
      try {
        const sent = await this.#withinTime(request, label, end);
        const ended = endOf(sent);
        if (request.byRecord === true) leave(ended === "answered" ? ended : "unrelated");
        else leave(ended, sent.ok ? pauseAfter(sent.response) : undefined);
        return sent;
      } catch (error) {
        leave("no-descriptor");
        this.#connections.closeIdle();
        if (!(await sleep(descriptorWaitMs, end.signal, this.#clock))) return failureOf(label, error);
      }
    }
  }

  /** Rejects only if there is no file descriptor for a connection: nothing was sent then. */
  async #withinTime(request: HttpRequest, label: string, end: AbortController): Promise<SendResult> {
    const { requestTimeoutMs } = this.options;
    const stopTimer = this.#clock.after(requestTimeoutMs, () => {
      end.abort(overdue);
    });
    try {
      this.#requests++;
      return await this.request(request, label, end.signal);
    } catch (error) {
      if (request.signal.aborted || this.#closed) return this.#ended(label);
      if (end.signal.reason === overdue)
        return sendFailure("timeout", `${label} did not answer within ${requestTimeoutMs / 1000} s`, "late");
      if (!lacksDescriptor(error)) return failureOf(label, error);
      this.#requests--;
      throw error;
    } finally {
      stopTimer();
    }
  }

  #ended(label: string, host?: string): SendResult {
    if (this.#closed)
      return sendFailure("unreachable", `the registry client was closed before ${label} answered`);
    return host !== undefined && this.#limiter.isPaused(host)
      ? sendFailure("throttled", `${label} asked to be left alone for longer than the time for this image`)
      : sendFailure("timeout", `the time for this image ended before ${label} answered`);
  }

  /** One request over one connection; rejects with whatever goes wrong. A test may play the network here. */
  protected async request(request: HttpRequest, label: string, signal: AbortSignal): Promise<SendResult> {
    for (;;) {
      const { key, open, proxy } = this.#routes.to(request.url, request.reach);
      const connection = this.#connections.take(key, open);
      try {
        return await sendOver(connection, request, label, proxy, signal);
      } catch (error) {
        // A reused connection may bring the rest of an earlier answer first, such as the body that a HEAD must not have.
        if (connection.used && isNoHttp(error)) continue;
        throw proxy === undefined || error instanceof ProxyError ? error : unreachableProxy(proxy, error);
      }
    }
  }
}

async function sendOver(
  { client, release }: Connection,
  request: HttpRequest,
  label: string,
  proxy: Proxy | undefined,
  signal: AbortSignal,
): Promise<SendResult> {
  const { url, method, headers, body } = request;
  const path = url.pathname + url.search;
  let reusable = false;
  try {
    const answer = await client.request({
      method,
      // undici would close the connection behind a HEAD, in case that the server sends a body with its answer. A server that does breaks
      // it as well; for all others it can be used again, if it leads to one server alone.
      ...(method === "HEAD" && proxy === undefined ? { reset: false } : {}),
      path: proxy === undefined ? path : url.origin + path,
      headers: {
        "user-agent": "pulumi-ecs-image-guard",
        "accept-encoding": "identity",
        ...(proxy && { host: url.host }),
        ...(proxy?.authorization !== undefined && { "proxy-authorization": proxy.authorization }),
        ...headers,
      },
      body: body ?? null,
      signal,
      // One timer bounds the whole request.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const { statusCode: status } = answer;
    const header = (name: string) => [answer.headers[name] ?? []].flat();
    const read = await readAnswer(request, answer);
    reusable = read.ended;
    if (proxy !== undefined && status === 407) throw proxyRefusal(proxy, status);
    return read.body === undefined
      ? sendFailure("malformed", `${label} answered with more than ${request.maxBytes} bytes`)
      : { ok: true, response: { url, status, header, body: read.body, carried: proxy?.secrets ?? [] } };
  } finally {
    release(reusable);
  }
}

function failureOf(label: string, error: unknown): SendResult {
  const { kind, words, retry } = describeNetworkError(error);
  return sendFailure(kind, `${label} ${words}`, retry);
}

/** What the end of a request says about the load of its host. */
function endOf(sent: SendResult): RequestEnd {
  if (sent.ok) return [429, 503].includes(sent.response.status) ? "overloaded" : "answered";
  return sent.retry === "transient" || sent.retry === "late" ? "unanswered" : "unrelated";
}
