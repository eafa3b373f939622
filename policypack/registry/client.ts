import { isDigest, sha256Of, verifyDigest } from "../oci/digest";
import { failure, type Outcome, success } from "../oci/failure";
import { acceptedManifestTypes, bareMediaType } from "../oci/media-types";
import { printable } from "../oci/text";
import type { CredentialSource } from "./credential";
import { type Answer, Endpoint, type Network } from "./endpoint";
import { bareName, HostRules } from "./hosts";
import { InFlight } from "./in-flight";
import { isRepository, isTag } from "./names";
import { refusalOf, type Wanted } from "./refusal";
import { Retries } from "./retries";
import { TokenClient } from "./token";
import { Transport } from "./transport";

export type { Credential, CredentialSource } from "./credential";

export interface RegistryOptions {
  /** Registries (`host[:port]`) that may be asked over plain http or with a certificate that proves nothing. */
  readonly insecureRegistries?: readonly string[];
  /** Registry → mirrors (`host[:port][/prefix]`) to ask before it, in this order. */
  readonly mirrors?: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds from sending a request to the last byte of its answer. Default: 10 s. */
  readonly requestTimeoutMs?: number;
  /** Asked only when a registry wants a login. Default: no credentials. */
  readonly credentials?: CredentialSource;
  /** Requests to one host at a time. Default: 32. */
  readonly maxConcurrentPerHost?: number;
}

/** Where an image lives: the part of a reference that a registry client needs. */
export interface RepositoryName {
  readonly registry: string;
  readonly repository: string;
}

export interface FetchedManifest {
  /** The bare content type that the registry states; may be "". */
  readonly mediaType: string;
  /** The digest of the bytes: the requested or the stated one where there is one, else their sha256. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** The manifest size that every registry must accept (distribution-spec, "Pushing Manifests"). */
const maximumManifestBytes = 4 * 1024 * 1024;
/** How long a mirror that cannot be reached is left alone. */
const mirrorRestMs = 60_000;

/**
 * The pull side of the OCI distribution specification. Every outcome is a value; nothing here throws. What it gives
 * out was verified against its digest. Idle, it does not keep the process alive.
 */
export class RegistryClient {
  readonly #options: RegistryOptions;
  readonly #network: Network;
  readonly #mirrors: ReadonlyMap<string, readonly string[]>;
  readonly #endpoints = new Map<string, Endpoint | undefined>();
  readonly #restingUntil = new Map<string, number>();
  readonly #manifests = new InFlight<FetchedManifest>();

  constructor(options: RegistryOptions = {}, network = openNetwork(options)) {
    this.#options = options;
    this.#network = network;
    this.#mirrors = new Map(
      Object.entries(options.mirrors ?? {}).map(([name, list]) => [bareName(name), list]),
    );
  }

  /** A client for other credentials that sends its requests through this one, and is closed with it; no login and no token is shared. */
  withCredentials(credentials: CredentialSource): RegistryClient {
    return new RegistryClient({ ...this.#options, credentials }, { ...this.#network, credentials });
  }

  /** Requests sent so far, those for tokens included. */
  get requests(): number {
    return this.#network.transport.requests;
  }

  /** The manifest or index that a tag or digest names. */
  manifest(
    name: RepositoryName,
    tagOrDigest: string,
    signal = noSignal(),
  ): Promise<Outcome<FetchedManifest>> {
    const legal =
      checkName(name) ?? (isTag(tagOrDigest) || isDigest(tagOrDigest) ? undefined : illegal(tagOrDigest));
    if (legal !== undefined) return Promise.resolve(legal);
    const key = JSON.stringify([bareName(name.registry), name.repository, tagOrDigest]);
    return this.#manifests.run(key, signal, (shared) =>
      this.#pull(
        name,
        { noun: "manifest", reference: tagOrDigest },
        maximumManifestBytes,
        shared,
        (registry, { response }) => {
          const requested = isDigest(tagOrDigest) ? tagOrDigest : undefined;
          const stated = response.header("docker-content-digest")[0];
          const digest = requested ?? (stated !== undefined && isDigest(stated) ? stated : undefined);
          if (digest !== undefined && !verifyDigest(digest, response.body))
            return failure(
              "malformed",
              `${registry} sent a manifest that does not match its digest ${digest}`,
            );
          const mediaType = bareMediaType(response.header("content-type")[0] ?? "");
          return success({ mediaType, digest: digest ?? sha256Of(response.body), bytes: response.body });
        },
      ),
    );
  }

  /** The bytes of a blob of at most so many bytes. */
  blob(
    name: RepositoryName,
    digest: string,
    maxBytes: number,
    signal = noSignal(),
  ): Promise<Outcome<Uint8Array>> {
    const legal = checkName(name) ?? (isDigest(digest) ? undefined : illegal(digest));
    if (legal !== undefined) return Promise.resolve(legal);
    return this.#pull(
      name,
      { noun: "blob", reference: digest },
      maxBytes,
      signal,
      (registry, { response }) =>
        verifyDigest(digest, response.body)
          ? success(response.body)
          : failure("malformed", `${registry} sent a blob that does not match its digest ${digest}`),
    );
  }

  /** Ends what is under way and closes every connection. */
  async close(): Promise<void> {
    await this.#network.transport.close();
  }

  async #pull<T>(
    name: RepositoryName,
    what: Pick<Wanted, "noun" | "reference">,
    maxBytes: number,
    signal: AbortSignal,
    read: (registry: string, answer: Answer) => Outcome<T>,
  ): Promise<Outcome<T>> {
    for (const mirror of this.#mirrors.get(bareName(name.registry)) ?? []) {
      if ((this.#restingUntil.get(mirror) ?? 0) > performance.now()) continue;
      const outcome = await this.#pullFrom(mirror, name.repository, what, maxBytes, signal, read);
      if (outcome.ok || signal.aborted) return outcome;
      // A mirror that is down must not cost every image its time-out.
      if (outcome.failure.kind === "unreachable" || outcome.failure.kind === "timeout")
        this.#restingUntil.set(mirror, performance.now() + mirrorRestMs);
    }
    return this.#pullFrom(name.registry, name.repository, what, maxBytes, signal, read);
  }

  async #pullFrom<T>(
    entry: string,
    path: string,
    what: Pick<Wanted, "noun" | "reference">,
    maxBytes: number,
    signal: AbortSignal,
    read: (registry: string, answer: Answer) => Outcome<T>,
  ): Promise<Outcome<T>> {
    const endpoint = this.#endpoint(entry);
    if (endpoint === undefined)
      return failure("invalid-reference", `${printable(entry, 100)} is not a registry's host name`);
    const { name, prefix } = endpoint.host;
    const repository = prefix === "" ? path : `${prefix}/${path}`;
    const accept = what.noun === "manifest" ? { accept: acceptedManifestTypes.join(", ") } : {};
    const answer = await endpoint.get({
      repository,
      path: `${what.noun}s/${what.reference}`,
      ...accept,
      maxBytes,
      signal,
    });
    if (!answer.ok) return answer;
    const { response } = answer.value;
    if (response.status !== 200)
      return { ok: false, failure: refusalOf(name, { ...what, repository }, answer.value) };
    const encoding = response.header("content-encoding").join(", ");
    if (!/^(?:|identity)$/i.test(encoding.trim()))
      return failure(
        "malformed",
        `${name} sent the ${what.noun} encoded (${printable(encoding, 40)}), though asked not to`,
      );
    return read(name, answer.value);
  }

  #endpoint(entry: string): Endpoint | undefined {
    if (!this.#endpoints.has(entry)) {
      const host = this.#network.rules.host(entry);
      this.#endpoints.set(entry, host === undefined ? undefined : new Endpoint(host, this.#network));
    }
    return this.#endpoints.get(entry);
  }
}

function openNetwork(options: RegistryOptions): Network {
  const rules = new HostRules(options.insecureRegistries);
  const { requestTimeoutMs = 10_000, maxConcurrentPerHost = 32 } = options;
  const transport = new Transport(rules, { requestTimeoutMs, maxConcurrentPerHost });
  const retries = new Retries();
  const tokens = new TokenClient(transport, rules, retries);
  const credentials = options.credentials ?? (() => Promise.resolve(undefined));
  return { transport, rules, retries, tokens, credentials };
}

function noSignal(): AbortSignal {
  return new AbortController().signal;
}

function checkName({ repository }: RepositoryName): Outcome<never> | undefined {
  return isRepository(repository) ? undefined : illegal(repository);
}

function illegal(text: string): Outcome<never> {
  return failure("invalid-reference", `"${printable(text, 100)}" cannot be part of an image name`);
}
