import { failure, type Outcome, success } from "../common/outcome";
import type { HttpResponse } from "./messages";

/** The value of a Range field that asks for the first so many bytes (RFC 9110 §14.1.2). */
export function rangeOfStart(length: number): string {
  return `bytes=0-${length - 1}`;
}

/** Whether `readStart` reads a response of this status. */
export function bringsStart(status: number): boolean {
  return status === 200 || status === 206 || status === 416;
}

/**
 * The first bytes of a content from the answer to such a request, at most `length` of them: from a part (206), from the
 * whole if the server ignores ranges (200), or none if the content is empty (416). `who` is the
 * subject of the words.
 */
export function readStart(response: HttpResponse, length: number, who: string): Outcome<Uint8Array> {
  const { status, body } = response;
  const range = (response.header("content-range")[0] ?? "").trim();
  if (status === 416)
    // The field may be missing here (§15.5.17); if it is given, it must mean an empty content.
    return /^(?:|bytes +\*\/0+)$/i.test(range)
      ? success(new Uint8Array())
      : failure("malformed", `${who} refuses to send the first ${length} bytes (HTTP 416)`);
  if (status !== 206) return success(body.subarray(0, length));
  const [, first, last] = /^bytes +(\d+)-(\d+)\/(?:\d+|\*)$/i.exec(range) ?? [];
  if (first === undefined) return failure("malformed", `${who} sent a part without saying which (HTTP 206)`);
  if (Number(first) !== 0)
    return failure("malformed", `${who} sent another part than the first bytes (HTTP 206)`);
  return body.length === Math.min(Number(last) + 1, length)
    ? success(body)
    : failure("malformed", `${who} sent a part of another length than it says (HTTP 206)`);
}
