import { failure, type Outcome, success } from "../oci/failure";
import { printable } from "../oci/text";
import { parseChallenges } from "./challenge";
import { CredentialError } from "./credentials/credential-error";
import { type CredentialSearch, searchInWords } from "./credentials/search";
import {
  basicAuthorization,
  type Credential,
  type CredentialSource,
  secretsOf,
} from "./credentials/credential";
import { parseUrl } from "./http/hosts";
import { InFlight } from "./http/in-flight";
import type { Token, TokenClient } from "./token";
import type { Trace } from "./trace/trace";
import type { HttpResponse } from "./http/exchange";

/** What a request to the registry may carry. */
export interface Authorized {
  /** The value of the Authorization field; undefined for an anonymous request. */
  readonly header?: string;
  /** Whether a credential stands behind it. */
  readonly identified: boolean;
  /** Why there is no credential though there may be one: told only where the anonymous request is denied. */
  readonly credentialFault?: string;
  /** Texts that must not be shown. */
  readonly secrets: readonly string[];
}

type Learnt =
  | { readonly scheme: "basic" }
  | { readonly scheme: "bearer"; readonly realm: URL; readonly service: string | undefined };

const anonymous: Authorized = { identified: false, secrets: [] };

/** How one registry wants to be authorised: learnt from its first challenge, then used for all its repositories. */
export class Authorization {
  #learnt: Learnt | undefined;
  readonly #logins = new Map<string, string>();
  readonly #scopes = new Map<string, string>();
  readonly #tokens = new Map<string, { token: Token; authorized: Authorized & { header: string } }>();
  readonly #inFlight = new InFlight<Authorized>();

  constructor(
    private readonly registry: string,
    private readonly tokenClient: TokenClient,
    private readonly credentials: CredentialSource,
    private readonly trace?: Trace,
  ) {}

  /** Which login was used for a repository, or why none; undefined where none was asked for. */
  loginInWords(repository: string): string | undefined {
    return this.#logins.get(repository);
  }

  /** The authorisation to pull from a repository of the registry at this URL; a header that was refused is not given again. */
  async of(
    repository: string,
    registryUrl: URL,
    signal: AbortSignal,
    refused?: string,
  ): Promise<Outcome<Authorized>> {
    const learnt = this.#learnt;
    if (learnt === undefined) return success(anonymous);
    const cached = this.#tokens.get(repository);
    if (
      cached !== undefined &&
      cached.token.usableUntil > performance.now() &&
      cached.authorized.header !== refused
    )
      return success(cached.authorized);
    return this.#inFlight.run(repository, signal, async (shared) => {
      const { credential, fault } = await this.#credential(repository);
      if (learnt.scheme === "basic") return success(this.#basic(credential, fault));
      const scope = this.#scopes.get(repository) ?? `repository:${repository}:pull`;
      const request = {
        registry: this.registry,
        registryUrl,
        realm: learnt.realm,
        service: learnt.service,
        scope,
        credential,
      };
      const token = await this.tokenClient.fetch(request, shared);
      if (!token.ok)
        return token.failure.kind === "denied" && fault !== undefined ? failure("denied", fault) : token;
      const { value } = token.value;
      this.trace?.conceal([value]);
      const secrets = [value, ...secretsOf(credential)];
      const authorized = {
        header: `Bearer ${value}`,
        identified: credential !== undefined,
        ...(fault !== undefined && { credentialFault: fault }),
        secrets,
      };
      this.#tokens.set(repository, { token: token.value, authorized });
      return success(authorized);
    });
  }

  /**
   * Learns from a 401 answer: Bearer where it is offered, else Basic. After a refused token the challenge's own scope
   * is believed; before, the plain one is asked for, as docker does (registries word theirs in odd ways).
   */
  learn(response: HttpResponse, repository: string, renewing: boolean): Outcome<void> {
    const challenges = parseChallenges(response.header("www-authenticate"));
    const offers = challenges.filter(({ scheme }) => scheme === "bearer");
    for (const { params } of offers) {
      const realm = parseUrl(params.get("realm") ?? "");
      if (realm === undefined || !/^https?:$/.test(realm.protocol)) continue;
      realm.username = "";
      realm.password = "";
      realm.hash = "";
      const scope = params.get("scope");
      if (renewing && scope !== undefined && scope !== "") this.#scopes.set(repository, scope);
      const service = params.get("service");
      this.#learnt = { scheme: "bearer", realm, service: service === "" ? undefined : service };
      return success(undefined);
    }
    if (challenges.some(({ scheme }) => scheme === "basic")) {
      this.#learnt = { scheme: "basic" };
      return success(undefined);
    }
    if (offers.length > 0)
      return failure("malformed", `${this.registry} asks for a token but names no realm to get it from`);
    const schemes = challenges.map(({ scheme }) => printable(scheme, 40)).join(", ");
    const how =
      schemes === ""
        ? "without saying how to log in"
        : `and offers only ${schemes}, which the guard does not know`;
    return failure("denied", `${this.registry} wants a login ${how}`);
  }

  /** A login that cannot be read is no failure yet: the image may be public. */
  async #credential(repository: string): Promise<{ credential?: Credential | undefined; fault?: string }> {
    const tell = (search: CredentialSearch) => {
      this.#logins.set(repository, searchInWords(search));
      this.trace?.add({ step: "credential", registry: this.registry, ...search });
    };
    try {
      const credential = await this.credentials(this.registry, repository, tell);
      this.trace?.conceal(secretsOf(credential));
      return { credential };
    } catch (error) {
      const why = error instanceof CredentialError ? `: ${error.message}` : "";
      return { fault: `the credentials for ${this.registry} could not be read${why}` };
    }
  }

  /** Without a usable login the request goes out anonymously: not every repository of the registry needs one. */
  #basic(credential: Credential | undefined, fault: string | undefined): Authorized {
    if (fault !== undefined) return { ...anonymous, credentialFault: fault };
    if (credential === undefined) return anonymous;
    if ("identityToken" in credential)
      return {
        ...anonymous,
        credentialFault: `${this.registry} wants a user name and password, but there is only an identity token for it`,
      };
    const { username, password } = credential;
    return {
      header: basicAuthorization(username, password),
      identified: true,
      secrets: secretsOf(credential),
    };
  }
}
