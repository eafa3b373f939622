import { Memo } from "../common/memo";
import { failure, type Outcome, success } from "../common/outcome";
import { basicAuthorization, parseUrl } from "../common/text";
import type { CredentialSearch } from "../common/trace";
import type { HttpResponse, SendResult } from "../http/messages";
import { CredentialError, searchInWords, secretsOf } from "../logins/credential";
import {
  type Authorized,
  type Bearer,
  BearerTokens,
  type Login,
  serviceKey,
  type TokenNeed,
} from "./bearer-tokens";
import type { Host, Network } from "./options";
import { loginCommand } from "./errors";
import { scopeOf } from "./token-batches";
import { parseChallenges } from "./token-client";
import { isWebPage, webPage } from "./web-page";
import type { Signal } from "../common/signal";

type Learnt = { readonly scheme: "basic" } | Bearer;

/** IANA's HTTP Authentication Schemes, and two more in use. Anything else may repeat a token, and is not shown. */
const knownSchemes: ReadonlySet<string> = new Set([
  ...["digest", "dpop", "gnap", "hoba", "mutual", "negotiate", "oauth", "privatetoken", "scram-sha-1"],
  ...["scram-sha-256", "vapid", "ntlm", "aws4-hmac-sha256"],
]);

export const anonymous: Authorized = { identified: false, secrets: [] };

/**
 * How to log in to one registry: learnt from its first challenge, then used for all its repositories. The challenge
 * of an earlier run is a hint until then, for tokens without a login only.
 */
export class Authorization {
  #learnt: Learnt | undefined;
  #recalled: Bearer | undefined;
  /** What a repository's own challenge said: it may name another token service than the registry's last. */
  readonly #own = new Map<string, Learnt>();
  /** The token service that gave a repository no token last. */
  readonly #refusing = new Map<string, string>();
  readonly #logins = new Map<string, string>();
  readonly #tokens: BearerTokens;
  /** Repositories that will be read, and whose logins were not searched yet. */
  readonly #expected = new Set<string>();
  /** Those whose logins are known, by login. */
  readonly #found = new Map<string, string[]>();
  #finding: Promise<unknown> = Promise.resolve();
  readonly #inFlight = new Memo<Outcome<Authorized>>();
  readonly #recalling = new Memo<Outcome<Authorized | undefined>>();

  constructor(
    private readonly host: Host,
    private readonly network: Pick<
      Network,
      "tokens" | "credentials" | "challenges" | "recallTimeoutMs" | "named" | "clock" | "trace"
    >,
  ) {
    this.#tokens = new BearerTokens(host, network);
    const { scheme, realm = "", service } = network.challenges?.recall(host.authority) ?? {};
    const url = realmIn(realm);
    // By the scheme that is tried first: only a response shows which one it is now.
    if (url !== undefined && scheme === host.schemes[0])
      this.#recalled = { scheme: "bearer", realm: url, service };
  }

  /** The token service, if one is known. */
  get realm(): URL | undefined {
    return this.#learnt?.scheme === "bearer" ? this.#learnt.realm : this.#recalled?.realm;
  }

  /** Which login was used for a repository, or why none; undefined if none was required. */
  loginInWords(repository: string): string | undefined {
    return this.#logins.get(repository);
  }

  /** Whether the registry has told how to log in for this repository. */
  isChallenged(repository: string): boolean {
    return this.#own.has(repository);
  }

  /** A repository will be read: its token may be requested together with others'. */
  expect(repository: string): void {
    this.#expected.add(repository);
  }

  /** The authorisation to pull from a repository of the registry at this URL; a header that was refused is not given again. */
  async of(
    repository: string,
    registryUrl: URL,
    signal: Signal,
    refused: string | undefined,
  ): Promise<Outcome<Authorized>> {
    const learnt = this.#own.get(repository) ?? this.#learnt;
    if (learnt === undefined) return success(anonymous);
    const usable = learnt.scheme === "basic" ? undefined : this.#tokens.usable(learnt, repository);
    if (usable !== undefined && usable.header !== refused) return success(usable);
    return this.#inFlight.run(repository, signal, async (shared) => {
      const login = await this.#login(repository);
      if (learnt.scheme === "basic") return success(this.#basic(login));
      const token = await this.#token({ repository, registryUrl, bearer: learnt, login, signal: shared });
      if (!token.ok) this.#refusing.set(repository, serviceKey(learnt));
      return token;
    });
  }

  /**
   * The authorisation by an earlier run's challenge. Its token service gets one request and little time, and no login:
   * only the registry itself decides where a login is sent.
   *
   * @returns undefined if there is no such challenge, or it does not give a token
   */
  async recalled(repository: string, registryUrl: URL, signal: Signal): Promise<Authorized | undefined> {
    const recalled = this.#recalled;
    if (recalled === undefined) return undefined;
    const usable = this.#tokens.usable(recalled, repository);
    if (usable !== undefined) return usable;
    const outcome = await this.#recalling.run(repository, signal, async (shared) => {
      const login = await this.#login(repository);
      if (login.credential !== undefined || login.fault !== undefined) return success(undefined);
      return this.#token({
        repository,
        registryUrl,
        bearer: recalled,
        login,
        signal: shared,
        byRecord: true,
      });
    });
    if (!outcome.ok) this.doubt();
    return outcome.ok ? outcome.value : undefined;
  }

  /** The challenge of an earlier run did not work: the registry's own is needed. */
  doubt(): void {
    if (this.#recalled !== undefined) this.network.challenges?.forget(this.host.authority);
    this.#recalled = undefined;
  }

  /**
   * Learns from a 401 response: Bearer if it is offered, else Basic. After a refused token, the challenge's own scope is used;
   * before, the plain one, as docker does (some registries name odd scopes).
   *
   * @returns whether the challenge offers a way to log in that was not tried for this repository
   */
  learn(response: HttpResponse, repository: string, renewing: boolean): Outcome<"tried" | "new"> {
    const challenges = parseChallenges(response.header("www-authenticate"));
    const offers = challenges.filter(({ scheme }) => scheme === "bearer");
    for (const { params } of offers) {
      const realm = realmIn(params.get("realm") ?? "");
      if (realm === undefined) continue;
      const scope = params.get("scope") || scopeOf(repository);
      if (renewing) this.#tokens.renew(repository, scope);
      const service = params.get("service") || undefined;
      const learnt = { scheme: "bearer", realm, service } as const;
      this.#take(repository, learnt);
      this.#keep(learnt, response.url);
      const isTried = this.#refusing.get(repository) === serviceKey(learnt) && scope === scopeOf(repository);
      return success(isTried ? "tried" : "new");
    }
    if (challenges.some(({ scheme }) => scheme === "basic")) {
      this.#take(repository, { scheme: "basic" });
      return success("new");
    }
    if (offers.length > 0)
      return failure("malformed", `${this.host.name} requires a token, but does not name its token service`, {
        fix: "report this to the registry's operator",
      });
    if (challenges.length === 0)
      return isWebPage(response)
        ? { ok: false, failure: webPage(this.host.name, 401) }
        : failure("denied", `${this.host.name} requires a login, but does not say which kind (HTTP 401)`, {
            fix: "check the host name and port of the registry: registries say how to log in",
          });
    const schemes = challenges
      .map(({ scheme }) => (knownSchemes.has(scheme) ? scheme : "another scheme"))
      .join(", ");
    return failure(
      "denied",
      `${this.host.name} offers logins with ${schemes} only, which the guard does not support`,
      { fix: "have the registry offer Basic or Bearer authentication, or configure a mirror that does" },
    );
  }

  #take(repository: string, learnt: Learnt): void {
    this.#learnt = learnt;
    this.#own.set(repository, learnt);
    this.#recalled = undefined;
  }

  /**
   * Learns from the registry's answer to an authorisation.
   *
   * @returns whether the repository needs another one: the token was requested for others too, and did not serve this one
   */
  judge(authorized: Authorized, sent: SendResult): boolean {
    return this.#tokens.judge(authorized, sent);
  }

  async #token(need: TokenNeed): Promise<Outcome<Authorized>> {
    this.#expected.delete(need.repository);
    this.#finding = Promise.all([this.#finding, ...[...this.#expected].map((other) => this.#find(other))]);
    await this.#finding;
    const key = JSON.stringify(need.login.credential ?? null);
    this.#tokens.expect(this.#found.get(key) ?? [], need);
    this.#found.delete(key);
    return this.#tokens.get(need);
  }

  async #find(repository: string): Promise<void> {
    this.#expected.delete(repository);
    const { credential = null } = await this.#login(repository);
    const key = JSON.stringify(credential);
    this.#found.set(key, [...(this.#found.get(key) ?? []), repository]);
  }

  /** For the next run. A query is not kept: it may be a secret. */
  #keep({ realm, service }: Bearer, { protocol }: URL): void {
    if (realm.search !== "") return;
    const scheme = protocol === "http:" ? "http" : "https";
    const challenge = { scheme, realm: realm.href, ...(service !== undefined && { service }) } as const;
    this.network.challenges?.keep(this.host.authority, challenge);
  }

  /** A login that cannot be read is not a failure yet: the image may be public. */
  async #login(repository: string): Promise<Login> {
    const tell = (search: CredentialSearch) => {
      this.#logins.set(repository, searchInWords(search));
      this.network.trace?.add({ step: "credential", registry: this.host.name, ...search });
    };
    try {
      const credential = await this.network.credentials(this.host.name, repository, tell);
      this.network.trace?.conceal(secretsOf(credential));
      return { credential };
    } catch (error) {
      const { message, fix } = error instanceof CredentialError ? error : {};
      return {
        fault: {
          message: `the credentials for ${this.host.name} could not be read${message === undefined ? "" : `: ${message}`}`,
          ...(fix !== undefined && { fix }),
        },
      };
    }
  }

  /** Without a usable login the request goes out anonymously: not every repository of the registry needs one. */
  #basic({ credential, fault }: Login): Authorized {
    if (fault !== undefined) return { ...anonymous, credentialFault: fault };
    if (credential === undefined) return anonymous;
    if ("identityToken" in credential)
      return {
        ...anonymous,
        credentialFault: {
          message: `${this.host.name} requires a user name and password, but the login found is an identity token`,
          fix: `log in with a user name and password (${loginCommand(this.host.name)})`,
        },
      };
    const { username, password } = credential;
    return {
      header: basicAuthorization(username, password),
      identified: true,
      secrets: secretsOf(credential),
    };
  }
}

/** The URL of a token service; undefined if it is none. */
function realmIn(text: string): URL | undefined {
  const realm = parseUrl(text);
  if (realm === undefined || !/^https?:$/.test(realm.protocol)) return undefined;
  realm.username = "";
  realm.password = "";
  realm.hash = "";
  return realm;
}
