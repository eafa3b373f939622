import { Buffer } from "node:buffer";
import type { Dispatcher } from "undici";
import type { HttpRequest } from "./exchange";

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
  const chunks: Uint8Array[] = [];
  let length = 0;
  let ended = true;
  if (whole && Number(headers["content-length"] ?? 0) > maximum) ended = false;
  else
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      chunks.push(chunk);
      ended = length <= maximum;
      if (!ended) break;
    }
  // Whoever releases the connection ends it with what is left of the body.
  if (!ended) body.on("error", () => undefined);
  return { body: whole && !ended ? undefined : Buffer.concat(chunks).subarray(0, maximum), ended };
}
