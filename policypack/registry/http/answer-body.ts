import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import type { Incoming } from "./channel";
import type { HttpRequest } from "./exchange";

/** An error's text needs no more. */
const maximumErrorBytes = 64 * 1024;

/** The body, or undefined where it is longer than allowed; and whether its end was reached. */
export async function readAnswer(
  { maxBytes, startOnly = false }: HttpRequest,
  { statusCode, headers, body }: Incoming,
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
