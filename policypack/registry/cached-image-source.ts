import type { DocumentCache } from "../cache/documents";
import { Memo } from "../common/memo";
import { type Outcome, success } from "../common/outcome";
import { isDigest } from "../oci/digest";
import { ownMediaType } from "../oci/manifest";
import type { FetchedManifest, ResolvedTag } from "./client";
import type { ResolvedIdentity } from "./reader-identity";
import type { ImageSource, RegistryImageSource } from "./image-source";
import { KeptDocuments } from "./kept-documents";
import type { RepositoryName } from "../oci/reference";
import type { Signal } from "../common/signal";

/**
 * The registries behind a cache on disk. An image whose manifest is known, by tag or by digest, costs one `HEAD`, which counts for
 * no pull at Docker Hub: it may have been pushed again, or deleted. What an index names, and configs, cost no request if they are
 * known. Whatever is wrong with the cache, the registry is queried as if there were none.
 */
export class CachedImageSource implements ImageSource {
  #hits = 0;
  readonly #manifests = new Memo<Outcome<FetchedManifest>>();
  readonly kept: KeptDocuments;

  constructor(
    private readonly router: RegistryImageSource,
    private readonly cache: DocumentCache,
  ) {
    this.kept = new KeptDocuments(cache);
  }

  get requests(): number {
    return this.router.requests;
  }

  get cacheHits(): number {
    return this.#hits;
  }

  manifest(
    name: RepositoryName,
    tagOrDigest: string,
    reader: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<FetchedManifest>> {
    return this.#once(name, tagOrDigest, reader, signal, (shared) =>
      this.router.resolves(name)
        ? this.#confirmed(name, tagOrDigest, reader, shared)
        : this.#fetch(name, tagOrDigest, reader, shared),
    );
  }

  child(
    name: RepositoryName,
    digest: string,
    reader: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<FetchedManifest>> {
    const kept = this.kept.document(name, digest);
    if (kept === undefined)
      return this.#once(name, digest, reader, signal, (shared) => this.#fetch(name, digest, reader, shared));
    this.#hits++;
    return Promise.resolve(success(kept));
  }

  async blob(
    name: RepositoryName,
    digest: string,
    maxBytes: number,
    reader: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<Uint8Array>> {
    const kept = this.cache.document(name, digest);
    if (kept !== undefined && kept.length <= maxBytes) {
      this.#hits++;
      return success(kept);
    }
    const fetched = await this.router.blob(name, digest, maxBytes, reader, signal);
    if (fetched.ok) this.cache.keep(name, digest, fetched.value);
    return fetched;
  }

  /** Not cached: a part of a blob cannot be verified by a digest. */
  blobStart(...args: Parameters<ImageSource["blobStart"]>): Promise<Outcome<Uint8Array>> {
    return this.router.blobStart(...args);
  }

  loginFault(...args: Parameters<ImageSource["loginFault"]>): ReturnType<ImageSource["loginFault"]> {
    return this.router.loginFault(...args);
  }

  pullThroughRules(
    ...args: Parameters<ImageSource["pullThroughRules"]>
  ): ReturnType<ImageSource["pullThroughRules"]> {
    return this.router.pullThroughRules(...args);
  }

  expect(...image: Parameters<ImageSource["expect"]>): void {
    this.router.expect(...image);
  }

  forget(name: RepositoryName, tagOrDigest: string, reader: ResolvedIdentity): void {
    this.#manifests.forget(manifestKey(name, tagOrDigest, reader));
    this.router.forget(name, tagOrDigest, reader);
  }

  isPacing(name: RepositoryName): boolean {
    return this.router.isPacing(name);
  }

  close(): Promise<void> {
    this.cache.close();
    return this.router.close();
  }

  #once(
    name: RepositoryName,
    tagOrDigest: string,
    reader: ResolvedIdentity,
    signal: Signal,
    work: (shared: Signal) => Promise<Outcome<FetchedManifest>>,
  ): Promise<Outcome<FetchedManifest>> {
    return this.#manifests.run(manifestKey(name, tagOrDigest, reader), signal, work);
  }

  /** The manifest that a tag or digest names now: from the cache if the registry confirms it, else fetched. */
  async #confirmed(
    name: RepositoryName,
    tagOrDigest: string,
    reader: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<FetchedManifest>> {
    const pinned = isDigest(tagOrDigest);
    const hint = this.cache.tag(name, tagOrDigest);
    let mute = hint === "mute";
    const known = pinned ? tagOrDigest : typeof hint === "object" ? hint.digest : undefined;
    const before = mute || known === undefined ? undefined : this.kept.document(name, known);
    // With nothing at hand a HEAD could only come on top of the GET.
    if (before !== undefined) {
      const now = await this.router.resolve(name, tagOrDigest, reader, signal);
      if (now.ok) {
        const kept = now.value === undefined ? undefined : this.#named(name, now.value, before);
        if (kept !== undefined) {
          if (kept.digest !== before.digest) this.cache.remember(name, tagOrDigest, kept.digest);
          return success(kept);
        }
        mute = now.value === undefined;
      } else if (signal.aborted || !mayDifferByGet.has(now.failure.kind)) return now;
    }
    const fetched = await this.#fetch(name, tagOrDigest, reader, signal);
    if (fetched.ok && mute && hint !== "mute") this.cache.rememberMute(name, tagOrDigest);
    else if (fetched.ok && !mute && !pinned) this.cache.remember(name, tagOrDigest, fetched.value.digest);
    return fetched;
  }

  /** The document that a tag names, if it is in the cache and is what the registry says. */
  #named(
    name: RepositoryName,
    { digest, mediaType }: ResolvedTag,
    before: FetchedManifest,
  ): FetchedManifest | undefined {
    const kept = digest === before.digest ? before : this.kept.document(name, digest);
    if (kept === undefined || (mediaType !== "" && mediaType !== kept.mediaType)) return undefined;
    this.#hits++;
    return kept;
  }

  async #fetch(
    name: RepositoryName,
    tagOrDigest: string,
    reader: ResolvedIdentity,
    signal: Signal,
  ): Promise<Outcome<FetchedManifest>> {
    const fetched = await this.router.manifest(name, tagOrDigest, reader, signal);
    if (fetched.ok) this.#keep(name, fetched.value);
    return fetched;
  }

  /** Keeps a document that says itself what the registry says of it: the next run has only its own word. */
  #keep(name: RepositoryName, { digest, mediaType, bytes }: FetchedManifest): void {
    if (mediaType === ownMediaType(bytes)) this.cache.keep(name, digest, bytes);
  }
}

function manifestKey(name: RepositoryName, tagOrDigest: string, reader: ResolvedIdentity): string {
  return JSON.stringify([name.registry, name.repository, tagOrDigest, reader.key]);
}

/** A `HEAD` has no body that says why, and some registries treat it otherwise than a `GET`; of these, the latter decides. */
const mayDifferByGet: ReadonlySet<string> = new Set(["missing", "denied", "malformed", "unsupported"]);
