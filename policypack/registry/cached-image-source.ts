import type { DocumentCache } from "../cache/documents";
import { Memo } from "../common/memo";
import { type Outcome, success } from "../common/outcome";
import { isDigest } from "../oci/digest";
import { ownMediaType } from "../oci/manifest";
import type { FetchedManifest, ResolvedTag } from "./client";
import type { ResolvedIdentity } from "./reader-identity";
import type { ImageSource, RegistryImageSource } from "./image-source";
import type { RepositoryName } from "../oci/reference";

/**
 * The registries behind a cache on disk. A digest that is known costs no request. A tag that was known is asked for by
 * one `HEAD`, which counts for no pull at Docker Hub; only what it does not name any more is fetched. Whatever is wrong
 * with the cache, the registry is asked as if there were none.
 */
export class CachedImageSource implements ImageSource {
  #hits = 0;
  readonly #manifests = new Memo<Outcome<FetchedManifest>>();

  constructor(
    private readonly router: RegistryImageSource,
    private readonly cache: DocumentCache,
  ) {}

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
    signal: AbortSignal,
  ): Promise<Outcome<FetchedManifest>> {
    if (isDigest(tagOrDigest)) {
      const kept = this.#kept(name, tagOrDigest);
      if (kept !== undefined) return Promise.resolve(success(kept));
    }
    const key = JSON.stringify([name.registry, name.repository, tagOrDigest, reader.key]);
    return this.#manifests.run(key, signal, (shared) =>
      isDigest(tagOrDigest) || !this.router.resolves(name)
        ? this.#fetch(name, tagOrDigest, reader, shared)
        : this.#tagged(name, tagOrDigest, reader, shared),
    );
  }

  async blob(
    name: RepositoryName,
    digest: string,
    maxBytes: number,
    reader: ResolvedIdentity,
    signal: AbortSignal,
  ): Promise<Outcome<Uint8Array>> {
    const kept = this.#kept(name, digest);
    if (kept !== undefined && kept.bytes.length <= maxBytes) return success(kept.bytes);
    const fetched = await this.router.blob(name, digest, maxBytes, reader, signal);
    if (fetched.ok) this.cache.keep(name, digest, fetched.value);
    return fetched;
  }

  /** Not kept: no digest tells whether a part is what it should be. */
  blobStart(...asked: Parameters<ImageSource["blobStart"]>): Promise<Outcome<Uint8Array>> {
    return this.router.blobStart(...asked);
  }

  loginFault(...asked: Parameters<ImageSource["loginFault"]>): ReturnType<ImageSource["loginFault"]> {
    return this.router.loginFault(...asked);
  }

  pullThroughRules(
    ...asked: Parameters<ImageSource["pullThroughRules"]>
  ): ReturnType<ImageSource["pullThroughRules"]> {
    return this.router.pullThroughRules(...asked);
  }

  expect(...image: Parameters<ImageSource["expect"]>): void {
    this.router.expect(...image);
  }

  isPacing(name: RepositoryName): boolean {
    return this.router.isPacing(name);
  }

  close(): Promise<void> {
    return this.router.close();
  }

  async #tagged(
    name: RepositoryName,
    tag: string,
    reader: ResolvedIdentity,
    signal: AbortSignal,
  ): Promise<Outcome<FetchedManifest>> {
    const hint = this.cache.tag(name, tag);
    let mute = hint === "mute";
    const before = hint === undefined || hint === "mute" ? undefined : this.#document(name, hint.digest);
    // With nothing at hand a HEAD could only come on top of the GET.
    if (before !== undefined) {
      const now = await this.router.resolve(name, tag, reader, signal);
      if (now.ok) {
        const kept = now.value === undefined ? undefined : this.#named(name, now.value, before);
        if (kept !== undefined) {
          if (kept.digest !== before.digest) this.cache.remember(name, tag, kept.digest);
          return success(kept);
        }
        mute = now.value === undefined;
      } else if (signal.aborted || !mayDifferByGet.has(now.failure.kind)) return now;
    }
    const fetched = await this.#fetch(name, tag, reader, signal);
    if (fetched.ok && mute && hint !== "mute") this.cache.rememberMute(name, tag);
    else if (fetched.ok && !mute) this.cache.remember(name, tag, fetched.value.digest);
    return fetched;
  }

  /** The document that a tag names, if it is in the cache and is what the registry says. */
  #named(
    name: RepositoryName,
    { digest, mediaType }: ResolvedTag,
    before: FetchedManifest,
  ): FetchedManifest | undefined {
    const kept = digest === before.digest ? before : this.#document(name, digest);
    if (kept === undefined || (mediaType !== "" && mediaType !== kept.mediaType)) return undefined;
    this.#hits++;
    return kept;
  }

  async #fetch(
    name: RepositoryName,
    tagOrDigest: string,
    reader: ResolvedIdentity,
    signal: AbortSignal,
  ): Promise<Outcome<FetchedManifest>> {
    const fetched = await this.router.manifest(name, tagOrDigest, reader, signal);
    if (fetched.ok) this.#keep(name, fetched.value);
    return fetched;
  }

  /** Keeps a document that says itself what the registry says of it: the next run has only its own word. */
  #keep(name: RepositoryName, { digest, mediaType, bytes }: FetchedManifest): void {
    if (mediaType === ownMediaType(bytes)) this.cache.keep(name, digest, bytes);
  }

  #kept(name: RepositoryName, digest: string): FetchedManifest | undefined {
    const kept = this.#document(name, digest);
    if (kept !== undefined) this.#hits++;
    return kept;
  }

  #document(name: RepositoryName, digest: string): FetchedManifest | undefined {
    const bytes = this.cache.document(name, digest);
    return bytes && { bytes, digest, mediaType: ownMediaType(bytes) ?? "" };
  }
}

/** A `HEAD` has no body that says why, and some registries treat it otherwise than a `GET`; of these, the latter decides. */
const mayDifferByGet: ReadonlySet<string> = new Set(["missing", "denied", "malformed", "unsupported"]);
