import { sleep } from "../common/concurrency";
import { broken, type HttpResponse, type Sent } from "./messages";

const maximumAttempts = 4;
const firstDelayMs = 250;
const maximumDelayMs = 5_000;
/** A registry that wants more patience than this is not waited for. */
const maximumPatienceMs = 60_000;

/**
 * Tries again where that may help: after 429, 408, 5xx and broken connections. Waits as long as Retry-After says
 * (RFC 9110 §10.2.3), else exponentially with full jitter. A host that says it is asked too much is left alone by
 * every request until its delay is over.
 */
export class Retries {
  /** Host → when it may be asked again, in milliseconds of `performance.now()`. */
  readonly #pausedUntil = new Map<string, number>();

  /** When the signal ends a wait, the last answer stands: a host that kept throttling is `throttled`, not a time-out. */
  async run(host: string, label: string, signal: AbortSignal, attempt: () => Promise<Sent>): Promise<Sent> {
    let last: Sent | undefined;
    for (let n = 1; ; n++) {
      if (!(await this.#awaitPause(host, signal)))
        return (
          last ??
          broken("throttled", `${label} asked to be left alone for longer than the time for this image`)
        );
      const sent = await attempt();
      if (signal.aborted && !sent.ok && last !== undefined) return last;
      last = sent;
      if (n === maximumAttempts || !mayHelp(sent)) return sent;
      const asked = sent.ok ? retryAfterMs(sent.response) : undefined;
      const delay = asked ?? Math.random() * Math.min(maximumDelayMs, firstDelayMs * 2 ** (n - 1));
      if (delay > maximumPatienceMs) return sent;
      if (asked !== undefined || (sent.ok && sent.response.status === 429)) {
        const until = performance.now() + delay;
        this.#pausedUntil.set(host, Math.max(until, this.#pausedUntil.get(host) ?? 0));
      } else if (!(await sleep(delay, signal))) return sent;
    }
  }

  async #awaitPause(host: string, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const remaining = (this.#pausedUntil.get(host) ?? 0) - performance.now();
      if (remaining <= 0) return true;
      if (!(await sleep(remaining, signal))) return false;
    }
  }
}

function mayHelp(sent: Sent): boolean {
  if (!sent.ok) return sent.breakdown === "transient";
  const { status } = sent.response;
  return status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

/** Milliseconds that the answer asks to wait; a date counts from the answer's own Date, so clocks need not agree. */
export function retryAfterMs(response: Pick<HttpResponse, "header">): number | undefined {
  const value = response.header("retry-after")[0]?.trim() ?? "";
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // A date of the grammar starts with its week day; Date.parse alone would take a "-1" or "1.5" for a year.
  const date = /^[A-Z][a-z]{2,8},? /.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(date)) return undefined;
  const sent = Date.parse(response.header("date")[0] ?? "");
  return Math.max(0, date - (Number.isNaN(sent) ? Date.now() : sent));
}
