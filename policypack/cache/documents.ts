// cache/ is what the guard keeps on disk from run to run. Nothing in it is trusted: a record may cost a request, never a verdict. This
// file keeps manifests and configs, `records.ts` challenges of registries and images of stacks, and `folder.ts` guards every file.
import { createHash } from "node:crypto";
import { isDigest, verifyDigest } from "../oci/digest";
import type { Reference } from "../oci/reference";
import type { CacheFolder } from "./folder";
import { type CacheOptions, imageFolder } from "./location";

/** The place of a document in a registry. The same bytes of another repository are not known to exist in this one. */
type RepositoryName = Pick<Reference, "registry" | "repository">;

/** Neither a manifest nor a config that the guard reads is longer. */
const maximumDocumentBytes = 4 * 1024 * 1024;
const maximumTagBytes = 1024;
/** How long a registry that says of no tag what it names is believed to stay so. */
const mutenessMs = 24 * 60 * 60 * 1000;
const mute = "mute";

/**
 * Documents kept on disk for the next run, each by its digest, and for each tag the digest that it had: a hint that the
 * registry must confirm. Every document is verified when it is read, so a file that was cut short, swapped or edited
 * counts as absent. Only the bytes are kept, because only they are proven by the digest: what a document is, it says
 * itself. Nothing here throws.
 */
export class DocumentCache {
  constructor(readonly folder: CacheFolder) {}

  /** Undefined if there is no folder to keep it in. */
  static open(options: CacheOptions): DocumentCache | undefined {
    const folder = imageFolder(options);
    return folder === undefined ? undefined : new DocumentCache(folder);
  }

  document(name: RepositoryName, digest: string): Uint8Array | undefined {
    if (!isDigest(digest)) return undefined;
    const file = fileOf(name, digest);
    const kept = this.folder.read(file, maximumDocumentBytes);
    if (kept === undefined) return undefined;
    const whole = verifyDigest(digest, kept.bytes);
    if (whole) this.folder.touch(file, kept.ageMs);
    else this.folder.remove(file);
    return whole ? kept.bytes : undefined;
  }

  keep(name: RepositoryName, digest: string, bytes: Uint8Array): void {
    if (isDigest(digest) && bytes.length <= maximumDocumentBytes)
      this.folder.write(fileOf(name, digest), bytes);
  }

  /** The digest that a tag had; `mute` if its registry does not answer a `HEAD` with it. */
  tag(name: RepositoryName, tag: string): { readonly digest: string } | "mute" | undefined {
    const kept = this.folder.read(tagFileOf(name, tag), maximumTagBytes);
    const text = kept?.bytes.toString("latin1").trim() ?? "";
    if (kept !== undefined && text === mute) return Math.abs(kept.ageMs) < mutenessMs ? mute : undefined;
    return isDigest(text) ? { digest: text } : undefined;
  }

  remember(name: RepositoryName, tag: string, digest: string): void {
    this.folder.write(tagFileOf(name, tag), Buffer.from(`${digest}\n`));
  }

  /** Remembers that the registry does not say what its tag names without sending it. */
  rememberMute(name: RepositoryName, tag: string): void {
    this.folder.write(tagFileOf(name, tag), Buffer.from(`${mute}\n`));
  }
}

/** File names of a fixed form, whatever the key is. */
function fileOf({ registry, repository }: RepositoryName, digest: string): string {
  return `${hash([registry.toLowerCase(), repository]).slice(0, 32)}-${digest.replace(":", "-")}`;
}

function tagFileOf({ registry, repository }: RepositoryName, tag: string): string {
  return `${hash([registry.toLowerCase(), repository]).slice(0, 32)}-tag-${hash([tag])}`;
}

function hash(words: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(words)).digest("hex");
}
