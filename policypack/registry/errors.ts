import { looksRandom, printable } from "../common/text";
import type { HttpResponse } from "../http/messages";
import { isRecord } from "../common/values";

/** What a registry says about an error (distribution-spec, "Error Codes"), safe to show. */
export interface ErrorText {
  /** Such as `MANIFEST_UNKNOWN`; "" for none. */
  readonly code: string;
  /** In at most 200 characters, quoted, with what leads to it (`: "…"`); "" for none. */
  readonly quoted: string;
}

/**
 * Reads `errors[]`, or the text that token services put in its place. Text that holds one of the secrets is dropped, and so is
 * text that holds what else the request carried: the login of a proxy, the signature in a presigned URL.
 */
export function errorTextOf(response: HttpResponse, known: readonly string[]): ErrorText {
  const secrets = [...known, ...(response.carried ?? []), ...signaturesIn(response.url)];
  const document = parseJson(response.body);
  if (!isRecord(document)) return { code: "", quoted: "" };
  const errors: unknown[] = Array.isArray(document["errors"]) ? document["errors"] : [];
  const first = errors.find(isRecord) ?? {};
  const text = [
    first["message"],
    document["details"],
    document["error_description"],
    document["message"],
  ].find((candidate): candidate is string => typeof candidate === "string" && candidate.trim() !== "");
  const code = typeof first["code"] === "string" ? first["code"].toUpperCase() : "";
  return { code, quoted: text === undefined || holdsSecret(text, secrets) ? "" : `: "${safeText(text)}"` };
}

function holdsSecret(text: string, secrets: readonly string[]): boolean {
  return secrets.some(
    (secret) =>
      secret !== "" && [secret, encodeURIComponent(secret), base64(secret)].some((one) => text.includes(one)),
  );
}

/** Far more than is shown; what is longer is cut before the pattern meets it, whose time grows with the square of the length. */
const maximumText = 2_000;

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

/** Values of the query that are too long to be found in a sentence by chance. */
function signaturesIn(url: URL): readonly string[] {
  return [...url.searchParams.values()].filter((value) => value.length >= 12);
}

/** A URL's query may be a signature, so it is never shown; nor is what looks like a piece of a key or of a token. */
function safeText(text: string): string {
  const withoutQueries = text
    .trim()
    .slice(0, maximumText)
    .replace(/(\bhttps?:\/\/[^\s?"]*)\?[^\s"]*/gi, "$1");
  return printable(
    withoutQueries.replace(/[A-Za-z0-9_+=-]{20,}/g, (word) => (looksRandom(word) ? "…" : word)),
    200,
  );
}

export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
