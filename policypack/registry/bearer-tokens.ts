import type { ScopeSupport } from "../cache/records";
import { within } from "../common/concurrency";
import { type Failure, type Outcome, success } from "../common/outcome";
import type { SendResult } from "../http/messages";
import { type Credential, secretsOf } from "../logins/credential";
import type { Host, Network } from "./options";
import { type BatchedToken, scopeOf, TokenBatches } from "./token-batches";
import type { Token } from "./token-client";
import { TokenService } from "./token-service";
import type { Signal } from "../common/signal";

/** What a request to the registry may carry. */
export interface Authorized {
  /** The value of the Authorization field; undefined for an anonymous request. */
  readonly header?: string;
  /** Whether a credential stands behind it. */
  readonly identified: boolean;
  /** Why no credential was found although one may exist. Shown only if the anonymous request is denied. */
  readonly credentialFault?: CredentialFault;
  /** When its token ends, in milliseconds of the run's clock. */
  readonly usableUntil?: number;
  /** Texts that must not be shown. */
  readonly secrets: readonly string[];
}

/** Why a login cannot be read or used, and what to do about it. */
export type CredentialFault = Pick<Failure, "message" | "fix">;

/** What there is to log in with, or why it cannot be read. */
export interface Login {
  readonly credential?: Credential | undefined;
  readonly fault?: CredentialFault;
}

/** A registry's token service. */
export interface Bearer {
  readonly scheme: "bearer";
  readonly realm: URL;
  readonly service: string | undefined;
}

/** What it takes to request the token of a repository. */
export interface TokenNeed {
  readonly repository: string;
  readonly registryUrl: URL;
  readonly bearer: Bearer;
  readonly login: Login;
  readonly signal: Signal;
  /** A cached record named the realm: a failure means nothing to others. */
  readonly byRecord?: boolean;
}

interface Kept extends BatchedToken {
  readonly key: string;
  readonly repository: string;
  readonly service: TokenService;
  readonly authorized: Authorized & { readonly header: string };
  /** Whether the registry answered this repository with what was requested. */
  proven: boolean;
}

/** The tokens of one registry, each by its token service and repository: a token of one service serves no other. */
export class BearerTokens {
  readonly #tokens = new Map<string, Kept>();
  readonly #keptOf = new WeakMap<Authorized, Kept>();
  readonly #services = new Map<string, TokenService>();
  readonly #batches = new Map<string, TokenBatches>();
  /** Scopes that challenges named after a token was refused. */
  readonly #scopes = new Map<string, string>();
  /** Repositories that get tokens of their own. */
  readonly #alone = new Set<string>();
  /** Those of them that a shared token did not serve. */
  readonly #unserved = new Set<string>();
  /** Those of them that tried it for others, which wait to see whether a token of their own serves them. */
  readonly #trying = new Set<string>();

  constructor(
    private readonly host: Host,
    private readonly network: Pick<
      Network,
      "tokens" | "challenges" | "recallTimeoutMs" | "named" | "clock" | "trace"
    >,
  ) {}

  usable(bearer: Bearer, repository: string): Kept["authorized"] | undefined {
    const kept = this.#tokens.get(tokenKey(bearer, repository));
    const isUsable = kept !== undefined && kept.token.usableUntil > this.network.clock.now();
    return isUsable ? kept.authorized : undefined;
  }

  /** A token was refused: the next one is for this repository alone, by the scope that the challenge names. */
  renew(repository: string, scope: string): void {
    this.#alone.add(repository);
    this.#scopes.set(repository, scope);
  }

  /** These repositories are read with this login too, and will need a token soon. */
  expect(repositories: readonly string[], need: Omit<TokenNeed, "repository">): void {
    const batches = this.#batchesOf(need);
    for (const repository of repositories) if (!this.#alone.has(repository)) batches.expect(repository);
  }

  async get(need: TokenNeed): Promise<Outcome<Authorized>> {
    const { repository, bearer, login, signal } = need;
    if (!this.#alone.has(repository) && this.#serviceOf(bearer).support !== "one") {
      const batched = await this.#batchesOf(need).get(repository, signal);
      if (batched !== undefined) return batched.ok ? this.#keep(need, batched.value) : denied(batched, login);
      this.#unserved.add(repository);
    }
    const scope = this.#scopes.get(repository) ?? scopeOf(repository);
    const token = await this.#fetch(need, [scope], signal);
    if (!token.ok && this.#trying.delete(repository)) this.#serviceOf(bearer).endTrial();
    return token.ok
      ? this.#keep(need, { token: token.value, shared: false, first: true })
      : denied(token, login);
  }

  /**
   * Learns from the registry's answer to a token.
   *
   * @returns whether the repository needs a token of its own: the answer to a shared one proves nothing but that it serves
   */
  judge(authorized: Authorized, sent: SendResult): boolean {
    const kept = this.#keptOf.get(authorized);
    if (kept === undefined || kept.proven) return false;
    const { repository, service, shared, first } = kept;
    const status = sent.ok ? sent.response.status : undefined;
    const served = status === 200 || status === 206;
    kept.proven = served;
    if (!shared) {
      // Its shared token did not serve it, its own does.
      if (served && this.#unserved.delete(repository)) service.prove("one");
      // Nothing serves it: that says nothing of the service.
      if (this.#trying.delete(repository) && !served) service.endTrial();
      return false;
    }
    const refused = status === 401 || status === 403;
    if (!first) {
      if (served) service.prove("several");
      else if (refused) this.#trying.add(repository);
      else service.endTrial();
    }
    const isVerdict =
      status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
    if (!isVerdict) return false;
    if (this.#tokens.get(kept.key) === kept) this.#tokens.delete(kept.key);
    this.#alone.add(repository);
    if (refused) this.#unserved.add(repository);
    return true;
  }

  #keep(need: TokenNeed, batched: BatchedToken): Outcome<Authorized> {
    const { repository, bearer, login } = need;
    const { value, usableUntil } = batched.token;
    this.network.trace?.conceal([value]);
    const authorized = {
      header: `Bearer ${value}`,
      identified: login.credential !== undefined,
      ...(login.fault !== undefined && { credentialFault: login.fault }),
      usableUntil,
      secrets: [value, ...secretsOf(login.credential)],
    };
    const key = tokenKey(bearer, repository);
    const kept = { ...batched, authorized, key, repository, service: this.#serviceOf(bearer), proven: false };
    this.#tokens.set(key, kept);
    this.#keptOf.set(authorized, kept);
    return success(authorized);
  }

  #fetch(
    need: Omit<TokenNeed, "repository">,
    scopes: readonly string[],
    signal: Signal,
  ): Promise<Outcome<Token>> {
    const { registryUrl, bearer, login, byRecord = false } = need;
    const { realm, service } = bearer;
    const { credential } = login;
    const patience = scopes.length > 1 ? this.#serviceOf(bearer).patience : undefined;
    const request = { registry: this.host.name, registryUrl, realm, service, scopes, credential, patience };
    const { tokens, recallTimeoutMs, clock } = this.network;
    return byRecord
      ? within(recallTimeoutMs, signal, (short) => tokens.fetch(request, short, byRecord), clock)
      : tokens.fetch(request, signal);
  }

  #batchesOf(need: Omit<TokenNeed, "repository">): TokenBatches {
    const { registryUrl, bearer, login, byRecord = false } = need;
    const key = JSON.stringify([registryUrl.origin, serviceKey(bearer), login.credential, byRecord]);
    let batches = this.#batches.get(key);
    if (batches === undefined) {
      const fetch = (scopes: readonly string[], signal: Signal) => this.#fetch(need, scopes, signal);
      const { named, clock } = this.network;
      batches = new TokenBatches(this.#serviceOf(bearer), fetch, { isFinal: byRecord, named, clock });
      this.#batches.set(key, batches);
    }
    return batches;
  }

  #serviceOf(bearer: Bearer): TokenService {
    const key = serviceKey(bearer);
    let service = this.#services.get(key);
    if (service === undefined) {
      const { challenges, clock } = this.network;
      const keep = (support: ScopeSupport) => challenges?.keepScopeSupport(key, support);
      service = new TokenService(challenges?.scopeSupport(key), keep, clock);
      this.#services.set(key, service);
    }
    return service;
  }
}

/** A login that cannot be read is why a token is denied. */
function denied(refusal: Outcome<never>, { fault }: Login): Outcome<never> {
  return !refusal.ok && refusal.failure.kind === "denied" && fault !== undefined
    ? { ok: false, failure: { kind: "denied", ...fault } }
    : refusal;
}

export function serviceKey({ realm, service }: Bearer): string {
  return JSON.stringify([realm.href, service]);
}

function tokenKey({ realm, service }: Bearer, repository: string): string {
  return JSON.stringify([realm.href, service, repository]);
}
