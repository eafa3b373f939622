import { looksRandom, printable } from "../common/text";
import type { RequestStep } from "../common/trace";
import { parseUrl } from "./host-rules";
import type { HttpRequest, SendResult } from "./messages";

/** What may be told of a request and its end. */
export function requestStep(request: HttpRequest, sent: SendResult, ms: number): RequestStep {
  const { method, url } = request;
  return {
    step: "request",
    method,
    ...placeOf(url),
    credentials: credentialsOf(request),
    operation: null,
    status: sent.ok ? sent.response.status : null,
    redirect: sent.ok ? redirectOf(sent.response.status, sent.response.header("location")[0], url) : null,
    failure: sent.ok ? null : sent.failure.message,
    ms: Math.round(ms),
  };
}

export function placeOf(url: URL): Pick<RequestStep, "scheme" | "host" | "path"> {
  return { scheme: url.protocol.replace(":", ""), host: url.host, path: shownPath(url) };
}

function credentialsOf({ url, headers, body }: HttpRequest): RequestStep["credentials"] {
  if (body !== undefined) return "refresh-token";
  const [, scheme = ""] = /^(\S+)/.exec(headers["authorization"] ?? "") ?? [];
  switch (scheme.toLowerCase()) {
    case "":
      return url.searchParams.has("X-Amz-Signature") ? "presigned-url" : "none";
    case "basic":
      return "basic";
    case "bearer":
      return "bearer";
    default:
      return "other";
  }
}

function redirectOf(status: number, location: string | undefined, from: URL): string | null {
  if (status < 300 || status > 399) return null;
  const target = parseUrl(location ?? "", from);
  return target === undefined || location === undefined ? null : target.host + shownPath(target);
}

/** Parameters of token services and mirrors that say what is asked for, and nothing of who asks. */
const harmlessParameters: ReadonlySet<string> = new Set(["service", "scope", "ns"]);
const digest = /^[a-z0-9]+:[0-9a-f]{32,128}$/;

/**
 * A URL's path and query as they may be shown. By allow-list: the values of a few parameters, and parts of the path that
 * look like names or digests. A presigned URL keeps its host, the place of its object and its parameters' names.
 */
export function shownPath(url: URL): string {
  const path = url.pathname.split("/").map(shownPart).join("/");
  const query = [...url.searchParams].map(([name, value]) => {
    const shown = harmlessParameters.has(name) ? printable(value, 200) : "…";
    return `${isName(name) ? printable(name, 40) : "…"}=${shown}`;
  });
  const parameters = query.length > 16 ? [...query.slice(0, 16), "…"] : query;
  return printable(path, 400) + (parameters.length === 0 ? "" : `?${parameters.join("&")}`);
}

function shownPart(part: string): string {
  const plain = part.replace(/%3a/i, ":");
  if (digest.test(plain)) return plain;
  return part.length <= 128 && isName(part) ? part : "…";
}

/** Whether a text is made of words as people write them in repositories and tags, and of nothing that looks like a key. */
function isName(text: string): boolean {
  if (!/^[\w.~:@-]*$/.test(text)) return false;
  return text.split(/[^A-Za-z0-9]+/).every((word) => word.length <= 40 && !looksRandom(word));
}
