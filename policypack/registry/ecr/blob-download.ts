import { request, type Dispatcher } from "undici";
import { failure, type Outcome, success } from "../../oci/failure";
import { printable } from "../../oci/text";
import { classOfHostname } from "../address";
import { placeOf } from "../request-step";
import type { Trace } from "../trace";
import { timeIsOver } from "./look-ups";

/**
 * The bytes behind a presigned URL, at most `maxBytes`. The URL is the permission: no credentials go with it, no redirect
 * is followed, and nothing of it but the host is ever told.
 */
export async function downloadBlob(
  presigned: string,
  maxBytes: number,
  dispatcher: Dispatcher,
  signal: AbortSignal | undefined,
  trace?: Trace,
): Promise<Outcome<Uint8Array>> {
  const url = URL.parse(presigned);
  if (url === null) return failure("malformed", "ECR gave a download URL that is none");
  if (
    url.protocol !== "https:" &&
    !(url.protocol === "http:" && classOfHostname(url.hostname) === "loopback")
  )
    return failure("unsupported", `ECR gave a download URL at ${printable(url.host)} that is not https`);
  const where = printable(url.host);
  const tell = downloadTeller(url, trace);
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      ...(signal === undefined ? {} : { signal }),
    });
    tell(statusCode, null);
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
    const code =
      error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
    tell(null, signal?.aborted ? "the time was over" : `no answer${code}`);
    if (signal?.aborted) return timeIsOver();
    return failure("unreachable", `the storage of ECR at ${where} gave no answer${code}`);
  }
}

/** Tells of the download once: of its status, or why there is none. */
function downloadTeller(url: URL, trace: Trace | undefined) {
  const started = performance.now();
  let told = false;
  return (status: number | null, failure: string | null): void => {
    if (trace === undefined || told) return;
    told = true;
    trace.add({
      step: "request",
      method: "GET",
      ...placeOf(url),
      credentials: "presigned-url",
      operation: null,
      status,
      redirect: null,
      failure,
      ms: Math.round(performance.now() - started),
    });
  };
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
