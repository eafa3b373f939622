import { isRecord, printable } from "../oci/text";
import type { HttpResponse } from "./http/exchange";

/** What a registry says about an error (distribution-spec, "Error Codes"), safe to show. */
export interface ErrorText {
  /** Such as `MANIFEST_UNKNOWN`; "" for none. */
  readonly code: string;
  /** In at most 200 characters, quoted, with what leads to it (`: "…"`); "" for none. */
  readonly quoted: string;
}

/** Reads `errors[]`, or the text that token services put in its place. Text that holds one of the secrets is dropped. */
export function errorTextOf(response: HttpResponse, secrets: readonly string[]): ErrorText {
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
  return secrets.some((secret) => secret !== "" && text.includes(secret));
}

/** A URL's query may be a signature, so it is never shown. */
function safeText(text: string): string {
  return printable(text.trim().replace(/(\bhttps?:\/\/[^\s?"]*)\?[^\s"]*/gi, "$1"), 200);
}

export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
