import { printable } from "../common/text";
import { bareName } from "../http/host-rules";
import { type Credential, CredentialError, type CredentialSource } from "../logins/credential";
import { awsRefusal } from "./failures";
import type { AwsIdentity } from "./identity";
import type { SecretsManager } from "./secrets-manager";
import { parseSecretName, credentialOfSecret } from "./secret";

/** Which secret logs in to which registry, and who reads it. */
export interface RegistrySecret {
  /** The registry of the image; no other, a mirror least of all, ever gets this login. */
  readonly registry: string;
  /** `repositoryCredentials.credentialsParameter`, as it was written. */
  readonly parameter: string;
  readonly identity: AwsIdentity;
  /** Where a secret lies that is named without one; default: the region of the AWS environment. */
  readonly region: string | undefined;
}

/**
 * The login that ECS itself will use, read from Secrets Manager when the registry asks for one, and once. Where it cannot
 * be read, the other logins are tried; a secret that holds no login is a fault by itself, because ECS would not pull either.
 */
export class SecretLogin {
  #read: Promise<Credential> | undefined;
  #remark: string | undefined;

  constructor(
    private readonly secret: RegistrySecret,
    private readonly secrets: SecretsManager,
    private readonly others: CredentialSource,
  ) {}

  /** For the message of a denial: what became of the secret. Undefined as long as nobody asked for it. */
  get remark(): string | undefined {
    return this.#remark;
  }

  /** Throws a CredentialError as a source of logins does. */
  readonly source: CredentialSource = async (registry, repository, tell) => {
    if (bareName(registry) !== bareName(this.secret.registry)) return this.others(registry, repository, tell);
    const place = `the secret ${printable(this.secret.parameter, 200)}`;
    try {
      const credential = await (this.#read ??= this.#readSecret());
      tell?.({ places: [{ place, outcome: "used", reason: "the login that ECS will use" }] });
      return credential;
    } catch (error) {
      if (!(error instanceof UnreadableSecretError)) throw error;
      const unreadable = { place, outcome: "fault", reason: "could not be read" } as const;
      const other = await this.#other(registry, repository, error.message, (search) =>
        tell?.({ places: [unreadable, ...search.places] }),
      );
      if (other === undefined) throw new CredentialError(error.message);
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
      throw new CredentialError(`${why}; nor could a docker login: ${error.message}`);
    }
  }

  async #readSecret(): Promise<Credential> {
    const { parameter, identity } = this.secret;
    const what = `the secret ${printable(parameter, 200)} of repositoryCredentials`;
    let value: string | undefined;
    try {
      const name = parseSecretName(parameter);
      if (name === undefined)
        throw new UnreadableSecretError("it is neither the ARN nor the name of a Secrets Manager secret");
      value = await this.secrets.read(name.id, identity, name.region ?? this.secret.region);
    } catch (error) {
      const words =
        error instanceof UnreadableSecretError ? error.message : awsRefusal(error, identity.describe);
      this.#remark = `${what} could not be read: ${words}`;
      throw new UnreadableSecretError(this.#remark);
    }
    this.#remark = `asked with the login of ${what}`;
    return credentialOfSecret(value, what);
  }
}

class UnreadableSecretError extends Error {}
