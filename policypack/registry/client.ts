// registry/ turns an image name into verified bytes. Read this client of the distribution API first. `endpoint.ts` sends its
// requests, `authorization.ts` and `token-client.ts` log in, and `refusal.ts` words what a registry refuses. `image-source.ts` decides
// who reads which registry, and `cached-image-source.ts` puts the cache before it.
import { Memo } from "../common/memo";
import { failure, type Outcome, success } from "../common/outcome";
import { printable } from "../common/text";
import { bareName } from "../oci/registry-name";
import type { CredentialSource } from "../logins/credential";
import { isDigest, sha256Of, verifyDigest } from "../oci/digest";
import { type FetchedManifest, ownMediaType, type ResolvedTag } from "../oci/manifest";
import {
  acceptedManifestTypes,
  bareMediaType,
  isIndexType,
  isManifestType,
  isSchema1Type,
} from "../oci/media-types";
import { type Answer, Endpoint } from "./endpoint";
import { Mirrors } from "./mirrors";
import { hostOf, type Network, openNetwork, type RegistryOptions } from "./options";
import { refusalOf, type Requested } from "./refusal";
import { mirrorStep } from "./trace-steps";
import type { RepositoryName } from "../oci/reference";
import { Signal } from "../common/signal";

export type { FetchedManifest, ResolvedTag } from "../oci/manifest";
export type { RegistryOptions } from "./options";
/** The manifest size that every registry must accept (distribution-spec, "Pushing Manifests"). */
const maximumManifestBytes = 4 * 1024 * 1024;
const notRequired = "none: the registry did not request one";

/**
 * The pull side of the OCI distribution specification. Every outcome is a value; nothing here throws. Content is verified
 * against its digest. An idle client does not keep the process alive.
 */
export class RegistryClient {
  readonly #options: RegistryOptions;
  readonly #network: Network;
  readonly #mirrors: Mirrors;
  readonly #endpoints = new Map<string, Endpoint | undefined>();
  readonly #mirrorEndpoints = new Map<string, Endpoint | undefined>();
  readonly #manifests = new Memo<Outcome<FetchedManifest>>();

  constructor(options: RegistryOptions = {}, network: Network = openNetwork(options)) {
    this.#options = options;
    this.#network = network;
    this.#mirrors = new Mirrors(options.mirrors, network.clock);
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
    signal: Signal = new Signal(),
  ): Promise<Outcome<FetchedManifest>> {
    const legal = checkReference(name, tagOrDigest);
    if (legal !== undefined) return Promise.resolve(legal);
    return this.#manifests.run(manifestKey(name, tagOrDigest), signal, (shared) =>
      this.#pull(
        name,
        { noun: "manifest", reference: tagOrDigest, maxBytes: maximumManifestBytes },
        shared,
        (registry, { response }, isMirror) => {
          const requested = isDigest(tagOrDigest) ? tagOrDigest : undefined;
          const stated = response.header("docker-content-digest")[0];
          const digest = requested ?? (stated !== undefined && isDigest(stated) ? stated : undefined);
          if (digest !== undefined && !verifyDigest(digest, response.body))
            return failure(
              "malformed",
              `${registry} sent a manifest that does not match its digest ${digest}`,
            );
          const mediaType = bareMediaType(response.header("content-type")[0] ?? "");
          // What a registry serves is the image. A mirror that serves something else does not have the image.
          if (isMirror && !isImageDocument(mediaType, response.body))
            return failure("malformed", `${registry} answered with something other than a manifest`);
          return success({ mediaType, digest: digest ?? sha256Of(response.body), bytes: response.body });
        },
      ),
    );
  }

  /**
   * What a tag names, or that a digest exists, by one HEAD; undefined if the registry does not return it that way. A refusal of a HEAD
   * says less than that of a GET (distribution-spec, "Checking if content exists in the registry").
   */
  resolve(
    name: RepositoryName,
    tagOrDigest: string,
    signal: Signal = new Signal(),
  ): Promise<Outcome<ResolvedTag | undefined>> {
    const legal = checkReference(name, tagOrDigest);
    if (legal !== undefined) return Promise.resolve(legal);
    const what = {
      noun: "manifest",
      reference: tagOrDigest,
      maxBytes: maximumManifestBytes,
      method: "HEAD",
    } as const;
    return this.#pull(name, what, signal, (_, { response }) => {
      // Distribution states its canonical digest, also for one of another algorithm.
      const [digest = ""] = isDigest(tagOrDigest) ? [tagOrDigest] : response.header("docker-content-digest");
      const mediaType = bareMediaType(response.header("content-type")[0] ?? "");
      return success(response.status === 200 && isDigest(digest) ? { digest, mediaType } : undefined);
    });
  }

  /** The bytes of a blob of at most so many bytes. */
  blob(
    name: RepositoryName,
    digest: string,
    maxBytes: number,
    signal: Signal = new Signal(),
  ): Promise<Outcome<Uint8Array>> {
    const legal = checkName(name) ?? (isDigest(digest) ? undefined : illegal(digest));
    if (legal !== undefined) return Promise.resolve(legal);
    return this.#pull(
      name,
      { noun: "blob", reference: digest, maxBytes },
      signal,
      (registry, { response }) =>
        verifyDigest(digest, response.body)
          ? success(response.body)
          : failure("malformed", `${registry} sent a blob that does not match its digest ${digest}`),
    );
  }

  /**
   * The first bytes of a blob, `length` (at least 1) or fewer if the blob is shorter, to read magic numbers. They are not
   * verified: a digest covers the whole blob only.
   */
  blobStart(
    name: RepositoryName,
    digest: string,
    length: number,
    signal: Signal = new Signal(),
  ): Promise<Outcome<Uint8Array>> {
    const legal = checkName(name) ?? (isDigest(digest) ? undefined : illegal(digest));
    if (legal !== undefined) return Promise.resolve(legal);
    const what = { noun: "blob", reference: digest, maxBytes: length, startOnly: true } as const;
    return this.#pull(name, what, signal, (_, { response }) => success(response.body));
  }

  /** A repository will be read soon: if it needs a token, that is requested together with others'. */
  expect({ registry, repository }: RepositoryName): void {
    const [mirror] = this.#mirrors.of(registry);
    const endpoint = this.#endpoint(mirror ?? registry, mirror !== undefined);
    endpoint?.expect(endpoint.path(repository));
  }

  /** A request for this manifest that is under way serves no later caller. */
  forget(name: RepositoryName, tagOrDigest: string): void {
    this.#manifests.forget(manifestKey(name, tagOrDigest));
  }

  /** Whether a registry limits the rate of requests and answers those that it lets pass. */
  isPacing({ registry }: RepositoryName): boolean {
    return this.#endpoint(registry)?.isPacing === true;
  }

  /** Ends pending requests and closes every connection. */
  async close(): Promise<void> {
    await this.#network.transport.close();
  }

  async #pull<T>(
    name: RepositoryName,
    what: Requested,
    signal: Signal,
    read: ReadAnswer<T>,
  ): Promise<Outcome<T>> {
    for (const mirror of this.#mirrors.of(name.registry)) {
      const rests = this.#mirrors.rests(mirror);
      if (rests) this.#options.trace?.add(mirrorStep(name.registry, mirror, undefined));
      if (rests) continue;
      const outcome = await this.#mirrors.during(mirror, signal, (end) =>
        this.#pullFrom(mirror, true, name.repository, what, end, read),
      );
      this.#options.trace?.add(mirrorStep(name.registry, mirror, outcome));
      if (outcome.ok || signal.aborted) return outcome;
    }
    if (this.#options.mirrorsOnly)
      return failure("unreachable", `no mirror of ${name.registry} has the ${what.noun}`);
    const outcome = await this.#pullFrom(name.registry, false, name.repository, what, signal, read);
    if (outcome.ok || outcome.failure.kind !== "denied") return outcome;
    const login = this.#endpoint(name.registry)?.loginInWords(name.repository) ?? notRequired;
    return { ok: false, failure: { ...outcome.failure, login } };
  }

  async #pullFrom<T>(
    entry: string,
    isMirror: boolean,
    path: string,
    what: Requested,
    signal: Signal,
    read: ReadAnswer<T>,
  ): Promise<Outcome<T>> {
    const endpoint = this.#endpoint(entry, isMirror);
    if (endpoint === undefined)
      return failure("invalid-reference", `${printable(entry, 100)} is not a valid host name of a registry`);
    const { name } = endpoint.host;
    const repository = endpoint.path(path);
    const { noun, reference, maxBytes, startOnly = false, method } = what;
    const accept = noun === "manifest" ? { accept: acceptedManifestTypes.join(", ") } : {};
    const answer = await endpoint.get({
      repository,
      path: `${noun}s/${reference}`,
      ...(method && { method }),
      ...accept,
      maxBytes,
      startOnly,
      signal,
    });
    if (!answer.ok) return answer;
    const { response } = answer.value;
    if (method === "HEAD" && !meansTheSame.has(response.status)) return read(name, answer.value, isMirror);
    if (response.status !== 200)
      return { ok: false, failure: refusalOf(name, { noun, reference, repository }, answer.value) };
    const encoding = response.header("content-encoding").join(", ");
    if (!/^(?:|identity)$/i.test(encoding.trim()))
      return failure(
        "malformed",
        `${name} sent the ${noun} with the content encoding ${printable(encoding, 40)}, which the guard does not accept`,
      );
    return read(name, answer.value, isMirror);
  }

  #endpoint(entry: string, isMirror = false): Endpoint | undefined {
    const endpoints = isMirror ? this.#mirrorEndpoints : this.#endpoints;
    if (!endpoints.has(entry)) {
      const host = hostOf(entry, this.#network.rules);
      const network = isMirror ? { ...this.#network, ...this.#network.ofMirrors } : this.#network;
      endpoints.set(entry, host && new Endpoint(host, network));
    }
    return endpoints.get(entry);
  }
}

/** Reads what a registry, or a mirror of it, answered. */
type ReadAnswer<T> = (registry: string, answer: Answer, isMirror: boolean) => Outcome<T>;

function isImageDocument(mediaType: string, bytes: Uint8Array): boolean {
  const isKnown = isManifestType(mediaType) || isIndexType(mediaType) || isSchema1Type(mediaType);
  return isKnown && ownMediaType(bytes) !== undefined;
}

/** Statuses that mean the same for HEAD and GET; any other means that the registry does not support HEAD here. */
const meansTheSame: ReadonlySet<number> = new Set([200, 401, 403, 404, 408, 410, 429]);

function manifestKey({ registry, repository }: RepositoryName, tagOrDigest: string): string {
  return JSON.stringify([bareName(registry), repository, tagOrDigest]);
}

/**
 * The parts of an image name that become part of a registry's URLs, checked again: only what a reference parser accepts may
 * get there.
 * Source: distribution-spec, "Pulling manifests".
 */
function isRepository(text: string): boolean {
  return /^[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*$/.test(text);
}

function isTag(text: string): boolean {
  return /^\w[\w.-]{0,127}$/.test(text);
}

/** The failure of a name that cannot be requested; undefined for one that can. */
function checkName({ repository }: { readonly repository: string }): Outcome<never> | undefined {
  return isRepository(repository) ? undefined : illegal(repository);
}

function checkReference(name: RepositoryName, tagOrDigest: string): Outcome<never> | undefined {
  return checkName(name) ?? (isTag(tagOrDigest) || isDigest(tagOrDigest) ? undefined : illegal(tagOrDigest));
}

function illegal(text: string): Outcome<never> {
  return failure("invalid-reference", `"${printable(text, 100)}" cannot be part of an image name`);
}
