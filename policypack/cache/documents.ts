// cache/ is what the guard keeps on disk from run to run. Nothing in it is trusted: a record may cost a request, never a verdict. This
// file keeps manifests and configs (`repository-file.ts`: a file for each repository), `records.ts` challenges of registries and images of
// stacks, and `folder.ts` guards every file.
import { createHash } from "node:crypto";
import { isDigest, verifyDigest } from "../oci/digest";
import type { Reference } from "../oci/reference";
import type { CacheFolder } from "./folder";
import { type CacheOptions, imageFolder } from "./location";
import { RepositoryFile } from "./repository-file";

/** The place of a document in a registry. The same bytes of another repository are not known to exist in this one. */
type RepositoryName = Pick<Reference, "registry" | "repository">;

/** Neither a manifest nor a config that the guard reads is longer. */
const maximumDocumentBytes = 4 * 1024 * 1024;
/** Repositories whose files are held in memory: more than are inspected at a time. */
const maximumRepositories = 256;
/** How long a registry that says of no tag what it names is believed to stay so. */
const mutenessMs = 24 * 60 * 60 * 1000;

/**
 * Documents kept on disk for the next run, each by its digest, and for each tag the digest that it had: a hint that the
 * registry must confirm. Every document is verified when it is used, so one that was cut short, swapped or edited
 * counts as absent. Only the bytes are kept, because only they are proven by the digest: what a document is, it says
 * itself. Nothing here throws.
 */
export class DocumentCache {
  /** The first opened comes first. */
  readonly #repositories = new Map<string, RepositoryFile>();

  constructor(readonly folder: CacheFolder) {}

  /** Undefined if there is no folder to keep it in. */
  static open(options: CacheOptions): DocumentCache | undefined {
    const folder = imageFolder(options);
    return folder === undefined ? undefined : new DocumentCache(folder);
  }

  document(name: RepositoryName, digest: string): Uint8Array | undefined {
    const bytes = this.#repository(name).document(digest);
    return bytes !== undefined && verifyDigest(digest, bytes) ? bytes : undefined;
  }

  keep(name: RepositoryName, digest: string, bytes: Uint8Array): void {
    if (isDigest(digest) && bytes.length <= maximumDocumentBytes)
      this.#repository(name).addDocument(digest, bytes);
  }

  /** The digest that a tag had; `mute` if its registry does not answer a `HEAD` with it. */
  tag(name: RepositoryName, tag: string): { readonly digest: string } | "mute" | undefined {
    const value = this.#repository(name).tag(tag) ?? "";
    const [, since] = /^mute:(\d+)$/.exec(value) ?? [];
    if (since !== undefined) return Math.abs(Date.now() - Number(since)) < mutenessMs ? "mute" : undefined;
    return isDigest(value) ? { digest: value } : undefined;
  }

  remember(name: RepositoryName, tag: string, digest: string): void {
    this.#repository(name).addTag(tag, digest);
  }

  /** Remembers that the registry does not say what its tag names without sending it. */
  rememberMute(name: RepositoryName, tag: string): void {
    this.#repository(name).addTag(tag, `mute:${Date.now()}`);
  }

  #repository({ registry, repository }: RepositoryName): RepositoryFile {
    const key = JSON.stringify([registry.toLowerCase(), repository]);
    let file = this.#repositories.get(key);
    if (file === undefined) {
      const [oldest] = this.#repositories.keys();
      if (oldest !== undefined && this.#repositories.size >= maximumRepositories)
        this.#repositories.delete(oldest);
      // A name of a fixed form, whatever the key is.
      file = new RepositoryFile(this.folder, `repository-${createHash("sha256").update(key).digest("hex")}`);
      this.#repositories.set(key, file);
    }
    return file;
  }
}
