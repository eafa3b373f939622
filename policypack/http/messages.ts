import type { Failure } from "../common/outcome";
import { credentialsOf, placeOf, redirectOf, type RequestStep } from "../common/trace";
import type { Reach } from "./address-rules";
import type { Signal } from "../common/signal";

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A longer body of a 200 answer is a failure; of any other answer only the first bytes are kept. */
  readonly maxBytes: number;
  /** Only the first `maxBytes` are requested, by a Range field. An answer with them has the status 200, whichever way they came. */
  readonly startOnly?: boolean;
  /** The allowed addresses of the host; given if someone else than the user named the host. */
  readonly reach?: Reach;
  /** A cached record named this host: only a good response counts for its pace. */
  readonly byRecord?: boolean;
  /** The host's name in messages. Default: the URL's host. */
  readonly label?: string;
  readonly signal: Signal;
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

/** The end of one request: an answer of any status, or a failure that says whether a retry may help. */
export type SendResult =
  | { readonly ok: true; readonly response: HttpResponse }
  | { readonly ok: false; readonly failure: Failure; readonly retry: RetryClass };

/** @param words what went wrong, and after "; " what to do about it */
export function sendFailure(
  kind: Failure["kind"],
  words: string,
  retry: RetryClass = "final",
): Extract<SendResult, { ok: false }> {
  const [message = "", fix] = words.split("; ");
  return { ok: false, failure: { kind, message, ...(fix !== undefined && { fix }) }, retry };
}

/**
 * Whether a retry may help. `transient`: yes. `protocol`: with the other scheme, the host speaks TLS or plain http. `refused`:
 * with the other scheme, nothing listens there, or a proxy does not connect to it. `late`: it took too long. `no-descriptor`: nothing was
 * sent, because the process, or the machine, has no file descriptor left for a connection. `final`: no.
 */
export type RetryClass = "transient" | "protocol" | "refused" | "late" | "no-descriptor" | "final";

/** The parts of a request and its result that a trace may show. */
export function requestStep(request: HttpRequest, sent: SendResult, ms: number): RequestStep {
  const { method, url } = request;
  const answer = sent.ok
    ? { status: sent.response.status, redirect: redirectOf(sent.response, url), failure: null }
    : { status: null, redirect: null, failure: sent.failure.message };
  return {
    step: "request",
    method,
    ...placeOf(url),
    credentials: credentialsOf(request),
    operation: null,
    ...answer,
    ms: Math.round(ms),
  };
}
