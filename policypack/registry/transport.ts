import { Buffer } from "node:buffer";
import { setImmediate as turn } from "node:timers/promises";
import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import { type Failure } from "../oci/failure";
import { classOfHostname, lookupWithin, type Reach } from "./address";
import type { HostRules } from "./hosts";
import { Limiter } from "./limiter";
import { type Breakdown, describeNetworkError } from "./network-error";

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A longer body of a 200 answer is a failure; of any other answer only the first bytes are kept. */
  readonly maxBytes: number;
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
}

/** An error's text needs no more. */
const maximumErrorBytes = 64 * 1024;

/**
 * Sends single requests: bounded in time, in bytes and in number per host. Idle connections are kept for reuse and do
 * not keep the process alive. Proxies are taken from the environment, but never for loopback hosts.
 */
export class Transport {
  #requests = 0;
  readonly #dispatchers = new Map<string, Dispatcher>();
  readonly #limiter: Limiter;
  readonly #closing = new AbortController();

  constructor(
    private readonly rules: HostRules,
    private readonly options: TransportOptions,
  ) {
    this.#limiter = new Limiter(options.maxConcurrentPerHost);
  }

  /** The number of requests sent so far. */
  get requests(): number {
    return this.#requests;
  }

  async send(request: HttpRequest): Promise<Sent> {
    const label = request.label ?? request.url.host;
    const release = await this.#limiter.enter(
      request.url.host,
      AbortSignal.any([request.signal, this.#closing.signal]),
    );
    if (release === undefined) return this.#ended(label);
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
        return broken("timeout", `${label} did not answer within ${seconds} s`);
      }
      const { kind, words, breakdown } = describeNetworkError(error);
      return broken(kind, `${label} ${words}`, breakdown);
    } finally {
      clearTimeout(timer);
      release();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
  }

  #ended(label: string): Sent {
    return this.#closing.signal.aborted
      ? broken("unreachable", `the registry client was closed before ${label} answered`)
      : broken("timeout", `the time for this image ended before ${label} answered`);
  }

  async #exchange(request: HttpRequest, label: string, signal: AbortSignal): Promise<Sent> {
    const { url, method, headers, body } = request;
    const dispatcher = this.#dispatcher(url, request.reach);
    this.#requests++;
    const answer = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { "user-agent": "pulumi-ecs-image-guard", "accept-encoding": "identity", ...headers },
      body: body ?? null,
      signal,
      // The one timer above bounds the whole exchange.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const success = answer.statusCode === 200;
    const maximum = success ? request.maxBytes : maximumErrorBytes;
    const header = (name: string) => [answer.headers[name] ?? []].flat();
    const announced = Number(header("content-length")[0] ?? 0);
    const bytes = success && announced > maximum ? undefined : await readUpTo(answer.body, maximum, success);
    if (bytes === undefined) {
      answer.body.on("error", () => undefined).destroy();
      return broken("malformed", `${label} answered with more than ${maximum} bytes`);
    }
    // undici offers a connection for reuse a turn after its answer's end; a request sent before would open another.
    await turn();
    return { ok: true, response: { url, status: answer.statusCode, header, body: bytes } };
  }

  #dispatcher(url: URL, reach: Reach | undefined): Dispatcher {
    const loopback = classOfHostname(url.hostname) === "loopback";
    const insecure = this.rules.mayBeInsecure(url);
    const key = JSON.stringify([loopback, insecure, reach]);
    let dispatcher = this.#dispatchers.get(key);
    if (dispatcher === undefined) {
      const tls = insecure ? { rejectUnauthorized: false } : {};
      const options = {
        connect: { lookup: lookupWithin(reach), ...tls },
        connections: this.options.maxConcurrentPerHost,
        connectTimeout: this.options.requestTimeoutMs,
        requestTls: tls,
      };
      dispatcher = loopback ? new Agent(options) : new EnvHttpProxyAgent(options);
      this.#dispatchers.set(key, dispatcher);
    }
    return dispatcher;
  }
}

/** The bytes of a body; where it is longer than allowed, undefined, or its beginning if that will do. */
async function readUpTo(
  body: AsyncIterable<unknown>,
  maximum: number,
  whole: boolean,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    length += chunk.length;
    chunks.push(chunk);
    if (length > maximum) return whole ? undefined : Buffer.concat(chunks).subarray(0, maximum);
  }
  return Buffer.concat(chunks);
}
