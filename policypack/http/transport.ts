import type { LookupFunction, Socket } from "node:net";
import { whenAborted } from "../common/concurrency";
import type { Trace } from "../common/trace";
import { readAnswer } from "./body";
import { type Connection, Connections, type Outgoing } from "./connection-pool";
import { proxyRefusal, unreachableProxy } from "./connectors";
import { describeNetworkError, isNoHttp, ProxyError } from "./errors";
import type { HostRules } from "./host-rules";
import { Http2Chosen, Http2Error, Http2Session } from "./http2-session";
import { Limiter, type RequestEnd } from "./limiter";
import { broken, type HttpRequest, type Sent } from "./messages";
import type { Proxy } from "./proxy-env";
import { requestStep } from "./request-step";
import { Routes } from "./routes";

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
/** How often a request moves on because a server of HTTP/2 did not look at it: four sessions, with a move to each and from each. */
const maximumMoves = 7;
/** Why a request ended that took too long. */
const overdue = new Error("the request took too long");

/**
 * Sends single requests: bounded in time, in bytes and in number. Idle connections are kept for reuse and do not keep
 * the process alive.
 */
export class Transport {
  #requests = 0;
  readonly #connections = new Connections(maximumConcurrentRequests);
  readonly #routes: Routes;
  readonly #limiter: Limiter;
  /** What ends each request that was not answered yet: one signal for all its reasons. */
  readonly #underWay = new Set<AbortController>();
  #closed = false;

  constructor(
    rules: HostRules,
    private readonly options: TransportOptions,
  ) {
    const { lookup, requestTimeoutMs: connectTimeoutMs } = options;
    const onHttp2 = (key: string, authority: string, socket: Socket) => {
      if (!this.#connections.share(key, (ended) => new Http2Session(authority, socket, ended)))
        socket.destroy();
    };
    const onHttp1 = (key: string) => {
      this.#connections.alone(key);
    };
    this.#routes = new Routes(rules, { connectTimeoutMs, lookup, onHttp2, onHttp1 });
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
    const end = new AbortController();
    const stopListening = whenAborted(request.signal, () => {
      end.abort();
    });
    this.#underWay.add(end);
    if (this.#closed) end.abort();
    try {
      const leave = await this.#limiter.enter(request.url.host, end.signal);
      if (leave === undefined) return this.#ended(label);
      const sent = await this.#bounded(request, label, end);
      leave(endOf(sent));
      return sent;
    } finally {
      stopListening();
      this.#underWay.delete(end);
    }
  }

  async #bounded(request: HttpRequest, label: string, end: AbortController): Promise<Sent> {
    const timer = setTimeout(() => {
      end.abort(overdue);
    }, this.options.requestTimeoutMs);
    try {
      return await this.#exchange(request, label, end.signal);
    } catch (error) {
      if (request.signal.aborted || this.#closed) return this.#ended(label);
      if (end.signal.reason === overdue) {
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
    this.#closed = true;
    for (const end of this.#underWay) end.abort();
    await this.#connections.close();
  }

  #ended(label: string): Sent {
    return this.#closed
      ? broken("unreachable", `the registry client was closed before ${label} answered`)
      : broken("timeout", `the time for this image ended before ${label} answered`);
  }

  async #exchange(request: HttpRequest, label: string, signal: AbortSignal): Promise<Sent> {
    this.#requests++;
    for (let moves = 0; ;) {
      const { key, open, asked } = this.#routes.to(request.url, request.reach);
      const connection = await this.#connections.takeInTurn(
        key,
        open,
        signal,
        request.url.protocol === "https:",
      );
      try {
        return await this.#over(connection, request, label, asked, signal);
      } catch (error) {
        // It may have brought the rest of an earlier answer, such as the body that a HEAD must not have.
        if (connection.used && isNoHttp(error)) continue;
        if (!signal.aborted && moves++ < maximumMoves && this.#mayMove(key, error)) continue;
        throw asked === undefined || error instanceof ProxyError ? error : unreachableProxy(asked, error);
      }
    }
  }

  /** Whether the request that ended so was not looked at by its server and another connection may carry it. */
  #mayMove(key: string, error: unknown): boolean {
    if (error instanceof Http2Chosen) return true;
    if (!(error instanceof Http2Error)) return false;
    if (error.code !== "HTTP_1_1_REQUIRED") return error.unprocessed;
    this.#routes.useHttp1(key);
    this.#connections.unshare(key);
    return true;
  }

  async #over(
    { dispatcher, release }: Connection,
    request: HttpRequest,
    label: string,
    asked: Proxy | undefined,
    signal: AbortSignal,
  ): Promise<Sent> {
    let reusable = false;
    try {
      const answer = await dispatcher.request({
        ...messageOf(request, asked, signal),
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
    } finally {
      release(reusable);
    }
  }
}

function messageOf(
  { url, method, headers, body }: HttpRequest,
  asked: Proxy | undefined,
  signal: AbortSignal,
): Outgoing {
  const path = url.pathname + url.search;
  return {
    method,
    // The HTTP library would close the connection behind a HEAD, in case that the server sends a body with its answer. One that does
    // breaks it as well; for all the others it can be used again, where it leads to one server alone.
    ...(method === "HEAD" && asked === undefined ? { reset: false } : {}),
    path: asked === undefined ? path : url.origin + path,
    headers: {
      "user-agent": "pulumi-ecs-image-guard",
      "accept-encoding": "identity",
      ...(asked === undefined ? {} : { host: url.host }),
      ...(asked?.authorization === undefined ? {} : { "proxy-authorization": asked.authorization }),
      ...headers,
    },
    body: body ?? null,
    signal,
  };
}

/** What the end of a request says about the load of its host. */
function endOf(sent: Sent): RequestEnd {
  if (sent.ok) return [429, 503].includes(sent.response.status) ? "overloaded" : "answered";
  return sent.breakdown === "transient" || sent.breakdown === "late" ? "unanswered" : "unrelated";
}
