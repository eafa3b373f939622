import { type Failure, failure, type Outcome, success } from "../common/outcome";
import { orAborted } from "../common/concurrency";
import { printable } from "../common/text";
import { bareName } from "../oci/registry-name";
import { type Credential, CredentialError, type CredentialSource } from "../logins/credential";
import { awsFailure } from "./failures";
import type { AwsIdentity } from "./identity";
import type { SecretsManager } from "./secrets-manager";
import { parseSecretName, credentialOfSecret } from "./secret";
import type { Signal } from "../common/signal";

/** Which secret logs in to which registry, and who reads it. */
export interface RegistrySecret {
  /** The registry of the image; no other, a mirror least of all, ever gets this login. */
  readonly registry: string;
  /** `repositoryCredentials.credentialsParameter`, as it was written. */
  readonly parameter: string;
  readonly identity: AwsIdentity;
  /** The region of a secret that is named without one; default: that of the AWS environment. */
  readonly region: string | undefined;
  /** The account of the identity, if its credentials do not name it. */
  readonly account?: string | undefined;
}

/** Why a secret gives no login: a clause without the secret's name, and nothing of its content. */
export interface LoginFault extends Failure {
  readonly registry: string;
  /** `repositoryCredentials.credentialsParameter`, as it was written. */
  readonly secret: string;
}

/**
 * The login that ECS itself will use, read from Secrets Manager once, when the registry requires one. If it cannot be read,
 * the other logins are tried. A secret without a login is a fault of its own, because ECS would not pull either.
 */
export class SecretLogin {
  #read: Promise<Outcome<Credential>> | undefined;
  #remark: string | undefined;

  constructor(
    private readonly secret: RegistrySecret,
    private readonly secrets: SecretsManager,
    private readonly others: CredentialSource,
  ) {}

  /** For the message of a denial: what became of the secret. Undefined until it is read. */
  get remark(): string | undefined {
    return this.#remark;
  }

  /** Whether ECS finds a login in the secret. It reads the secret first, whether or not the registry requires a login. */
  async check(signal: Signal): Promise<LoginFault | undefined> {
    const { registry, parameter } = this.secret;
    const read = await orAborted((this.#read ??= this.#fetch()), signal).catch(() =>
      failed("timeout", "AWS did not answer in time"),
    );
    return read.ok ? undefined : { registry, secret: parameter, ...read.failure };
  }

  /** Throws a CredentialError as a source of logins does. */
  readonly source: CredentialSource = async (registry, repository, tell) => {
    if (bareName(registry) !== bareName(this.secret.registry)) return this.others(registry, repository, tell);
    const place = `the secret ${printable(this.secret.parameter, 200)}`;
    try {
      const credential = await this.#readSecret();
      tell?.({ places: [{ place, outcome: "used", reason: "the login that ECS will use" }] });
      return credential;
    } catch (error) {
      if (!(error instanceof UnreadableSecretError)) throw error;
      const unreadable = { place, outcome: "fault", reason: "could not be read" } as const;
      const other = await this.#other(registry, repository, error.message, (search) =>
        tell?.({ places: [unreadable, ...search.places] }),
      );
      if (other === undefined) throw new CredentialError(error.message, readSecretFix);
      return other;
    }
  };

  async #other(
    registry: string,
    repository: string,
    why: string,
    tell: Parameters<CredentialSource>[2],
  ): Promise<Credential | undefined> {
    try {
      return await this.others(registry, repository, tell);
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      throw new CredentialError(`${why}; nor could a docker login: ${error.message}`, readSecretFix);
    }
  }

  async #readSecret(): Promise<Credential> {
    const read = await (this.#read ??= this.#fetch());
    if (read.ok) {
      this.#remark = `the login came from ${this.#what}`;
      return read.value;
    }
    const { kind, message } = read.failure;
    if (kind === "malformed")
      throw new CredentialError(
        `${this.#what} ${message}`,
        'store the login in the secret as {"username": "…", "password": "…"}',
      );
    this.#remark = `${this.#what} could not be read: ${message}`;
    throw new UnreadableSecretError(this.#remark);
  }

  get #what(): string {
    return `the secret ${printable(this.secret.parameter, 200)} of repositoryCredentials`;
  }

  async #fetch(): Promise<Outcome<Credential>> {
    const { parameter, identity } = this.secret;
    const name = parseSecretName(parameter);
    if (name === undefined)
      return failure("unsupported", "it is neither the ARN nor the name of a Secrets Manager secret", {
        fix: "correct credentialsParameter",
      });
    const region = name.region ?? this.secret.region;
    try {
      const value = await this.secrets.read(name.id, identity, region);
      try {
        return success(credentialOfSecret(value));
      } catch (error) {
        if (!(error instanceof CredentialError)) throw error;
        // A name means another secret in another account, an ARN the same everywhere.
        return failed("malformed", error.message.trim(), name.account !== undefined);
      }
    } catch (error) {
      const { kind, message } = awsFailure(error, identity.describe);
      const isProof =
        kind === "missing" && name.account !== undefined && (await this.#isIn(name.account, region));
      return failed(kind, message, isProof);
    }
  }

  /** AWS finds a secret of another account only if that shares it, so an answer that there is none proves nothing. */
  async #isIn(account: string, region: string | undefined): Promise<boolean> {
    const own = await this.secrets.accountOf(this.secret.identity, region).catch(() => undefined);
    return (own ?? this.secret.account) === account;
  }
}

function failed(kind: Failure["kind"], message: string, isProof = false): Outcome<never> {
  return { ok: false, failure: { kind, message, ...(isProof && { proves: "no-login" }) } };
}

class UnreadableSecretError extends Error {}

const readSecretFix =
  "let whoever runs Pulumi read that secret (secretsmanager:GetSecretValue), or log in to the registry";
