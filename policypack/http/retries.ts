import { type Clock, sleep, systemClock } from "../common/concurrency";
import type { HttpResponse, SendResult } from "./messages";

const maximumAttempts = 4;
const firstDelayMs = 250;
const maximumDelayMs = 5_000;
/** A longer `Retry-After` than this is not waited for. */
const maximumPauseMs = 60_000;
/** How long a host that answers nothing but 429 may still keep to a pace. Longer than the longest pause between two attempts. */
const patienceMs = 15_000;

/**
 * Retries if that may help: after 429, 408, 5xx and broken connections, with four attempts at most. A rate limit does not end them: a
 * host that answers 429 is queried at the pace that it allows until the signal fires, if it says when to come back (Retry-After) or
 * answered another request a moment ago. The limiter holds back all requests to a host that is rate limiting.
 */
export class Retries {
  /** Host → when it last let a request pass. A challenge (401) is none: many registries send it before they count requests. */
  readonly #passedMs = new Map<string, number>();
  /** Host → when it last answered 429. */
  readonly #limitedMs = new Map<string, number>();

  constructor(private readonly clock: Clock = systemClock) {}

  /** Whether a host lets requests pass at a pace of its own: it answered some of the last ones, and refused others by 429. */
  isPacing(host: string): boolean {
    return this.#isRecent(this.#limitedMs, host) && this.#isRecent(this.#passedMs, host);
  }

  /** If the signal ends a wait, the last response counts: a host that kept rate limiting is `throttled`, not a timeout. */
  async run(host: string, signal: AbortSignal, attempt: () => Promise<SendResult>): Promise<SendResult> {
    let last: SendResult | undefined;
    for (let attempts = 1; ; attempts++) {
      const sent = await attempt();
      if (signal.aborted && !sent.ok && last !== undefined) return last;
      last = sent;
      const limited = sent.ok && sent.response.status === 429;
      if (limited) this.#limitedMs.set(host, this.clock.now());
      else if (sent.ok && sent.response.status !== 401) this.#passedMs.set(host, this.clock.now());
      if (!mayHelp(sent)) return sent;
      const asked = sent.ok ? retryAfterMs(sent.response) : undefined;
      const pause = sent.ok ? pauseAfter(sent.response) : undefined;
      if (asked !== undefined && pause === undefined) return sent;
      if (limited && (asked !== undefined || this.#isRecent(this.#passedMs, host))) attempts = 0;
      else if (attempts >= maximumAttempts) return sent;
      if (pause === undefined && !(await sleep(backoffMs(attempts), signal, this.clock))) return sent;
    }
  }

  #isRecent(moments: ReadonlyMap<string, number>, host: string): boolean {
    return this.clock.now() - (moments.get(host) ?? -Infinity) < patienceMs;
  }
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
