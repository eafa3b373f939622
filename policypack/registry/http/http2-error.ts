/** The error codes of HTTP/2, by their numbers (RFC 9113 §7). */
const codes = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
] as const;

export type Http2Code = (typeof codes)[number];

/** An unknown code means the same as INTERNAL_ERROR (§7). */
export function codeOfNumber(code: number): Http2Code {
  return codes[code] ?? "INTERNAL_ERROR";
}

/** How a stream of HTTP/2 ended before its answer was whole. */
export class Http2Error extends Error {
  constructor(
    readonly code: Http2Code,
    /** The server looked at nothing of it and takes no more of them here: another session may (RFC 9113 §6.8, §8.7). */
    readonly unprocessed: boolean,
  ) {
    super(`the stream ended with ${code}`);
  }
}

/** The origin chose HTTP/2 for a connection of undici's, whose request was not sent; the session stands. */
export class Http2Chosen extends Error {
  readonly code = "ECONNRESET";
}
