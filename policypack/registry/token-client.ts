import { type Clock, systemClock } from "../common/concurrency";
import { failure, type Outcome, success } from "../common/outcome";
import { basicAuthorization } from "../common/text";
import { mayBeWithin } from "../http/address-rules";
import type { HostRules } from "../http/host-rules";
import type { HttpRequest, HttpResponse } from "../http/messages";
import { follow } from "../http/redirects";
import type { Patience, Retries } from "../http/retries";
import type { Transport } from "../http/transport";
import { type Credential, secretsOf } from "../logins/credential";
import { errorTextOf, parseJson, fixOfDeniedLogin, fixWithoutLogin } from "./errors";
import { isWebPage } from "./web-page";
import { isRecord } from "../common/values";
import type { Signal } from "../common/signal";

/** A bearer token and when to stop using it, in milliseconds of the run's clock. */
export interface Token {
  readonly value: string;
  readonly usableUntil: number;
}

export interface TokenRequest {
  /** The registry that names the realm: its name for messages, and its URL. */
  readonly registry: string;
  readonly registryUrl: URL;
  readonly realm: URL;
  readonly service: string | undefined;
  /** At least one. */
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  /** Default: that of the client. */
  readonly patience?: Patience | undefined;
}

const maximumTokenBytes = 1024 * 1024;
/** Distribution's token specification: a token without `expires_in` lives 60 seconds. */
const defaultLifetimeSeconds = 60;

/** Gets tokens from token services (distribution `spec/auth/token.md`, and `oauth.md` for identity tokens). */
export class TokenClient {
  constructor(
    private readonly transport: Transport,
    private readonly rules: HostRules,
    private readonly retries: Retries,
    private readonly clock: Clock = systemClock,
  ) {}

  /** @param byRecord a cached record named the realm: it gets one request, whose failure means nothing to others */
  async fetch(request: TokenRequest, signal: Signal, byRecord = false): Promise<Outcome<Token>> {
    const { registry, realm, credential } = request;
    const refused = this.#refusal(request);
    if (refused !== undefined)
      return failure("unsupported", `${registry} names a token service at ${refused.problem}`, {
        fix: refused.fix,
      });
    const reach =
      realm.hostname === request.registryUrl.hostname
        ? undefined
        : await this.rules.reach(request.registryUrl);
    if (reach !== undefined && !mayBeWithin(reach, realm.hostname))
      return failure(
        "unsupported",
        `${registry} names a token service at ${realm.host}, an internal address that the guard refuses`,
        { fix: "correct the realm in the registry's configuration" },
      );
    const label =
      realm.host === request.registryUrl.host ? registry : `${realm.host} (the token service of ${registry})`;
    const http: HttpRequest = {
      ...messageOf(request),
      label,
      ...(reach === undefined ? {} : { reach }),
      maxBytes: maximumTokenBytes,
      byRecord,
      signal,
    };
    const send = () => follow(this.transport, this.rules, http);
    const sent = await (byRecord ? send() : this.retries.run(realm.host, signal, send, request.patience));
    if (!sent.ok) return { ok: false, failure: sent.failure };
    const { response } = sent;
    if (response.status !== 200) return tokenRefused(response, label, registry, credential);
    return isWebPage(response) ? noToken(label, "HTTP 200") : readToken(response, label, this.clock.now());
  }

  /** A realm of less security than its registry gets nothing; without TLS it gets no credential but on the same host. */
  #refusal({
    registryUrl,
    realm,
    credential,
  }: TokenRequest): { readonly problem: string; readonly fix: string } | undefined {
    if (realm.protocol !== "http:") return undefined;
    if (!this.rules.mayBeInsecure(registryUrl))
      return {
        problem: `${realm.host} over plain http, which the guard refuses`,
        fix: "have the registry name its token service with https",
      };
    const trusted = realm.hostname === registryUrl.hostname || this.rules.mayBeInsecure(realm);
    return credential === undefined || trusted
      ? undefined
      : {
          problem: `${realm.host} over plain http, to which the guard sends no credentials`,
          fix: "add that host to insecureRegistries if it must be so",
        };
  }
}

function messageOf({
  realm,
  service,
  scopes,
  credential,
}: TokenRequest): Pick<HttpRequest, "method" | "url" | "headers" | "body"> {
  const url = new URL(realm);
  if (credential !== undefined && "identityToken" in credential) {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: credential.identityToken,
      service: service ?? "",
      client_id: "pulumi-ecs-image-guard",
      scope: scopes.join(" "),
    });
    return {
      method: "POST",
      url,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form.toString(),
    };
  }
  if (service !== undefined) url.searchParams.set("service", service);
  url.searchParams.delete("scope");
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const headers: Record<string, string> =
    credential === undefined
      ? {}
      : { authorization: basicAuthorization(credential.username, credential.password) };
  return { method: "GET", url, headers };
}

function readToken(response: HttpResponse, label: string, nowMs: number): Outcome<Token> {
  const document = parseJson(response.body);
  const value = isRecord(document)
    ? [document["token"], document["access_token"]].find((one) => typeof one === "string" && one !== "")
    : undefined;
  if (!isRecord(document) || typeof value !== "string")
    return failure("malformed", `${label} answered a request for a token without one`, {
      fix: "report this to the operator of the token service",
    });
  if (!/^[\x21-\x7e]+$/.test(value))
    return failure("malformed", `${label} answered with a token of illegal characters`);
  const stated = document["expires_in"];
  const lifetime = typeof stated === "number" && stated > 0 ? stated : defaultLifetimeSeconds;
  // A token may come from the service's own cache. The service's own clock gives its age, not ours.
  const issued = typeof document["issued_at"] === "string" ? Date.parse(document["issued_at"]) : NaN;
  const age = (Date.parse(response.header("date")[0] ?? "") - issued) / 1000;
  const remaining = age > 0 && age < lifetime ? lifetime - age : lifetime;
  // Renewed a little early, so that it does not end on its way.
  return success({ value, usableUntil: nowMs + 1000 * (remaining - Math.min(10, remaining / 10)) });
}

function tokenRefused(
  response: HttpResponse,
  label: string,
  registry: string,
  credential: Credential | undefined,
): Outcome<never> {
  const { status } = response;
  const { quoted } = errorTextOf(response, secretsOf(credential));
  const http = `HTTP ${status}`;
  if (status === 429) return failure("throttled", `${label} is rate limiting requests (${http})${quoted}`);
  if (status >= 500)
    return failure("unreachable", `${label} fails (${http})${quoted}`, { fix: "try again later" });
  if (isWebPage(response)) return noToken(label, http);
  // Some services answer like this for a repository that does not exist, but then as an API does.
  const isElsewhere = status === 404 && parseJson(response.body) === undefined;
  if (status < 400 || isElsewhere)
    return failure("malformed", `${label} answered a request for a token with ${http}${quoted}`, {
      fix: "correct the realm in the registry's configuration: a token service answers there",
    });
  return credential === undefined
    ? failure(
        "denied",
        `${label} gives no token without credentials (${http})${quoted}; the image does not exist or needs a login`,
        { fix: fixWithoutLogin(registry) },
      )
    : failure("denied", `${label} does not accept the credentials (${http})${quoted}`, {
        fix: fixOfDeniedLogin(registry, true),
      });
}

/** A web page in place of a token: from a login page, or from a proxy. */
function noToken(label: string, http: string): Outcome<never> {
  return failure("malformed", `${label} answered a request for a token with a web page (${http})`, {
    fix: "a login page (SSO) or a proxy answered: let this machine reach the token service itself",
  });
}

/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1). */
export interface Challenge {
  /** The auth-scheme in lower case: `bearer`, `basic`, … */
  readonly scheme: string;
  /** The token68 credentials of schemes such as `Negotiate`; never with params. */
  readonly token68?: string;
  /** The auth-params, names in lower case, values unquoted; of a repeated one the first. */
  readonly params: ReadonlyMap<string, string>;
}

const separators = /[\s,]+/y;
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const token68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;
const equals = /\s*=\s*/y;
const quotedString = /"((?:[^"\\]|\\[^])*)(?:"|\\?$)/y;
// Wider than the grammar's token: registries have been seen that do not quote a realm URL.
const bareValue = /[^\s,"]*/y;

/**
 * Reads the challenges of all `WWW-Authenticate` fields of an answer, in their order. A field may hold several, and
 * the comma that separates challenges also separates params: a name followed by `=` is a param of the challenge
 * before it, any other is a scheme. What fits neither is skipped. Never throws.
 */
export function parseChallenges(fields: readonly string[]): Challenge[] {
  return fields.flatMap(parseField);
}

function parseField(field: string): Challenge[] {
  const challenges: { scheme: string; token68?: string; params: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(field);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < field.length) {
    if (take(separators) !== null) continue;
    const name = take(token)?.[0].toLowerCase();
    if (name === undefined) {
      at++;
      continue;
    }
    const current = challenges.at(-1);
    if (current !== undefined && current.token68 === undefined && take(equals) !== null) {
      const quoted = take(quotedString)?.[1];
      const value = quoted?.replace(/\\([^])/g, "$1") ?? take(bareValue)?.[0] ?? "";
      if (!current.params.has(name)) current.params.set(name, value);
      continue;
    }
    const challenge: (typeof challenges)[number] = { scheme: name, params: new Map() };
    challenges.push(challenge);
    if (take(/\s+/y) !== null) {
      const credentials = take(token68)?.[0];
      if (credentials !== undefined) challenge.token68 = credentials;
    }
  }
  return challenges;
}
