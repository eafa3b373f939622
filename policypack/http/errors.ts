import type { FailureKind } from "../common/outcome";
import { printable } from "../common/text";
import type { RetryClass } from "./messages";

export interface NetworkError {
  readonly kind: FailureKind;
  /** A predicate for the host as subject: `refused the connection (ECONNREFUSED)`. */
  readonly words: string;
  readonly retry: RetryClass;
}

/** By what a retry may do: words, with "; " before the advice → codes, separated by spaces, of Node's net, dns, tls, of undici, and ours. */
const meanings: Readonly<Record<RetryClass, Readonly<Record<string, string>>>> = {
  refused: {
    "refused the connection; check its address and port, and that it runs": "ECONNREFUSED",
  },
  transient: {
    "broke the connection": "ECONNRESET EPIPE UND_ERR_SOCKET HTTP_ENDS_EARLY",
    "could not be resolved: DNS did not answer; check this machine's DNS and network": "EAI_AGAIN",
    "sent a body of another length than it announced": "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  },
  late: {
    "did not accept a connection in time": "ETIMEDOUT UND_ERR_CONNECT_TIMEOUT",
    "did not answer in time": "UND_ERR_HEADERS_TIMEOUT",
  },
  protocol: {
    "does not speak HTTP; check the registry's host name and port": "NO_HTTP",
    "failed the TLS handshake; if it serves plain http, add it to insecureRegistries":
      "EPROTO ERR_SSL_WRONG_VERSION_NUMBER",
    "presents an expired certificate; have its operator renew it": "CERT_HAS_EXPIRED",
    "presents a certificate that is not valid yet; check this machine's clock": "CERT_NOT_YET_VALID",
    "presents a certificate for another host name; check the registry's name": "ERR_TLS_CERT_ALTNAME_INVALID",
    "presents a self-signed certificate; add it to NODE_EXTRA_CA_CERTS": "DEPTH_ZERO_SELF_SIGNED_CERT",
    "presents a certificate of an unknown authority; add the authority to NODE_EXTRA_CA_CERTS":
      "SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "presents a revoked certificate; have its operator replace it": "CERT_REVOKED",
  },
  "no-descriptor": {
    "could not be reached: this process has no free file descriptor; raise its limit (ulimit -n)":
      "EMFILE ENFILE",
  },
  final: {
    "is not known to DNS; check the registry's name": "ENOTFOUND",
    "cannot be reached from this network; check this machine's network, VPN and proxy":
      "EHOSTUNREACH ENETUNREACH EADDRNOTAVAIL",
    "answered with too many header bytes": "UND_ERR_HEADERS_OVERFLOW",
    "has an internal address, which the guard refuses for a public registry; have the registry name a public address":
      "OUT_OF_REACH",
  },
};

/** Codes of ours, which are not shown. */
const ours: ReadonlySet<string> = new Set(["NO_HTTP", "HTTP_ENDS_EARLY", "OUT_OF_REACH"]);

/** Puts the error of a failed request into words. The error's own text may hold URLs, so only its code is shown. */
export function describeNetworkError(error: unknown): NetworkError {
  if (error instanceof ProxyError) return error;
  const code = codeOf(error);
  for (const retry of Object.keys(meanings) as RetryClass[])
    for (const [words, codes] of Object.entries(meanings[retry]))
      if (codes.split(" ").includes(code))
        return { kind: kindOf(code, retry), words: withCode(words, code), retry };
  return code.startsWith("ERR_SSL_")
    ? { kind: "unreachable", words: withCode("failed the TLS handshake", code), retry: "protocol" }
    : { kind: "unreachable", words: withCode("could not be reached", code), retry: "final" };
}

function kindOf(code: string, retry: RetryClass): FailureKind {
  if (code === "OUT_OF_REACH") return "unsupported";
  if (code === "NO_HTTP" || code === "UND_ERR_HEADERS_OVERFLOW") return "malformed";
  return retry === "late" ? "timeout" : "unreachable";
}

/** The code goes behind the predicate, before the advice. */
function withCode(words: string, code: string): string {
  if (code === "" || ours.has(code)) return words;
  const [predicate = "", ...advice] = words.split("; ");
  return [`${predicate} (${printable(code, 60)})`, ...advice].join("; ");
}

/** The code of an error or of the first cause that has one. */
function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 5) return "";
  // Its own code is mostly missing (undici 7.30). A body that ends early is one of its cases.
  if (error.name === "HTTPParserError") return error.message.includes("EOF") ? "HTTP_ENDS_EARLY" : "NO_HTTP";
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0], depth + 1);
  return codeOf(error.cause, depth + 1);
}

/** Whether what arrived is not an HTTP response, nor the beginning of one. */
export function isNoHttp(error: unknown): boolean {
  return codeOf(error) === "NO_HTTP";
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
