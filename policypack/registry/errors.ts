import { looksRandom, printable } from "../common/text";
import type { HttpResponse } from "../http/messages";
import { isRecord } from "../common/values";

/** What a registry says about an error (distribution-spec, "Error Codes"), safe to show. */
export interface ErrorText {
  /** Such as `MANIFEST_UNKNOWN`; "" for none. */
  readonly code: string;
  /** In at most 200 characters, quoted, after a colon (`: "…"`); "" for none. */
  readonly quoted: string;
}

/**
 * Reads `errors[]`, or the text that token services put in its place. A text is quoted only if it is plain ASCII prose in which no part of a
 * secret may be, in whatever form (`mayHold`): of those given, or of what else the request carried, such as the login of a proxy or the
 * signature in a presigned URL.
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
  const shown = text === undefined ? "" : safeText(text);
  const isSafe = harmless.test(shown) && !secrets.some((secret) => mayHold(text ?? "", secret));
  return { code, quoted: isSafe ? `: "${shown}"` : "" };
}

/** Letters, digits and punctuation of prose. Not `%`, `&`, `#` or a backslash, by which a text may encode others. */
const harmless = /^[\w .,:;!?'"()[\]{}<>*/@+=…-]+$/;

/**
 * Whether a text may give a secret away: at least half of it, in any case, in either direction, with other characters between, as it is or in
 * hex, base64 or decimal character codes.
 */
export function mayHold(text: string, secret: string): boolean {
  if (secret === "") return false;
  const read = text.slice(0, maximumText);
  return [bare, squeezed].some((simplify) => {
    const searched = simplify(read);
    const both = [searched, reversed(searched)];
    return formsOf(secret)
      .flatMap((form) => halvesOf(simplify(form)))
      .some((half) => both.some((one) => one.includes(half)));
  });
}

/** All parts of half the length; a text that holds the whole holds them too. */
function halvesOf(form: string): string[] {
  const length = Math.max(Math.floor(form.length / 2), Math.min(form.length, shortestPart));
  return Array.from({ length: length === 0 ? 0 : form.length - length + 1 }, (_, at) =>
    form.slice(at, at + length),
  );
}

/** Fewer characters reveal nothing, and are in most texts. */
const shortestPart = 3;

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, "utf8").subarray(0, maximumText);
  // base64 depends on what stands before, modulo three bytes; the characters at the seams belong to both.
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return text.slice(before === 0 ? 0 : before + 1, (bytes.length + before) % 3 === 0 ? undefined : -1);
  });
  return [secret.slice(0, maximumText), bytes.toString("hex"), [...bytes].join(" "), ...base64];
}

/** Without case and without what may stand between the characters. */
function bare(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Without case and white space: a secret may be of punctuation too. */
function squeezed(text: string): string {
  return text.toLowerCase().replace(/\s/g, "");
}

function reversed(text: string): string {
  return Array.from(text).reverse().join("");
}

/** Far more than is shown; what is longer is cut before the pattern meets it, whose time grows with the square of the length. */
const maximumText = 2_000;

/** Values of the query that are too long to be found in a sentence by chance. */
function signaturesIn(url: URL): readonly string[] {
  return [...url.searchParams.values()].filter((value) => value.length >= 12);
}

/** A URL's query may be a signature, so it is never shown; nor is what looks like a piece of a key or of a token. */
function safeText(text: string): string {
  const withoutQueries = text
    .slice(0, maximumText)
    .replace(/\s+/g, " ")
    .trim()
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

/** For a registry that denies access without credentials. */
export function fixWithoutLogin(registry: string): string {
  return `log in where Pulumi runs (${loginCommand(registry)}), or correct the image's name`;
}

/** For a registry or a token service that denies access with credentials. */
export function fixOfDeniedLogin(registry: string, isWrong: boolean): string {
  return isWrong
    ? `log in again where Pulumi runs (${loginCommand(registry)})`
    : "give this login read access to the repository, or correct the image's name";
}

export function loginCommand(registry: string): string {
  return registry === "docker.io" ? "docker login" : `docker login ${registry}`;
}
