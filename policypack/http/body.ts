import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { failure, type Outcome, success } from "../common/outcome";
import type { HttpRequest, HttpResponse } from "./messages";

/** An error's text needs no more. */
const maximumErrorBytes = 64 * 1024;

/** The body, or undefined where it is longer than allowed; and whether its end was reached. */
export async function readAnswer(
  { maxBytes, startOnly = false }: HttpRequest,
  { statusCode, headers, body }: Dispatcher.ResponseData,
): Promise<{ body: Uint8Array | undefined; ended: boolean }> {
  const start = startOnly && (statusCode === 200 || statusCode === 206);
  const whole = statusCode === 200 && !start;
  const maximum = whole || start ? maxBytes : maximumErrorBytes;
  const tooLong = whole && Number(headers["content-length"] ?? 0) > maximum;
  const { bytes, ended } = tooLong ? { bytes: Buffer.of(), ended: false } : await readUpTo(maximum, body);
  if (!ended) {
    body.on("error", () => undefined);
    body.destroy();
  }
  return { body: whole && !ended ? undefined : bytes.subarray(0, maximum), ended };
}

/** At least so many bytes where there are more. Lighter than going through the body by `for await`. */
function readUpTo(maximum: number, body: Readable): Promise<{ bytes: Buffer; ended: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const finish = (ended: boolean) => {
      resolve({ bytes: Buffer.concat(chunks), ended });
    };
    body.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      if ((length += chunk.length) <= maximum) return;
      body.pause();
      finish(false);
    });
    body.once("end", () => {
      finish(true);
    });
    body.once("error", reject);
  });
}

/** The value of a Range field that asks for the first so many bytes (RFC 9110 §14.1.2). */
export function rangeOfStart(length: number): string {
  return `bytes=0-${length - 1}`;
}

/** Whether `readStart` can make something of an answer of this status. */
export function bringsStart(status: number): boolean {
  return status === 200 || status === 206 || status === 416;
}

/**
 * The first bytes of a content from the answer to such a request, at most `length` of them: from a part (206), from the
 * whole where the server ignores ranges (200), or none where there is nothing to take a part of (416). `who` is the
 * subject of the words.
 */
export function readStart(response: HttpResponse, length: number, who: string): Outcome<Uint8Array> {
  const { status, body } = response;
  const range = (response.header("content-range")[0] ?? "").trim();
  if (status === 416)
    // The field may be missing here (§15.5.17); where it is given, it must speak of an empty content.
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
