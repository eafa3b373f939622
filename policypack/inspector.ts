import { type Compression, compressionOf, isMixed } from "./oci/compression";
import { failure, type Outcome, success } from "./oci/failure";
import { parseImageConfig, type ImageConfig } from "./oci/image-config";
import {
  type Descriptor,
  imageCandidates,
  type ImageIndex,
  type ImageManifest,
  parseDocument,
  requireImage,
} from "./oci/manifest";
import { choosePlatform, formatPlatform, type Platform } from "./oci/platform";
import { InvalidReferenceError, parseReference, type Reference, withDefaultTag } from "./oci/reference";
import { count } from "./oci/text";
import type { RegistryClient, RegistryOptions } from "./registry/client";

/** One layer as the manifest describes it, with the compression that its media type says. */
export interface Layer {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly compression: Compression;
}

/** What the registry says of an image for one platform. */
export interface InspectedImage {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly mediaType: string;
  /** Of the platform's manifest. */
  readonly digest: string;
  readonly layers: readonly Layer[];
  /** The number of `rootfs.diff_ids` in the config; null where it was not needed or could not be read. */
  readonly diffIds: number | null;
}

export interface InspectorOptions extends RegistryOptions {
  /** Milliseconds that one image's look-ups may take together. Default: 30 s. */
  readonly imageTimeoutMs?: number;
}

/** Indexes in indexes: one level is common, more than this is nobody's image. */
const maximumDepth = 4;
/** Manifests without a platform must be opened to know theirs; no real index has many. */
const maximumOpened = 12;
const maximumConfigBytes = 4 * 1024 * 1024;

/**
 * Joins `oci/` and `registry/`: one inspection for each image name and platform, however often it is asked for.
 * The registry client, and with it the HTTP library, is loaded when the first image is met.
 */
export class Inspector {
  readonly #options: InspectorOptions;
  readonly #inspections = new Map<string, Promise<Outcome<InspectedImage>>>();
  #client: Promise<RegistryClient> | undefined;

  constructor(options: InspectorOptions = {}) {
    this.#options = options;
  }

  /** Never rejects: whatever goes wrong is a failure of a known kind. */
  inspect(image: string, platform: Platform): Promise<Outcome<InspectedImage>> {
    const key = JSON.stringify([image, formatPlatform(platform)]);
    let inspection = this.#inspections.get(key);
    if (inspection === undefined) {
      inspection = this.#inspect(image, platform);
      this.#inspections.set(key, inspection);
    }
    return inspection;
  }

  async close(): Promise<void> {
    await (await this.#client)?.close();
  }

  async #inspect(image: string, platform: Platform): Promise<Outcome<InspectedImage>> {
    let reference: Reference;
    try {
      reference = parseReference(image);
    } catch (error) {
      if (error instanceof InvalidReferenceError) return failure("invalid-reference", error.message);
      throw error;
    }
    this.#client ??= import("./registry/client").then((room) => new room.RegistryClient(this.#options));
    const lookUp = new LookUp(
      await this.#client,
      reference,
      platform,
      AbortSignal.timeout(this.#options.imageTimeoutMs ?? 30_000),
    );
    return lookUp.run();
  }
}

/** The walk from a name through its indexes to the manifest of one platform. */
class LookUp {
  #opened = 0;

  constructor(
    private readonly client: RegistryClient,
    private readonly reference: Reference,
    private readonly platform: Platform,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<Outcome<InspectedImage>> {
    const { tag, digest } = withDefaultTag(this.reference);
    // One of the two is there after withDefaultTag; where both are, the digest wins.
    return this.#open(digest ?? tag ?? "latest", 0);
  }

  async #open(tagOrDigest: string, depth: number): Promise<Outcome<InspectedImage>> {
    const opened = await this.#fetch(tagOrDigest);
    if (!opened.ok) return opened;
    const { document, digest } = opened.value;
    return document.kind === "index" ? this.#descend(document, depth) : this.#describe(document, digest);
  }

  async #fetch(
    tagOrDigest: string,
  ): Promise<Outcome<{ document: ImageManifest | ImageIndex; digest: string }>> {
    this.#opened++;
    const fetched = await this.client.manifest(this.reference, tagOrDigest, this.signal);
    if (!fetched.ok) return fetched;
    const document = parseDocument(fetched.value.bytes, fetched.value.mediaType);
    return document.ok ? success({ document: document.value, digest: fetched.value.digest }) : document;
  }

  async #descend(index: ImageIndex, depth: number): Promise<Outcome<InspectedImage>> {
    if (depth >= maximumDepth)
      return failure("malformed", `its indexes are nested more than ${maximumDepth} deep`);
    const candidates = imageCandidates(index);
    const chosen = choosePlatform(candidates, this.platform);
    if (chosen !== undefined) return this.#open(chosen.digest, depth + 1);
    // As containerd does: an entry that names no platform may still be the one, its config or its own entries tell.
    for (const candidate of candidates.filter((entry) => entry.platform === undefined)) {
      if (this.#opened >= maximumOpened) break;
      const found = await this.#openUnlabelled(candidate, depth + 1);
      if (found !== undefined) return found;
    }
    return failure("missing", missingPlatform(this.platform, candidates));
  }

  /** The image behind an entry without a platform, or undefined where it is one for another platform. */
  async #openUnlabelled(entry: Descriptor, depth: number): Promise<Outcome<InspectedImage> | undefined> {
    const opened = await this.#fetch(entry.digest);
    if (!opened.ok) return opened;
    const { document, digest } = opened.value;
    if (document.kind === "index") {
      const nested = await this.#descend(document, depth);
      return !nested.ok && nested.failure.kind === "missing" ? undefined : nested;
    }
    const config = await this.#config(document);
    if (!config.ok) return config;
    const { os = "", architecture = "", variant } = config.value;
    const actual = { platform: variant === undefined ? { os, architecture } : { os, architecture, variant } };
    return choosePlatform([actual], this.platform) === undefined
      ? undefined
      : this.#describe(document, digest);
  }

  async #describe(manifest: ImageManifest, digest: string): Promise<Outcome<InspectedImage>> {
    const image = requireImage(manifest);
    if (!image.ok) return image;
    const layers = manifest.layers.map((layer) => ({
      mediaType: layer.mediaType,
      digest: layer.digest,
      size: layer.size,
      compression: compressionOf(layer.mediaType),
    }));
    // The config costs a request, and only a mix has something to say about its diff_ids. That it cannot be read
    // does not change the verdict.
    const config = isMixed(layers) ? await this.#config(manifest) : undefined;
    return success({
      reference: this.reference,
      platform: this.platform,
      mediaType: manifest.mediaType,
      digest,
      layers,
      diffIds: config?.ok ? config.value.diffIds : null,
    });
  }

  async #config(manifest: ImageManifest): Promise<Outcome<ImageConfig>> {
    const bytes = await this.client.blob(
      this.reference,
      manifest.config.digest,
      maximumConfigBytes,
      this.signal,
    );
    return bytes.ok ? parseImageConfig(bytes.value) : bytes;
  }
}

function missingPlatform(wanted: Platform, candidates: readonly Descriptor[]): string {
  const offered = [
    ...new Set(candidates.flatMap((entry) => (entry.platform ? [formatPlatform(entry.platform)] : []))),
  ];
  const shown =
    offered.slice(0, 8).join(", ") + (offered.length > 8 ? ` and ${count(offered.length - 8, "other")}` : "");
  return `it has no manifest for ${formatPlatform(wanted)}${offered.length === 0 ? "" : `, only for ${shown}`}`;
}
