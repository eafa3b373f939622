import type { IncomingMessage, ServerResponse } from "node:http";

/** Sends a content, or the start of it where a Range field asks for that (RFC 9110 §14) and is not to be ignored. */
export function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  whole: Buffer,
  ignoresRanges: boolean,
): void {
  const [, last] = (!ignoresRanges && /^bytes=0-(\d+)$/.exec(request.headers.range ?? "")) || [];
  if (last !== undefined && whole.length === 0) {
    response.writeHead(416, { "content-range": "bytes */0" }).end();
    return;
  }
  const body = last === undefined ? whole : whole.subarray(0, Number(last) + 1);
  response.writeHead(last === undefined ? 200 : 206, {
    "content-type": "application/octet-stream",
    "content-length": body.length,
    ...(last === undefined ? {} : { "content-range": `bytes 0-${body.length - 1}/${whole.length}` }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
