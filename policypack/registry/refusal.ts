import type { Failure } from "../common/outcome";
import type { Authorized } from "./bearer-tokens";
import { errorTextOf } from "./errors";
import type { HttpResponse } from "../http/messages";

/** What was asked for. */
export interface Wanted {
  readonly noun: "manifest" | "blob";
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
}

/** How it was asked for. */
export interface Asked extends Pick<Wanted, "noun" | "reference"> {
  readonly maxBytes: number;
  readonly startOnly?: boolean;
  readonly method?: "HEAD";
}

/** Why an answer that is not 200 brings nothing, in words for the person who named the image. */
export function refusalOf(
  registry: string,
  wanted: Wanted,
  { response, authorized }: { readonly response: HttpResponse; readonly authorized: Authorized },
): Failure {
  const { status, url } = response;
  const { code, quoted } = errorTextOf(response, authorized.secrets);
  const http = `HTTP ${status}`;
  if (status === 404 || status === 410)
    return { kind: "missing", message: `${registry} has no ${missing(wanted, code)}` };
  if (status === 401 || status === 403) {
    if (authorized.credentialFault !== undefined)
      return { kind: "denied", message: authorized.credentialFault };
    const which = authorized.identified ? "with the credentials given" : "without credentials";
    const hint = authorized.identified
      ? "it does not exist, or they may not pull from it"
      : "it does not exist or needs a login";
    const who =
      url.host === registry || url.host === "registry-1.docker.io" ? registry : `${registry} (${url.host})`;
    return {
      kind: "denied",
      message: `${who} denies access to ${wanted.repository} ${which} (${http})${quoted}; ${hint}`,
    };
  }
  if (status === 429)
    return {
      kind: "throttled",
      message: `${registry} is rate limiting requests (${http})${quoted}; try later, log in, or use a mirror`,
    };
  if (status >= 500 || status === 408)
    return { kind: "unreachable", message: `${registry} fails (${http})${quoted}; try later` };
  if (status === 406)
    return {
      kind: "unsupported",
      message: `${registry} has the ${wanted.noun} only in a form that the guard cannot read (${http})${quoted}`,
    };
  return {
    kind: "malformed",
    message: `${registry} answered ${http} when asked for a ${wanted.noun}${quoted}`,
  };
}

function missing({ noun, repository, reference }: Wanted, code: string): string {
  if (code === "NAME_UNKNOWN") return `repository ${repository}`;
  if (noun === "blob") return `blob ${reference} in ${repository}`;
  const what = reference.includes(":") ? `manifest ${reference}` : `tag ${reference}`;
  return code === "MANIFEST_UNKNOWN"
    ? `${what} in ${repository}`
    : `${what} in ${repository}, or no such repository`;
}
