import { parseUrl } from "../common/text";
import { mayBeWithin } from "./address-rules";
import type { HostRules } from "./host-rules";
import { type HttpRequest, type SendResult, sendFailure } from "./messages";
import type { Transport } from "./transport";

const maximumRedirects = 5;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and follows its redirects. Redirects from https to http are refused, and those to an address less public
 * than that of the host that the request was meant for. Across origins, a request loses the Authorization field for good.
 * A request with a body is never redirected: its body holds a credential.
 */
export async function follow(
  transport: Transport,
  rules: HostRules,
  request: HttpRequest,
): Promise<SendResult> {
  let current = request;
  for (let hops = 0; ; hops++) {
    const sent = await transport.send(current);
    if (!sent.ok || !redirectStatuses.has(sent.response.status)) return sent;
    const label = current.label ?? current.url.host;
    if (hops === maximumRedirects)
      return sendFailure(
        "malformed",
        `${label} redirects more than ${maximumRedirects} times; check the registry's host name, and report this to its operator`,
      );
    if (request.body !== undefined)
      return sendFailure(
        "unsupported",
        `${label} redirects a request that carries a credential, which the guard does not follow; correct the realm in the registry's configuration`,
      );
    const target = parseUrl(sent.response.header("location")[0] ?? "", current.url);
    if (target === undefined || sent.response.header("location").length === 0)
      return sendFailure(
        "malformed",
        `${label} redirects without a location (HTTP ${sent.response.status}); report this to the registry's operator`,
      );
    const next = await redirected(request, current, target, rules);
    if (typeof next === "string")
      return sendFailure(
        "unsupported",
        `${label} redirects to ${next}; have the registry redirect to a public https address`,
      );
    current = next;
  }
}

/** The request for a redirect's target, or the words for why it is not sent. */
async function redirected(
  first: HttpRequest,
  current: HttpRequest,
  target: URL,
  rules: HostRules,
): Promise<HttpRequest | string> {
  if (target.protocol !== "https:" && target.protocol !== "http:")
    return `a URL that is not http (${target.protocol})`;
  if (target.protocol === "http:" && current.url.protocol === "https:")
    return `plain http on ${target.host}, which the guard refuses`;
  target.username = target.password = target.hash = "";
  if (target.origin === current.url.origin) return { ...current, url: target };
  const { method, maxBytes, startOnly = false, byRecord = false, signal } = current;
  const headers = Object.fromEntries(
    Object.entries(current.headers).filter(([name]) => name !== "authorization"),
  );
  const next = { method, url: target, headers, maxBytes, startOnly, byRecord, signal };
  const reach = first.reach ?? (await rules.reach(first.url));
  if (target.hostname === first.url.hostname) return first.reach === undefined ? next : { ...next, reach };
  return mayBeWithin(reach, target.hostname)
    ? { ...next, reach }
    : `${target.host}, an internal address that the guard refuses`;
}
