import { type Clock, sleep, systemClock } from "../common/concurrency";
import type { HttpResponse, SendResult } from "./messages";
import type { Signal } from "../common/signal";

const maximumAttempts = 4;
const firstDelayMs = 250;
const maximumDelayMs = 5_000;
/** A longer `Retry-After` than this is not waited for. */
const maximumPauseMs = 60_000;
/** How long a host that answers nothing but 429 may still keep to a pace. Longer than the longest pause between two attempts. */
const patienceMs = 15_000;

/** What a host has shown of its rate limit; milliseconds of the clock. */
interface RateLimit {
  /** When it last let a request pass. A challenge (401) is none: many registries send it before they count requests. */
  passed: number;
  /** When it last refused one because of its rate. */
  limited: number;
  /** When those may come again that it refused. */
  until: number;
}

/**
 * How long a host is waited for that limits the rate of requests: until the signal fires if it says when to come back, or as long as it
 * lets others pass, or for four attempts. Only the first waits for a pause of more than five seconds.
 */
export type Patience = "until the signal" | "while others pass" | "four attempts";

/**
 * Retries if that may help: after 429, 408, 5xx and broken connections, with four attempts at most. A rate limit does not end them: a
 * host that answers 429 is queried at the pace that it allows until the signal fires, if it says when to come back (Retry-After) or
 * answered another request a moment ago. So is one that answers 503 and does both. The limiter holds back all requests to a host that
 * is rate limiting.
 */
export class Retries {
  readonly #rateLimits = new Map<string, RateLimit>();

  /** @param patience default: until the signal fires; whoever can do without the answer has less */
  constructor(
    private readonly clock: Clock = systemClock,
    private readonly patience: Patience = "until the signal",
  ) {}

  /** Whether a host lets requests pass at a pace of its own: it answered some of the last ones, and refused others. */
  isPacing(host: string): boolean {
    const { passed, limited, until } = this.#rateLimitOf(host);
    return this.clock.now() - until < patienceMs && limited - passed < patienceMs;
  }

  /** If the signal ends a wait, the last response counts: a host that kept rate limiting is `throttled`, not a timeout. */
  async run(
    host: string,
    signal: Signal,
    attempt: () => Promise<SendResult>,
    patience: Patience = this.patience,
  ): Promise<SendResult> {
    let last: SendResult | undefined;
    for (let attempts = 1; ; attempts++) {
      const sent = await attempt();
      if (signal.aborted && !sent.ok && last !== undefined) return last;
      last = sent;
      this.note(host, sent);
      if (!mayHelp(sent)) return sent;
      const asked = sent.ok ? retryAfterMs(sent.response) : undefined;
      const pause = sent.ok ? pauseAfter(sent.response) : undefined;
      if (asked !== undefined && pause === undefined) return sent;
      if (this.#waits(host, sent, asked, patience)) attempts = 0;
      else if (attempts >= maximumAttempts) return sent;
      else if (patience !== "until the signal" && (asked ?? 0) > maximumDelayMs) return sent;
      if (pause === undefined && !(await sleep(backoffMs(attempts), signal, this.clock))) return sent;
    }
  }

  /** Learns from an answer that is not retried here. */
  note(host: string, sent: SendResult): void {
    if (!sent.ok || sent.response.status === 401) return;
    const limit = this.#rateLimitOf(host);
    this.#rateLimits.set(host, limit);
    const now = this.clock.now();
    if (!isLimiting(sent)) limit.passed = now;
    else {
      limit.limited = now;
      limit.until = Math.max(limit.until, now + (pauseAfter(sent.response) ?? 0));
    }
  }

  #waits(host: string, sent: SendResult, asked: number | undefined, patience: Patience): boolean {
    if (patience === "four attempts" || !isLimiting(sent)) return false;
    return this.isPacing(host) || (patience === "until the signal" && is429(sent) && asked !== undefined);
  }

  #rateLimitOf(host: string): RateLimit {
    return this.#rateLimits.get(host) ?? { passed: -Infinity, limited: -Infinity, until: -Infinity };
  }
}

/** Whether a response means that there were too many requests: 503 does so too, if it says when the next one may come. */
function isLimiting(sent: SendResult): boolean {
  return is429(sent) || (sent.ok && sent.response.status === 503 && pauseAfter(sent.response) !== undefined);
}

function is429(sent: SendResult): boolean {
  return sent.ok && sent.response.status === 429;
}

function mayHelp(sent: SendResult): boolean {
  if (!sent.ok) return sent.retry === "transient";
  const { status } = sent.response;
  return status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

/** Exponential, with full jitter; milliseconds. */
export function backoffMs(attempt: number): number {
  return Math.random() * Math.min(maximumDelayMs, firstDelayMs * 2 ** (attempt - 1));
}

/**
 * How long to wait before the next request to a host, in milliseconds; 0 if its response does not say how long. Undefined if it is not
 * rate limiting, or the wait is too long.
 */
export function pauseAfter(response: Pick<HttpResponse, "header" | "status">): number | undefined {
  const { status } = response;
  if (status !== 429 && !(status >= 500)) return undefined;
  const asked = retryAfterMs(response) ?? (status === 429 ? 0 : undefined);
  return asked !== undefined && asked <= maximumPauseMs ? asked : undefined;
}

/**
 * The `Retry-After` of a response in milliseconds (RFC 9110 §10.2.3); a date counts from the response's own Date, so clocks may differ.
 */
export function retryAfterMs(response: Pick<HttpResponse, "header">): number | undefined {
  const value = response.header("retry-after")[0]?.trim() ?? "";
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // A date of the grammar starts with its week day; Date.parse alone would take a "-1" or "1.5" for a year.
  const date = /^[A-Z][a-z]{2,8},? /.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(date)) return undefined;
  const sent = Date.parse(response.header("date")[0] ?? "");
  return Math.max(0, date - (Number.isNaN(sent) ? Date.now() : sent));
}
