import { request, type Dispatcher } from "undici";
import { failure, type Outcome, success } from "../../oci/failure";
import { printable } from "../../oci/text";
import { classOfHostname } from "../address";
import type { Dispatchers } from "../aws/dispatchers";
import { timeIsOver } from "./look-ups";

/**
 * The bytes behind a presigned URL, at most `maxBytes`. The URL is the permission: no credentials go with it, no redirect
 * is followed, and nothing of it but the host is ever told.
 */
export async function downloadBlob(
  presigned: string,
  maxBytes: number,
  dispatchers: Dispatchers,
  signal: AbortSignal | undefined,
): Promise<Outcome<Uint8Array>> {
  const url = URL.parse(presigned);
  if (url === null) return failure("malformed", "ECR gave a download URL that is none");
  if (
    url.protocol !== "https:" &&
    !(url.protocol === "http:" && classOfHostname(url.hostname) === "loopback")
  )
    return failure("unsupported", `ECR gave a download URL at ${printable(url.host)} that is not https`);
  const where = printable(url.host);
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher: dispatchers.of(url),
      headersTimeout: 30_000,
      bodyTimeout: 30_000,
      ...(signal === undefined ? {} : { signal }),
    });
    if (statusCode !== 200) {
      // Its text may repeat the signature; the status tells enough.
      await discard(body);
      return failure(kindOfStatus(statusCode), `the storage of ECR at ${where} answered ${statusCode}`);
    }
    const tooLong = failure("malformed", `the blob at ${where} is longer than ${maxBytes} bytes`);
    if (Number(headers["content-length"] ?? 0) > maxBytes) {
      await discard(body);
      return tooLong;
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      // Leaving the loop destroys the body, and with it the connection.
      if (length > maxBytes) return tooLong;
      chunks.push(chunk);
    }
    return success(Buffer.concat(chunks, length));
  } catch (error) {
    if (signal?.aborted) return timeIsOver();
    const code =
      error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
    return failure("unreachable", `the storage of ECR at ${where} gave no answer${code}`);
  }
}

/** Destroyed, not drained: an unread body keeps its connection, and may never end. */
async function discard(body: Dispatcher.ResponseData["body"]): Promise<void> {
  body.on("error", () => undefined).destroy();
  await Promise.resolve();
}

function kindOfStatus(status: number): "missing" | "denied" | "throttled" | "unreachable" | "unsupported" {
  if (status === 404) return "missing";
  if (status === 401 || status === 403) return "denied";
  if (status === 429 || status === 503) return "throttled";
  return status >= 500 ? "unreachable" : "unsupported";
}
