import type { Failure } from "../common/outcome";
import type { HttpResponse } from "../http/messages";
import type { Authorized } from "./bearer-tokens";
import { errorTextOf, fixOfDeniedLogin, fixWithoutLogin } from "./errors";
import { isWebPage, webPage } from "./web-page";

/** What was requested. */
export interface Wanted {
  readonly noun: "manifest" | "blob";
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
}

/** How it was requested. */
export interface Requested extends Pick<Wanted, "noun" | "reference"> {
  readonly maxBytes: number;
  readonly startOnly?: boolean;
  readonly method?: "HEAD";
}

/** Why a response that is not 200 brings no content, and what to do about it. */
export function refusalOf(
  registry: string,
  wanted: Wanted,
  { response, authorized }: { readonly response: HttpResponse; readonly authorized: Authorized },
): Failure {
  const { status } = response;
  const { code, quoted } = errorTextOf(response, authorized.secrets);
  const http = `HTTP ${status}`;
  if (status === 401 || status === 403) return denialOf(registry, wanted, response, authorized, quoted);
  if (status === 429)
    return {
      kind: "throttled",
      message: `${registry} is rate limiting requests (${http})${quoted}`,
      fix: authorized.identified
        ? "try again later, or configure a mirror"
        : "try again later, log in for a higher limit, or configure a mirror",
    };
  if (status >= 500 || status === 408) {
    const fix = isWebPage(response)
      ? "try again later; if this repeats, check the proxy or load balancer that answers for the registry"
      : "try again later";
    return { kind: "unreachable", message: `${registry} fails (${http})${quoted}`, fix };
  }
  if (isWebPage(response)) return webPage(registry, status);
  if (status === 404 || status === 410) return missing(registry, wanted, code);
  if (status === 406)
    return {
      kind: "unsupported",
      message: `${registry} has the ${wanted.noun} only in a form that the guard cannot read (${http})${quoted}`,
      fix: "push the image with a manifest of Docker schema 2 or OCI",
    };
  return {
    kind: "malformed",
    message: `${registry} answered a request for a ${wanted.noun} with ${http}${quoted}`,
    fix: `check that ${registry} is a registry; if it is, report this to its operator`,
  };
}

function denialOf(
  registry: string,
  { repository }: Wanted,
  response: HttpResponse,
  { credentialFault, header = "", identified }: Authorized,
  quoted: string,
): Failure {
  const { status, url } = response;
  if (credentialFault !== undefined) return { kind: "denied", ...credentialFault };
  const isSame = url.host === registry || url.host === "registry-1.docker.io";
  const who = isSame ? registry : `${registry} (${url.host})`;
  const http = `HTTP ${status}`;
  // A web server before a registry may check the login: nginx does, and answers with a page.
  const isLogin = response.header("www-authenticate").length > 0;
  if (isWebPage(response) && !isLogin)
    return {
      kind: "denied",
      message: `${who} denies access with a web page (${http}), not as a registry`,
      fix: `check the registry's host name. If it is right, a proxy or a firewall denies access: have ${url.host} allowed there`,
    };
  const which = identified ? "with the credentials given" : "without credentials";
  const hint = identified
    ? "it does not exist, or they may not pull from it"
    : "it does not exist or needs a login";
  const isWrongPassword = status === 401 && header.startsWith("Basic ");
  return {
    kind: "denied",
    message: `${who} denies access to ${repository} ${which} (${http})${quoted}; ${isWrongPassword ? "they may be wrong or expired" : hint}`,
    fix: identified ? fixOfDeniedLogin(registry, isWrongPassword) : fixWithoutLogin(registry),
  };
}

function missing(registry: string, { noun, repository, reference }: Wanted, code: string): Failure {
  const failed = (what: string, fix: string): Failure => ({
    kind: "missing",
    message: `${registry} has no ${what}`,
    fix,
  });
  if (code === "NAME_UNKNOWN")
    return failed(`repository ${repository}`, "push the image first, or correct the name of its repository");
  if (noun === "blob")
    return failed(
      `blob ${reference} in ${repository}`,
      "push the image again: the registry has its manifest, but not all of its content",
    );
  const isDigest = reference.includes(":");
  const what = `${isDigest ? `manifest ${reference}` : `tag ${reference}`} in ${repository}`;
  const fix = isDigest
    ? "push the image first, or correct its digest"
    : "push the image first, or correct its tag";
  if (code === "MANIFEST_UNKNOWN") return failed(what, fix);
  // Not in a registry's words: whoever answered may be any web server.
  return failed(
    `${what}, or no such repository`,
    `push the image first, or correct its name; check too that ${registry} is a registry`,
  );
}
