import { createHash } from "node:crypto";
import { isDigest, verifyDigest } from "../oci/digest";
import type { Reference } from "../oci/reference";
import type { CacheFolder } from "./folder";
import { type CacheOptions, imageFolder } from "./location";

/** A manifest, index or config as a registry gave it. */
export interface KeptDocument {
  /** The bare content type that the registry stated; may be "". */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Where a document lives. The same bytes of another repository are not known to exist in this one. */
type RepositoryName = Pick<Reference, "registry" | "repository">;

/** Neither a manifest nor a config that the guard reads is longer. */
const maximumDocumentBytes = 4 * 1024 * 1024;
const maximumHeaderBytes = 1024;
/** How long a registry that says of no tag what it names is believed to stay so. */
const mutenessMs = 24 * 60 * 60 * 1000;
const mute = "mute";

/**
 * What registries said, kept on disk for the next run: documents by their digests, which never change, and for each tag
 * the digest that it had, which is a hint and no more. What is read was verified: a file that was cut short, swapped or
 * edited counts as not there. Nothing here throws.
 *
 * One file a document: a line of its seal and content type, then its bytes. The seal covers what the digest in the
 * file's name does not, the content type.
 */
export class DocumentCache {
  constructor(readonly folder: CacheFolder) {}

  /** Undefined where there is no folder to keep it in. */
  static open(options: CacheOptions): DocumentCache | undefined {
    const folder = imageFolder(options);
    return folder === undefined ? undefined : new DocumentCache(folder);
  }

  document(name: RepositoryName, digest: string): KeptDocument | undefined {
    if (!isDigest(digest)) return undefined;
    const file = fileOf(name, digest);
    const kept = this.folder.read(file, maximumDocumentBytes + maximumHeaderBytes);
    if (kept === undefined) return undefined;
    const document = unpack(kept.bytes, digest);
    if (document === undefined) this.folder.remove(file);
    else this.folder.touch(file, kept.ageMs);
    return document;
  }

  keep(name: RepositoryName, digest: string, document: KeptDocument): void {
    if (!isDigest(digest) || document.bytes.length > maximumDocumentBytes) return;
    if (!/^[\x21-\x7e ]{0,256}$/.test(document.mediaType)) return;
    this.folder.write(fileOf(name, digest), pack(document, digest));
  }

  /** The digest that a tag had; `mute` where its registry does not tell by a `HEAD`. */
  tag(name: RepositoryName, tag: string): { readonly digest: string } | "mute" | undefined {
    const kept = this.folder.read(tagFileOf(name, tag), maximumHeaderBytes);
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

/** File names of a fixed form, whatever is asked for. */
function fileOf({ registry, repository }: RepositoryName, digest: string): string {
  return `${hash([registry.toLowerCase(), repository]).slice(0, 32)}-${digest.replace(":", "-")}`;
}

function tagFileOf({ registry, repository }: RepositoryName, tag: string): string {
  return `${hash([registry.toLowerCase(), repository]).slice(0, 32)}-tag-${hash([tag])}`;
}

function pack({ mediaType, bytes }: KeptDocument, digest: string): Buffer {
  return Buffer.concat([Buffer.from(`${seal(digest, mediaType)} ${mediaType}\n`, "latin1"), bytes]);
}

function unpack(file: Buffer, digest: string): KeptDocument | undefined {
  const end = file.subarray(0, maximumHeaderBytes).indexOf("\n");
  if (end === -1) return undefined;
  const header = file.toString("latin1", 0, end);
  const mediaType = header.slice(header.indexOf(" ") + 1);
  const bytes = file.subarray(end + 1);
  const whole = header === `${seal(digest, mediaType)} ${mediaType}` && verifyDigest(digest, bytes);
  return whole ? { mediaType, bytes } : undefined;
}

function seal(digest: string, mediaType: string): string {
  return hash([digest, mediaType]);
}

function hash(words: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(words)).digest("hex");
}
