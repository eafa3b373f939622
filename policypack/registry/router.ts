import type { Outcome } from "../oci/failure";
import {
  type FetchedManifest,
  RegistryClient,
  type RegistryOptions,
  type RepositoryName,
  type ResolvedTag,
} from "./client";
import type { CredentialSource } from "./credential";
import { type CredentialSearch, searchInWords } from "./credential-search";
import { loginCredentials } from "./credentials/login";
import type { EcrClient } from "./ecr/client";
import { parseEcrHost } from "./ecr/hosts";
import { type AwsIdentity, defaultIdentity } from "./ecr/identity";
import type { Gathering } from "./ecr/look-ups";
import { bareName } from "./hosts";
import { registryStep, secondWayStep } from "./registry-step";

/** As for the client, but for the logins of docker and Podman where no other source is given. */
export interface RouterOptions extends RegistryOptions {
  /** How long a look-up in ECR waits for others of its repository, to go out with them. */
  readonly gathering?: Gathering;
}

/**
 * Each registry by the way that reads it: private ECR through its API with an AWS identity, any other through the
 * distribution API. Where ECR's API is denied and there is a docker login for the host, that login is tried.
 */
export class RegistryRouter {
  readonly #options: RouterOptions;
  readonly #credentials: CredentialSource;
  readonly #distribution: RegistryClient;
  readonly #mirrored: ReadonlySet<string>;
  #mirrors: RegistryClient | undefined;
  readonly #ecr = new Map<string, Promise<EcrClient>>();
  readonly #opened: EcrClient[] = [];

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#credentials = options.credentials ?? loginCredentials();
    this.#mirrored = new Set(Object.keys(options.mirrors ?? {}).map(bareName));
    this.#distribution = new RegistryClient({ ...options, credentials: this.#credentials });
  }

  manifest(
    name: RepositoryName,
    tagOrDigest: string,
    identity: AwsIdentity | undefined,
    signal: AbortSignal,
  ): Promise<Outcome<FetchedManifest>> {
    return this.#read(name, identity, (client) => client.manifest(name, tagOrDigest, signal));
  }

  blob(
    name: RepositoryName,
    digest: string,
    maxBytes: number,
    identity: AwsIdentity | undefined,
    signal: AbortSignal,
  ): Promise<Outcome<Uint8Array>> {
    return this.#read(name, identity, (client) => client.blob(name, digest, maxBytes, signal));
  }

  /** The first bytes of a blob, at most `length`: not verified, since a digest tells only of a whole. */
  blobStart(
    name: RepositoryName,
    digest: string,
    length: number,
    identity: AwsIdentity | undefined,
    signal: AbortSignal,
  ): Promise<Outcome<Uint8Array>> {
    return this.#read(name, identity, (client) => client.blobStart(name, digest, length, signal));
  }

  /** Requests to registries and token services, and calls of AWS, so far. */
  get requests(): number {
    return [this.#distribution, ...(this.#mirrors ? [this.#mirrors] : []), ...this.#opened].reduce(
      (sum, client) => sum + client.requests,
      0,
    );
  }

  /** Whether what a tag names can be asked without fetching it; ECR's API answers with the manifest at once. */
  resolves({ registry }: RepositoryName): boolean {
    return parseEcrHost(registry) === undefined;
  }

  /** As of the client; only for what `resolves`. */
  resolve(name: RepositoryName, tag: string, signal: AbortSignal): Promise<Outcome<ResolvedTag | undefined>> {
    return this.#distribution.resolve(name, tag, signal);
  }

  async close(): Promise<void> {
    const ecr = await Promise.all(this.#ecr.values());
    await Promise.all([
      this.#distribution.close(),
      this.#mirrors?.close(),
      ...ecr.map((client) => client.close()),
    ]);
  }

  async #read<T>(
    name: RepositoryName,
    identity: AwsIdentity | undefined,
    pull: (client: RegistryClient | EcrClient) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const mirrored = this.#mirrored.has(bareName(name.registry));
    const isEcr = parseEcrHost(name.registry) !== undefined;
    this.#options.trace?.add(registryStep(name.registry, mirrored, isEcr));
    if (!isEcr) return pull(this.#distribution);
    if (mirrored) {
      // Mirrors speak the distribution API, whichever way reads the registry behind them.
      this.#mirrors ??= new RegistryClient({
        ...this.#options,
        credentials: this.#credentials,
        mirrorsOnly: true,
      });
      const byMirror = await pull(this.#mirrors);
      if (byMirror.ok) return byMirror;
    }
    const outcome = await pull(await this.#ecrOf(identity));
    if (outcome.ok || outcome.failure.kind !== "denied") return outcome;
    const login = await this.#secondLogin(name);
    if (login.found) {
      this.#options.trace?.add(secondWayStep(name.registry));
      const byLogin = await pull(this.#distribution);
      if (byLogin.ok) return byLogin;
    }
    const { describe } = identity ?? defaultIdentity;
    return {
      ok: false,
      failure: { ...outcome.failure, login: `the AWS identity ${describe}; then docker's: ${login.words}` },
    };
  }

  #ecrOf(identity: AwsIdentity | undefined): Promise<EcrClient> {
    const key = identity?.key ?? "";
    let client = this.#ecr.get(key);
    if (client === undefined) {
      const { gathering, trace } = this.#options;
      const options = {
        ...(identity && { identity }),
        ...(gathering && { gathering }),
        ...(trace && { trace }),
      };
      client = import("./ecr/client").then((room) => {
        const opened = new room.EcrClient(options);
        this.#opened.push(opened);
        return opened;
      });
      this.#ecr.set(key, client);
    }
    return client;
  }

  async #secondLogin({ registry, repository }: RepositoryName): Promise<{ found: boolean; words: string }> {
    let words = "none found";
    const tell = (search: CredentialSearch): void => {
      words = searchInWords(search);
      this.#options.trace?.add({ step: "credential", registry, ...search });
    };
    // A login that cannot be read is told to those who need it; here it only means that there is no second way.
    const login = await this.#credentials(registry, repository, tell).catch(() => undefined);
    return { found: login !== undefined, words };
  }
}
