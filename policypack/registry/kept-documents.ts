import type { DocumentCache } from "../cache/documents";
import { failure, type Outcome, success } from "../common/outcome";
import { isDigest } from "../oci/digest";
import { ownMediaType } from "../oci/manifest";
import type { RepositoryName } from "../oci/reference";
import type { FetchedManifest } from "./client";
import type { KeptDocumentSource } from "./image-source";

/**
 * What the cache has of images, without a request. A digest proves a document, but neither that its registry still has it, nor that a tag
 * still names it: the registry must confirm both before a policy judges the image.
 */
export class KeptDocuments implements KeptDocumentSource {
  #hits = 0;

  constructor(private readonly cache: DocumentCache) {}

  get hits(): number {
    return this.#hits;
  }

  manifest(name: RepositoryName, tagOrDigest: string): Promise<Outcome<FetchedManifest>> {
    const hint = this.cache.tag(name, tagOrDigest);
    const digest = typeof hint === "object" ? hint.digest : tagOrDigest;
    return isDigest(digest) ? this.child(name, digest) : absent;
  }

  child(name: RepositoryName, digest: string): Promise<Outcome<FetchedManifest>> {
    const kept = this.document(name, digest);
    if (kept === undefined) return absent;
    this.#hits++;
    return Promise.resolve(success(kept));
  }

  blob(name: RepositoryName, digest: string, maxBytes: number): Promise<Outcome<Uint8Array>> {
    const kept = this.cache.document(name, digest);
    if (kept === undefined || kept.length > maxBytes) return absent;
    this.#hits++;
    return Promise.resolve(success(kept));
  }

  /** A part of a blob cannot be verified by a digest, and is not kept. */
  blobStart(): Promise<Outcome<Uint8Array>> {
    return absent;
  }

  document(name: RepositoryName, digest: string): FetchedManifest | undefined {
    const bytes = this.cache.document(name, digest);
    return bytes && { bytes, digest, mediaType: ownMediaType(bytes) ?? "" };
  }
}

const absent = Promise.resolve(failure("missing", "the cache does not have it"));
