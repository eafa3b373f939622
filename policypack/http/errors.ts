import type { FailureKind } from "../common/outcome";
import { printable } from "../common/text";
import type { RetryClass } from "./messages";

export interface NetworkError {
  readonly kind: FailureKind;
  /** A predicate for the host as subject: `refused the connection (ECONNREFUSED)`. */
  readonly words: string;
  readonly retry: RetryClass;
}

const noTls = "failed the TLS handshake; if it serves plain http, add it to insecureRegistries";
const noDescriptor =
  "could not be reached: this process has no free file descriptor; raise its limit (ulimit -n)";
const selfSigned = "presents a self-signed certificate; add it to NODE_EXTRA_CA_CERTS";
const unknownAuthority =
  "presents a certificate of an unknown authority; add the authority to NODE_EXTRA_CA_CERTS";

/** Codes of Node's net, dns, tls and of undici. */
const known: Readonly<Record<string, readonly [words: string, retry: RetryClass, kind?: FailureKind]>> = {
  ECONNREFUSED: ["refused the connection; check its address and port, and that it runs", "refused"],
  ENOTFOUND: ["is not known to DNS; check the registry's name", "final"],
  EAI_AGAIN: ["could not be resolved: DNS did not answer; check this machine's DNS and network", "transient"],
  ECONNRESET: ["broke the connection", "transient"],
  EPIPE: ["broke the connection", "transient"],
  UND_ERR_SOCKET: ["broke the connection", "transient"],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ["sent a body of another length than it announced", "transient"],
  ETIMEDOUT: ["did not accept a connection in time", "late", "timeout"],
  UND_ERR_CONNECT_TIMEOUT: ["did not accept a connection in time", "late", "timeout"],
  UND_ERR_HEADERS_TIMEOUT: ["did not answer in time", "late", "timeout"],
  EHOSTUNREACH: ["cannot be reached from this network; check this machine's network, VPN and proxy", "final"],
  ENETUNREACH: ["cannot be reached from this network; check this machine's network, VPN and proxy", "final"],
  EADDRNOTAVAIL: [
    "cannot be reached from this network; check this machine's network, VPN and proxy",
    "final",
  ],
  EPROTO: [noTls, "protocol"],
  ERR_SSL_WRONG_VERSION_NUMBER: [noTls, "protocol"],
  CERT_HAS_EXPIRED: ["presents an expired certificate; have its operator renew it", "protocol"],
  CERT_NOT_YET_VALID: [
    "presents a certificate that is not valid yet; check this machine's clock",
    "protocol",
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "presents a certificate for another host name; check the registry's name",
    "protocol",
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [selfSigned, "protocol"],
  SELF_SIGNED_CERT_IN_CHAIN: [unknownAuthority, "protocol"],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [unknownAuthority, "protocol"],
  UNABLE_TO_GET_ISSUER_CERT: [unknownAuthority, "protocol"],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [unknownAuthority, "protocol"],
  CERT_REVOKED: ["presents a revoked certificate; have its operator replace it", "protocol"],
  UND_ERR_HEADERS_OVERFLOW: ["answered with too many header bytes", "final", "malformed"],
  EMFILE: [noDescriptor, "no-descriptor"],
  ENFILE: [noDescriptor, "no-descriptor"],
  OUT_OF_REACH: [
    "has an internal address, which the guard refuses for a public registry; have the registry name a public address",
    "final",
    "unsupported",
  ],
};

/** Puts the error of a failed request into words. The error's own text may hold URLs, so only its code is shown. */
export function describeNetworkError(error: unknown): NetworkError {
  if (error instanceof ProxyError) return error;
  const code = codeOf(error);
  const entry = Object.hasOwn(known, code) ? known[code] : undefined;
  if (entry !== undefined) {
    const [words, retry, kind = "unreachable"] = entry;
    return { kind, words: code === "OUT_OF_REACH" ? words : withCode(words, code), retry };
  }
  // Its code is mostly missing (undici 7.30). A body that ends early is one of its cases.
  if (isNoHttp(error))
    return {
      kind: "malformed",
      words: "does not speak HTTP; check the registry's host name and port",
      retry: "protocol",
    };
  if (error instanceof Error && error.name === "HTTPParserError")
    return { kind: "unreachable", words: "broke the connection", retry: "transient" };
  if (code.startsWith("ERR_SSL_"))
    return {
      kind: "unreachable",
      words: withCode("failed the TLS handshake", code),
      retry: "protocol",
    };
  return { kind: "unreachable", words: withCode("could not be reached", code), retry: "final" };
}

/** The code goes behind the predicate, before the advice. */
function withCode(words: string, code: string): string {
  if (code === "") return words;
  const [predicate = "", ...advice] = words.split("; ");
  return [`${predicate} (${printable(code, 60)})`, ...advice].join("; ");
}

/** The code of an error or of the first cause that has one. */
function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 5) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0], depth + 1);
  return codeOf(error.cause, depth + 1);
}

/** Whether what arrived is not an HTTP response, nor the beginning of one. */
export function isNoHttp(error: unknown): boolean {
  return error instanceof Error && error.name === "HTTPParserError" && !error.message.includes("EOF");
}

/** What went wrong at a proxy, or on the way to it. */
export class ProxyError extends Error implements NetworkError {
  readonly words: string;

  /**
   * @param proxy names the proxy without its login
   * @param predicate has the proxy as subject
   */
  constructor(
    proxy: string,
    predicate: string,
    readonly retry: RetryClass,
    readonly kind: FailureKind = "unreachable",
  ) {
    super(predicate);
    this.words = `cannot be reached through the proxy ${proxy}, which ${predicate}`;
  }
}
