import type { Failure } from "../common/outcome";
import type { HttpResponse } from "../http/messages";

/*
 * HTML in a registry's place. Registries answer in JSON, so a server for browsers did: a login page (SSO), a proxy, a firewall, or a web
 * site whose name stands in the image by mistake. Pushing the image or changing its access would not help.
 */

/** Whether a response is a web page, by its content type or, if it is an error, by its first characters. */
export function isWebPage(response: HttpResponse): boolean {
  const { status, body } = response;
  if (isWebPageType(response.header("content-type")[0] ?? "")) return true;
  // A manifest of a wrong content type is still a manifest; an error may come without a type.
  return status !== 200 && isWebPageStart(body);
}

/** Whether bytes begin as HTML does. */
export function isWebPageStart(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 100)).toString("latin1");
  return /^\s*<(?:!doctype html|html)\b/i.test(start);
}

export function isWebPageType(contentType: string): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i.test(contentType);
}

/** @param status of the response, if it is not 200 */
export function webPage(registry: string, status?: number): Failure {
  const http = status === undefined ? "" : ` (HTTP ${status})`;
  return {
    kind: "malformed",
    message: `${registry} answered with a web page${http}, not as a registry`,
    fix: "check the registry's host name and port. If they are right, a login page (SSO) or a proxy answered: let this machine reach the registry itself",
  };
}
