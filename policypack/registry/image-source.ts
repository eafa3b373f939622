import { EcrClient } from "../aws/ecr-client";
import { parseEcrHost } from "../aws/ecr-hosts";
import type { AwsIdentity } from "../aws/identity";
import type { PullThroughRule } from "../aws/pull-through";
import { type LoginFault, type RegistrySecret, SecretLogin } from "../aws/secret-login";
import { SecretsManager } from "../aws/secrets-manager";
import { Memo } from "../common/memo";
import type { Failure, Outcome } from "../common/outcome";
import type { CredentialSearch } from "../common/trace";
import { bareName } from "../oci/registry-name";
import { type Credential, CredentialError, type CredentialSource, searchInWords } from "../logins/credential";
import { loginCredentials } from "../logins/login-search";
import { type FetchedManifest, RegistryClient, type RegistryOptions, type ResolvedTag } from "./client";
import type { ResolvedIdentity } from "./reader-identity";
import { type Network, openNetwork } from "./options";
import { registryStep, secondWayStep } from "./trace-steps";
import type { RepositoryName } from "../oci/reference";
import type { Signal } from "../common/signal";

type Pull<T> = (client: RegistryClient | EcrClient) => Promise<Outcome<T>>;

/**
 * Chooses how each registry is read: private ECR through its API with an AWS identity, any other through the distribution
 * API, with the secret that ECS would use if there is one. If ECR's API denies access and there is a docker login for the
 * host, that login is tried.
 */
export class RegistryImageSource {
  readonly #options: RegistryOptions;
  readonly #credentials: CredentialSource;
  readonly #network: Network;
  readonly #distribution: RegistryClient;
  readonly #mirrored: ReadonlySet<string>;
  #mirrors: RegistryClient | undefined;
  readonly #blobs = new Memo<Outcome<Uint8Array>>();
  readonly #ecr = new Map<string, EcrClient>();
  readonly #secrets = new SecretsManager();
  /** Tokens and logins belong to a client. Each secret has its own, so that it is not used for an image that does not name it. */
  readonly #bySecret = new Map<string, { client: RegistryClient; login: SecretLogin }>();

  /** The default credentials are the logins of docker and Podman. */
  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#credentials = options.credentials ?? loginCredentials(process.env, { clock: options.clock });
    this.#mirrored = new Set(Object.keys(options.mirrors ?? {}).map(bareName));
    this.#network = openNetwork({ ...options, credentials: this.#credentials });
    this.#distribution = new RegistryClient(options, this.#network);
  }

  /** The manifest or index that an image's name names. */
  manifest(
    name: RepositoryName,
    tagOrDigest: string,
    reader: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<FetchedManifest>> {
    return this.#read(name, reader, (client) => client.manifest(name, tagOrDigest, signal));
  }

  /** A manifest or index that an index of the same repository names. */
  child(
    name: RepositoryName,
    digest: string,
    reader: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<FetchedManifest>> {
    return this.manifest(name, digest, reader, signal);
  }

  /** A blob of at most so many bytes; one that is being read is not requested twice, as images may share their config. */
  blob(
    name: RepositoryName,
    digest: string,
    maxBytes: number,
    reader: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<Uint8Array>> {
    const key = JSON.stringify([name.registry, name.repository, digest, maxBytes, reader.key]);
    return this.#blobs.run(key, signal, (shared) =>
      this.#read(name, reader, (client) => client.blob(name, digest, maxBytes, shared)),
    );
  }

  /** The first bytes of a blob, at most `length`: not verified, because a digest covers the whole blob only. */
  blobStart(
    name: RepositoryName,
    digest: string,
    length: number,
    reader: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<Uint8Array>> {
    return this.#read(name, reader, (client) => client.blobStart(name, digest, length, signal));
  }

  /** Why the secret of a reader contains no login for ECS; undefined if it contains one, or if there is no secret. */
  async loginFault({ key, secret }: ResolvedIdentity, signal: Signal): Promise<LoginFault | undefined> {
    return secret === undefined ? undefined : this.#bySecretOf(key, secret).login.check(signal);
  }

  /** The pull through cache rules of a private ECR registry. */
  pullThroughRules(
    { registry }: Pick<RepositoryName, "registry">,
    { identity }: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<readonly PullThroughRule[]>> {
    return this.#ecrOf(identity).pullThroughRules(registry, signal);
  }

  /** Requests to registries and token services, and calls of AWS, so far. */
  get requests(): number {
    return [...this.#ecr.values()].reduce(
      (sum, client) => sum + client.requests,
      this.#network.transport.requests,
    );
  }

  /** Whether `resolve` finds a digest without fetching the manifest; ECR's API returns the manifest at once. */
  resolves({ registry }: RepositoryName): boolean {
    return parseEcrHost(registry) === undefined;
  }

  /** As of the client; only for what `resolves`. */
  resolve(
    name: RepositoryName,
    tagOrDigest: string,
    reader: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<ResolvedTag | undefined>> {
    return this.#clientOf(reader).resolve(name, tagOrDigest, signal);
  }

  /** An image of this repository will be read soon: what others need too can be requested together. */
  expect(name: RepositoryName, reader: ResolvedIdentity): void {
    if (parseEcrHost(name.registry) === undefined) this.#clientOf(reader).expect(name);
  }

  /** A request for this manifest that is under way serves no later caller: what a tag names may change meanwhile. */
  forget(name: RepositoryName, tagOrDigest: string, reader: ResolvedIdentity): void {
    for (const client of [this.#clientOf(reader), this.#mirrors, this.#ecr.get(reader.identity.key)])
      client?.forget(name, tagOrDigest);
  }

  async close(): Promise<void> {
    await Promise.all([
      this.#distribution.close(),
      this.#secrets.close(),
      ...[...this.#ecr.values()].map((client) => client.close()),
    ]);
  }

  async #read<T>(name: RepositoryName, reader: ResolvedIdentity, pull: Pull<T>): Promise<Outcome<T>> {
    const mirrored = this.#mirrored.has(bareName(name.registry));
    const isEcr = parseEcrHost(name.registry) !== undefined;
    this.#options.trace?.add(registryStep(name.registry, mirrored, isEcr));
    if (reader.secret !== undefined) return this.#readWithSecret(reader.key, reader.secret, pull);
    if (!isEcr) return pull(this.#distribution);
    if (mirrored) {
      // Mirrors speak the distribution API, whichever way reads the registry behind them.
      this.#mirrors ??= new RegistryClient({ ...this.#options, mirrorsOnly: true }, this.#network);
      const byMirror = await pull(this.#mirrors);
      if (byMirror.ok) return byMirror;
    }
    const outcome = await pull(this.#ecrOf(reader.identity));
    return outcome.ok || outcome.failure.kind !== "denied"
      ? outcome
      : this.#readWithLogin(name, reader.identity, outcome.failure, pull);
  }

  async #readWithSecret<T>(key: string, secret: RegistrySecret, pull: Pull<T>): Promise<Outcome<T>> {
    const { client, login } = this.#bySecretOf(key, secret);
    const outcome = await pull(client);
    const { remark } = login;
    if (outcome.ok || outcome.failure.kind !== "denied" || remark === undefined) return outcome;
    const { message } = outcome.failure;
    // If no other login took the secret's place, the message is about it already.
    if (message.includes(secret.parameter)) return outcome;
    const fix = "correct the login in that secret, or give it read access to the repository";
    return { ok: false, failure: { ...outcome.failure, message: `${message}; ${remark}`, fix } };
  }

  /** As of the client; not for private ECR, whose SDK keeps its own pace. */
  isPacing(name: RepositoryName): boolean {
    return parseEcrHost(name.registry) === undefined && this.#distribution.isPacing(name);
  }

  #clientOf({ secret, key }: ResolvedIdentity): RegistryClient {
    return secret === undefined ? this.#distribution : this.#bySecretOf(key, secret).client;
  }

  #bySecretOf(key: string, secret: RegistrySecret): { client: RegistryClient; login: SecretLogin } {
    const id = JSON.stringify([secret.registry, key]);
    let by = this.#bySecret.get(id);
    if (by === undefined) {
      const login = new SecretLogin(secret, this.#secrets, this.#credentials);
      by = { client: this.#distribution.withCredentials(login.source), login };
      this.#bySecret.set(id, by);
    }
    return by;
  }

  /** What ECR's API denied, with the docker login for its host. If that does not help, the denial stands, in AWS's words. */
  async #readWithLogin<T>(
    name: RepositoryName,
    { describe }: AwsIdentity,
    denial: Failure,
    pull: Pull<T>,
  ): Promise<Outcome<T>> {
    const { registry, repository } = name;
    let words = "none found";
    const denied = (more: string): Outcome<never> => {
      const login = `the AWS identity ${describe}; then docker's: ${words}`;
      return { ok: false, failure: { ...denial, message: `${denial.message}${more}`, login } };
    };
    const tell = (search: CredentialSearch): void => {
      words = searchInWords(search);
      this.#options.trace?.add({ step: "credential", registry, ...search });
    };
    let login: Credential | undefined;
    try {
      login = await this.#credentials(registry, repository, tell);
    } catch (error) {
      const why = error instanceof CredentialError ? `: ${error.message}` : "";
      return denied(`; the docker login for ${registry} could not be read${why}`);
    }
    if (login === undefined) return denied("");
    this.#options.trace?.add(secondWayStep(registry));
    const outcome = await pull(this.#distribution);
    return outcome.ok ? outcome : denied(`; with the docker login for it: ${outcome.failure.message}`);
  }

  #ecrOf(identity: AwsIdentity): EcrClient {
    let client = this.#ecr.get(identity.key);
    if (client === undefined) {
      const { gathering, trace } = this.#options;
      const { transport, clock } = this.#network;
      const options = {
        identity,
        transport,
        clock,
        ...(gathering && { gathering }),
        ...(trace && { trace }),
      };
      client = new EcrClient(options);
      this.#ecr.set(identity.key, client);
    }
    return client;
  }
}

/** What gives the documents of an image, each by its name or digest. */
export type DocumentSource = Pick<RegistryImageSource, "manifest" | "child" | "blob" | "blobStart">;

/** A cache of documents. */
export interface KeptDocumentSource extends DocumentSource {
  /** Documents found so far. */
  readonly hits: number;
}

/** What an inspection reads documents from. */
export interface ImageSource
  extends
    DocumentSource,
    Pick<
      RegistryImageSource,
      "loginFault" | "pullThroughRules" | "expect" | "forget" | "isPacing" | "close" | "requests"
    > {
  /** Documents that were in the cache and not fetched. */
  readonly cacheHits?: number;
  /** What can be read without a request; undefined if nothing is cached. */
  readonly kept?: KeptDocumentSource;
}
