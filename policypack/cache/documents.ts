// cache/ is what the guard keeps on disk from run to run. Nothing in it is trusted: a record may cost a request, never a verdict. This
// file keeps manifests and configs, those of several repositories in each file (`shard.ts`), `records.ts` challenges of registries and images
// of stacks, and `folder.ts` guards every file.
import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../common/concurrency";
import { madeOnce } from "../common/values";
import { isDigest, verifyDigest } from "../oci/digest";
import type { Reference } from "../oci/reference";
import type { CacheFolder } from "./folder";
import { type CacheOptions, imageFolder } from "./location";
import { Shard, shardCount } from "./shard";
import { documentName, tagName } from "./shard-format";

/** The place of a document in a registry. The same bytes of another repository are not known to exist in this one. */
type RepositoryName = Pick<Reference, "registry" | "repository">;

/** Neither a manifest nor a config that the guard reads is longer. */
const maximumDocumentBytes = 4 * 1024 * 1024;
/** How long additions are held to be written together, in milliseconds, and how many bytes at most. */
const holdMs = 1_000;
const mostHeldBytes = 4 * 1024 * 1024;
/** Repositories whose place is remembered. */
const maximumRepositories = 4_096;
/** How long a registry that says of no tag what it names is believed to stay so. */
const mutenessMs = 24 * 60 * 60 * 1000;

/** The caches in use. Those of a process that have the same folder and bound are one: each finds what the others hold. */
const opened = new Map<string, DocumentCache>();

function keyOf({ path, maxBytes }: CacheFolder): string {
  return JSON.stringify([path, maxBytes]);
}

/** Saves all caches in use. */
export function saveDocuments(): void {
  for (const cache of opened.values()) cache.save();
}

/**
 * Documents kept on disk for the next run, each by its digest, and for each tag the digest that it had: a hint that the
 * registry must confirm. Every document is verified when it is used, so one that was cut short, swapped or edited
 * counts as absent. Only the bytes are kept, because only they are proven by the digest: what a document is, it says
 * itself. Nothing here throws.
 *
 * Additions are held in memory and written together: a second after the first, and by `save`. Those that a process still held when it
 * was killed cost the next run their requests.
 */
export class DocumentCache {
  readonly #shards = new Map<string, Shard>();
  readonly #repositories = new Map<string, Repository>();
  /** Documents of this run that were verified → their digest. */
  readonly #verified = new WeakMap<Uint8Array, string>();
  #users = 0;
  #heldBytes = 0;
  #cancelSave: (() => void) | undefined;

  constructor(
    readonly folder: CacheFolder,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Opens the cache; the caller closes it. Undefined without a folder to keep it in. */
  static open(options: CacheOptions, clock?: Clock): DocumentCache | undefined {
    const folder = imageFolder(options);
    if (folder === undefined) return undefined;
    const key = keyOf(folder);
    const cache = opened.get(key) ?? new DocumentCache(folder, clock);
    opened.set(key, cache);
    cache.#users++;
    return cache;
  }

  /** Saves, and ends its use by one of those who opened it. */
  close(): void {
    this.save();
    if (--this.#users === 0) opened.delete(keyOf(this.folder));
  }

  document(name: RepositoryName, digest: string): Uint8Array | undefined {
    const { id, shard } = this.#repository(name);
    const bytes = shard.get(documentName(id, digest));
    if (bytes === undefined || this.#verified.get(bytes) === digest) return bytes;
    if (!verifyDigest(digest, bytes)) return undefined;
    this.#verified.set(bytes, digest);
    return bytes;
  }

  keep(name: RepositoryName, digest: string, bytes: Uint8Array): void {
    if (!isDigest(digest) || bytes.length > maximumDocumentBytes) return;
    const { id, shard } = this.#repository(name);
    shard.add(documentName(id, digest), bytes);
  }

  /** The digest that a tag had; `mute` if its registry does not answer a `HEAD` with it. */
  tag(name: RepositoryName, tag: string): { readonly digest: string } | "mute" | undefined {
    const { id, shard } = this.#repository(name);
    const value = Buffer.from(shard.get(tagName(id, tag)) ?? []).toString("latin1");
    const [, since] = /^mute:(\d+)$/.exec(value) ?? [];
    if (since !== undefined) return Math.abs(Date.now() - Number(since)) < mutenessMs ? "mute" : undefined;
    return isDigest(value) ? { digest: value } : undefined;
  }

  remember(name: RepositoryName, tag: string, digest: string): void {
    this.#addTag(name, tag, digest);
  }

  /** Remembers that the registry does not say what its tag names without sending it. */
  rememberMute(name: RepositoryName, tag: string): void {
    this.#addTag(name, tag, `mute:${Date.now()}`);
  }

  /** Writes the additions that are held: they are there even if the engine ends the process right after. */
  save(): void {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    this.#heldBytes = 0;
    for (const shard of this.#shards.values()) shard.save();
  }

  #addTag(name: RepositoryName, tag: string, value: string): void {
    const { id, shard } = this.#repository(name);
    shard.add(tagName(id, tag), Buffer.from(value, "latin1"));
  }

  readonly #onHeld = (bytes: number): void => {
    this.#heldBytes += bytes;
    if (this.#heldBytes > mostHeldBytes) this.save();
    else
      this.#cancelSave ??= this.clock.after(
        holdMs,
        () => {
          this.save();
        },
        { keepsProcess: false },
      );
  };

  #repository({ registry, repository }: RepositoryName): Repository {
    const key = `${registry.toLowerCase()} ${repository}`;
    let known = this.#repositories.get(key);
    if (known === undefined) {
      if (this.#repositories.size === maximumRepositories) this.#repositories.clear();
      const hash = createHash("sha256").update(key).digest();
      known = { id: hash.toString("hex", 0, 16), shard: this.#shard((hash[16] ?? 0) % shardCount) };
      this.#repositories.set(key, known);
    }
    return known;
  }

  #shard(number: number): Shard {
    // Other versions have files of other names in the same folder.
    const file = `documents-2-${number.toString().padStart(2, "0")}`;
    return madeOnce(this.#shards, file, () => new Shard(this.folder, file, this.#onHeld, this.clock));
  }
}

/** Where the documents of a repository are kept. */
interface Repository {
  /** Its name in records: a hash, of a fixed form whatever its registry and path are. */
  readonly id: string;
  readonly shard: Shard;
}
