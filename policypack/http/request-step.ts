import { parseUrl } from "./host-rules";
import type { HttpRequest, Sent } from "./messages";
import { type RequestStep, shownPath } from "./trace";

/** What may be told of a request and its end. */
export function requestStep(request: HttpRequest, sent: Sent, ms: number): RequestStep {
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
