import type { LookupFunction } from "node:net";
import { type Clock, sleep, systemClock } from "../common/concurrency";
import { limits } from "../common/limits";
import type { Trace } from "../common/trace";
import { startOf } from "./byte-ranges";
import { Connections } from "./connections";
import { describeNetworkError, isNoHttp, ProxyError } from "./errors";
import { exchange } from "./exchange";
import type { HostRules } from "./host-rules";
import { Limiter, type RequestEnd } from "./limiter";
import { type HttpRequest, requestStep, type SendResult, sendFailure } from "./messages";
import { proxyRefusal, unreachableProxy } from "./proxy-tunnel";
import { pauseAfter } from "./retries";
import { Routes } from "./routes";
import { Signal } from "../common/signal";

/*
 * http/ sends the requests of a run, on undici. Read here first: one `Transport` serves all registries, mirrors, token services and
 * ECR's storage. A request passes the limiter (`limiter.ts`: how many, at which pace), gets the way to its host (`routes.ts`: proxies,
 * TLS; `address-rules.ts`: which addresses) and a connection (`connections.ts`), and is answered over it (`exchange.ts`). What becomes
 * of it is a `SendResult` (`messages.ts`; words in `errors.ts`). Around it, `redirects.ts` follows and `retries.ts` repeats.
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
  readonly #closing = new Signal();

  constructor(
    rules: HostRules,
    private readonly options: TransportOptions,
  ) {
    const { lookup, requestTimeoutMs, maxConcurrentPerHost: perHost = limits.requestsPerHost } = options;
    this.#clock = options.clock ?? systemClock;
    this.#routes = new Routes(rules, requestTimeoutMs, lookup);
    this.#limiter = new Limiter({ perHost, inAll: limits.connections, clock: this.#clock });
  }

  /** The number of requests sent so far. */
  get requests(): number {
    return this.#requests;
  }

  async send(request: HttpRequest): Promise<SendResult> {
    const { url, label = url.host, maxBytes, startOnly = false } = request;
    const started = this.#clock.now();
    // Ends the request, for whatever reason.
    const end = Signal.serving(request.signal);
    const abort = () => {
      end.abort();
    };
    const stopListening = [request.signal.onAbort(abort), this.#closing.onAbort(abort)];
    const sent = await this.#sendInTurn(request, label, end);
    for (const stop of stopListening) stop();
    this.options.trace?.add(requestStep(request, sent, this.#clock.now() - started));
    return startOnly ? startOf(sent, maxBytes, label) : sent;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#connections.close();
    this.#routes.close();
  }

  async #sendInTurn(request: HttpRequest, label: string, end: Signal): Promise<SendResult> {
    const { host } = request.url;
    for (;;) {
      const leave = await this.#limiter.enter(host, end);
      if (leave === undefined) return this.#ended(label, host);
      const sent = await this.#withinTime(request, label, end);
      const how = endOf(sent, request);
      leave(how, sent.ok && request.byRecord !== true ? pauseAfter(sent.response) : undefined);
      if (how !== "no-descriptor") {
        this.#requests++;
        return sent;
      }
      this.#connections.closeIdle();
      if (!(await sleep(descriptorWaitMs, end, this.#clock))) return sent;
    }
  }

  async #withinTime(request: HttpRequest, label: string, end: Signal): Promise<SendResult> {
    const { requestTimeoutMs } = this.options;
    const stopTimer = this.#clock.after(requestTimeoutMs, () => {
      end.abort();
    });
    try {
      return await this.request(request, label, end);
    } catch (error) {
      if (request.signal.aborted || this.#closing.aborted) return this.#ended(label);
      if (end.aborted)
        return sendFailure("timeout", `${label} did not answer within ${requestTimeoutMs / 1000} s`, "late");
      const { kind, words, retry } = describeNetworkError(error);
      return sendFailure(kind, `${label} ${words}`, retry);
    } finally {
      stopTimer();
    }
  }

  #ended(label: string, host?: string): SendResult {
    if (this.#closing.aborted)
      return sendFailure("unreachable", `the registry client was closed before ${label} answered`);
    return host !== undefined && this.#limiter.isPaused(host)
      ? sendFailure("throttled", `${label} is rate limiting requests for longer than the time for this image`)
      : sendFailure("timeout", `the time for this image ended before ${label} answered`);
  }

  /** One request over one connection; rejects with whatever goes wrong. A test may play the network here. */
  protected async request(request: HttpRequest, label: string, signal: Signal): Promise<SendResult> {
    const { url, maxBytes } = request;
    const { key, open, proxy } = this.#routes.to(url, request.reach);
    for (;;) {
      const { client, used, release } = this.#connections.take(key, open);
      let reusable = false;
      try {
        const { status, header, body, ended } = await exchange(client, request, proxy, signal);
        reusable = ended;
        if (proxy !== undefined && status === 407) throw proxyRefusal(proxy, status);
        if (body === undefined)
          return sendFailure("malformed", `${label} answered with more than ${maxBytes} bytes`);
        return { ok: true, response: { url, status, header, body, carried: proxy?.secrets ?? [] } };
      } catch (error) {
        // A reused connection may bring the rest of an earlier answer first, such as the body that a HEAD must not have.
        if (used && isNoHttp(error)) continue;
        throw proxy === undefined || error instanceof ProxyError ? error : unreachableProxy(proxy, error);
      } finally {
        release(reusable);
      }
    }
  }
}

/** What the end of a request says about the load of its host. */
function endOf(sent: SendResult, { byRecord = false }: HttpRequest): RequestEnd {
  if (!sent.ok && sent.retry === "no-descriptor") return "no-descriptor";
  if (sent.ok && ![429, 503].includes(sent.response.status)) return "answered";
  if (byRecord) return "unrelated";
  if (sent.ok) return "overloaded";
  return sent.retry === "transient" || sent.retry === "late" ? "unanswered" : "unrelated";
}
