import { type SendResult, sendFailure } from "./messages";

/**
 * Turns the answer to a request for the first bytes (RFC 9110 §14.1.2) into one of status 200 with at most `length` bytes: from a part (206),
 * from the whole if the server ignores ranges (200), or none if the content is empty (416). Other answers stay as they are.
 *
 * @param who the subject of the words
 */
export function startOf(sent: SendResult, length: number, who: string): SendResult {
  if (!sent.ok || ![200, 206, 416].includes(sent.response.status)) return sent;
  const { status, body } = sent.response;
  const range = (sent.response.header("content-range")[0] ?? "").trim();
  const start = (bytes: Uint8Array) => ({
    ...sent,
    response: { ...sent.response, status: 200, body: bytes },
  });
  const malformed = (words: string) => sendFailure("malformed", `${who} ${words}`);
  if (status === 416)
    // The field may be missing here (§15.5.17); if it is given, it must mean an empty content.
    return /^(?:|bytes +\*\/0+)$/i.test(range)
      ? start(new Uint8Array())
      : malformed(`refuses to send the first ${length} bytes (HTTP 416)`);
  if (status === 200) return start(body.subarray(0, length));
  const [, first, last] = /^bytes +(\d+)-(\d+)\/(?:\d+|\*)$/i.exec(range) ?? [];
  if (first === undefined) return malformed("sent a part without saying which (HTTP 206)");
  if (Number(first) !== 0) return malformed("sent another part than the first bytes (HTTP 206)");
  return body.length === Math.min(Number(last) + 1, length)
    ? start(body)
    : malformed("sent a part of another length than it says (HTTP 206)");
}
