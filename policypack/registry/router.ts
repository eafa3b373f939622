import { failure, type Outcome } from "../oci/failure";
import { type FetchedManifest, RegistryClient, type RegistryOptions, type RepositoryName } from "./client";
import type { Credential, CredentialSource } from "./credential";
import { CredentialError } from "./credentials/credential-error";
import { loginCredentials } from "./credentials/login";
import type { EcrClient } from "./ecr/client";
import { parseEcrHost } from "./ecr/hosts";
import type { AwsIdentity } from "./ecr/identity";
import type { Gathering } from "./ecr/look-ups";
import type { ImageReader } from "./reader";
import { type RegistrySecret, SecretLogin } from "./secrets/secret-login";
import { SecretsManager } from "./secrets/secrets-manager";

/** As for the client, but for the logins of docker and Podman where no other source is given. */
export interface RouterOptions extends RegistryOptions {
  /** How long a look-up in ECR waits for others of its repository, to go out with them. */
  readonly gathering?: Gathering;
}

type Pull<T> = (client: RegistryClient | EcrClient) => Promise<Outcome<T>>;

/**
 * Each registry by the way that reads it: private ECR through its API with an AWS identity, any other through the
 * distribution API, with the secret that ECS would use where there is one. Where ECR's API is denied and there is a docker
 * login for the host, that login is tried.
 */
export class RegistryRouter {
  readonly #options: RouterOptions;
  readonly #credentials: CredentialSource;
  readonly #distribution: RegistryClient;
  readonly #ecr = new Map<string, Promise<EcrClient>>();
  readonly #secrets = new SecretsManager();
  /** Tokens and logins live in a client: each secret has its own, so that none serves an image that does not name it. */
  readonly #bySecret = new Map<string, { client: RegistryClient; login: SecretLogin }>();

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#credentials = options.credentials ?? loginCredentials();
    this.#distribution = new RegistryClient({ ...options, credentials: this.#credentials });
  }

  manifest(
    name: RepositoryName,
    tagOrDigest: string,
    reader: ImageReader,
    signal: AbortSignal,
  ): Promise<Outcome<FetchedManifest>> {
    return this.#read(name, reader, (client) => client.manifest(name, tagOrDigest, signal));
  }

  blob(
    name: RepositoryName,
    digest: string,
    maxBytes: number,
    reader: ImageReader,
    signal: AbortSignal,
  ): Promise<Outcome<Uint8Array>> {
    return this.#read(name, reader, (client) => client.blob(name, digest, maxBytes, signal));
  }

  async close(): Promise<void> {
    const ecr = await Promise.all(this.#ecr.values());
    await Promise.all([
      this.#distribution.close(),
      this.#secrets.close(),
      ...ecr.map((client) => client.close()),
    ]);
  }

  async #read<T>(name: RepositoryName, reader: ImageReader, pull: Pull<T>): Promise<Outcome<T>> {
    if (reader.secret !== undefined) return this.#readWithSecret(reader.key, reader.secret, pull);
    // A mirror is declared to be asked instead of the registry, whichever kind that is.
    const mirrored = Object.hasOwn(this.#options.mirrors ?? {}, name.registry);
    if (mirrored || parseEcrHost(name.registry) === undefined) return pull(this.#distribution);
    const outcome = await pull(await this.#ecrOf(reader.identity));
    return outcome.ok || outcome.failure.kind !== "denied"
      ? outcome
      : this.#readWithLogin(name, outcome.failure.message, pull);
  }

  async #readWithSecret<T>(key: string, secret: RegistrySecret, pull: Pull<T>): Promise<Outcome<T>> {
    const id = JSON.stringify([secret.registry, key]);
    let by = this.#bySecret.get(id);
    if (by === undefined) {
      const login = new SecretLogin(secret, this.#secrets, this.#credentials);
      by = { client: this.#distribution.withCredentials(login.source), login };
      this.#bySecret.set(id, by);
    }
    const outcome = await pull(by.client);
    const { remark } = by.login;
    if (outcome.ok || outcome.failure.kind !== "denied" || remark === undefined) return outcome;
    const { message } = outcome.failure;
    // Where no other login took the secret's place, the message is about it already.
    return message.includes(secret.parameter) ? outcome : failure("denied", `${message}; ${remark}`);
  }

  /** What ECR's API denied, with the docker login for its host; the denial stands, in AWS's words, where that does not help. */
  async #readWithLogin<T>(name: RepositoryName, denial: string, pull: Pull<T>): Promise<Outcome<T>> {
    let login: Credential | undefined;
    try {
      login = await this.#credentials(name.registry, name.repository);
    } catch (error) {
      const why = error instanceof CredentialError ? `: ${error.message}` : "";
      return failure("denied", `${denial}; the docker login for ${name.registry} could not be read${why}`);
    }
    if (login === undefined) return failure("denied", denial);
    const outcome = await pull(this.#distribution);
    return outcome.ok
      ? outcome
      : failure("denied", `${denial}; by the docker login for it: ${outcome.failure.message}`);
  }

  #ecrOf(identity: AwsIdentity): Promise<EcrClient> {
    let client = this.#ecr.get(identity.key);
    if (client === undefined) {
      const { gathering } = this.#options;
      const options = { identity, ...(gathering && { gathering }) };
      client = import("./ecr/client").then((room) => new room.EcrClient(options));
      this.#ecr.set(identity.key, client);
    }
    return client;
  }
}
