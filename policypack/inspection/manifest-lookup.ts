import { failure, type Outcome, success } from "../common/outcome";
import { count } from "../common/text";
import type { Trace } from "../common/trace";
import {
  type Compression,
  compressionOf,
  isMixed,
  layerBytes,
  sniffedBytes,
  type LayerBytes,
} from "../oci/compression";
import { type ImageConfig, parseImageConfig, platformOf } from "../oci/image-config";
import { requireImage } from "../oci/image-kind";
import {
  type Descriptor,
  imageCandidates,
  type ImageIndex,
  type ImageManifest,
  parseDocument,
} from "../oci/manifest";
import { isIndexType, isManifestType } from "../oci/media-types";
import { choosePlatform, formatPlatform, type Platform } from "../oci/platform";
import { type Reference, withDefaultTag } from "../oci/reference";
import type { ResolvedIdentity } from "../registry/reader-identity";
import type { ImageSource } from "../registry/open";
import { predict } from "../runtimes/predict";
import { indexStep, manifestStep } from "./trace-steps";

/** One layer as the manifest describes it. */
export interface Layer {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** What its bytes are where someone looked at them, else what its media type says. */
  readonly compression: Compression;
  /** What its first bytes show, where someone looked. */
  readonly bytes?: LayerBytes;
}

/** What the registry says of an image for one platform. */
export interface InspectedImage {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly mediaType: string;
  /** Of the platform's manifest. */
  readonly digest: string;
  readonly layers: readonly Layer[];
  /** Null where it was not needed or could not be read. */
  readonly config: ImageConfig | null;
}

/** Indexes in indexes: one level is common, more than this is nobody's image. */
const maximumDepth = 4;
/** Manifests without a platform must be opened to know theirs; no real index has many. */
const maximumOpened = 12;
const unopened = `its index has more entries without a platform than the guard opens (${maximumOpened}), so it may be among them`;
const maximumConfigBytes = 4 * 1024 * 1024;

/** What one look-up works with. */
export interface ManifestLookupArgs {
  readonly registries: ImageSource;
  readonly reference: Reference;
  readonly platform: Platform;
  readonly reader: ResolvedIdentity;
  readonly signal: AbortSignal;
  readonly sniffLayers: boolean;
  readonly trace: Trace | undefined;
}

/** The walk from a name through its indexes to the manifest of one platform. */
export class ManifestLookup {
  #opened = 0;

  constructor(private readonly args: ManifestLookupArgs) {}

  async run(): Promise<Outcome<InspectedImage>> {
    const { tag, digest } = withDefaultTag(this.args.reference);
    // One of the two is there after withDefaultTag; where both are, the digest wins.
    return this.#open(digest ?? tag ?? "latest", 0);
  }

  async #open(tagOrDigest: string, depth: number): Promise<Outcome<InspectedImage>> {
    const opened = await this.#fetch(tagOrDigest);
    if (!opened.ok) return opened;
    const { document, digest } = opened.value;
    if (document.kind === "index") return this.#descend(document, depth);
    // Behind an index, the index told the platform; alone, only the config does.
    return this.#describe(document, digest, depth === 0 ? "needed" : "on-demand");
  }

  async #fetch(
    tagOrDigest: string,
  ): Promise<Outcome<{ document: ImageManifest | ImageIndex; digest: string }>> {
    this.#opened++;
    const { registries, reference, reader, signal } = this.args;
    const fetched = await registries.manifest(reference, tagOrDigest, reader, signal);
    if (!fetched.ok) return fetched;
    const document = parseDocument(fetched.value.bytes, fetched.value.mediaType);
    return document.ok ? success({ document: document.value, digest: fetched.value.digest }) : document;
  }

  async #descend(index: ImageIndex, depth: number): Promise<Outcome<InspectedImage>> {
    if (depth >= maximumDepth)
      return failure("malformed", `its indexes are nested more than ${maximumDepth} deep`);
    const candidates = imageCandidates(index);
    const chosen = choosePlatform(candidates, this.args.platform);
    this.args.trace?.add(indexStep(index, this.args.platform, chosen));
    if (chosen !== undefined) return this.#open(chosen.digest, depth + 1);
    // As containerd does: an entry that names no platform may still be the one, its config or its own entries tell.
    for (const candidate of candidates.filter(tellsItsPlatformInside)) {
      if (this.#opened >= maximumOpened) return failure("unsupported", unopened);
      const found = await this.#openUnlabelled(candidate, depth + 1);
      if (found !== undefined) return found;
    }
    return failure("missing", missingPlatform(this.args.platform, candidates), "wrong-platform");
  }

  /** The image behind an entry without a platform, or undefined where it is one for another platform. */
  async #openUnlabelled(entry: Descriptor, depth: number): Promise<Outcome<InspectedImage> | undefined> {
    const opened = await this.#fetch(entry.digest);
    if (!opened.ok) return opened;
    const { document, digest } = opened.value;
    if (document.kind === "index") {
      const nested = await this.#descend(document, depth);
      return !nested.ok && nested.failure.proves === "wrong-platform" ? undefined : nested;
    }
    // A chart, a signature or a SOCI index is for no platform, and its config is none of an image.
    if (!requireImage(document).ok) return undefined;
    const config = await this.#config(document);
    if (!config.ok) return config;
    return choosePlatform([{ platform: platformOf(config.value) }], this.args.platform) === undefined
      ? undefined
      : this.#describe(document, digest, config.value);
  }

  async #describe(
    manifest: ImageManifest,
    digest: string,
    read: ImageConfig | "needed" | "on-demand",
  ): Promise<Outcome<InspectedImage>> {
    this.args.trace?.add(manifestStep(manifest, digest));
    const image = requireImage(manifest);
    if (!image.ok) return image;
    const layers = await Promise.all(manifest.layers.map((layer) => this.#layer(layer)));
    // A config costs a request: it is read where it has something to say. That it cannot be read does not change the verdict.
    const wanted = read === "needed" || this.args.sniffLayers || mayFail(layers);
    const config =
      typeof read === "object" ? success(read) : wanted ? await this.#config(manifest) : undefined;
    const { reference, platform } = this.args;
    const { mediaType } = manifest;
    return success({
      reference,
      platform,
      mediaType,
      digest,
      layers,
      config: config?.ok ? config.value : null,
    });
  }

  async #layer({ mediaType, digest, size }: Descriptor): Promise<Layer> {
    const claimed: Layer = { mediaType, digest, size, compression: compressionOf(mediaType) };
    if (!this.args.sniffLayers) return claimed;
    const { registries, reference, reader, signal } = this.args;
    const first = await registries.blobStart(reference, digest, sniffedBytes, reader, signal);
    // A foreign layer need not be in the registry; its type is all that there is then.
    if (!first.ok) return claimed;
    const bytes = layerBytes(first.value);
    return { ...claimed, bytes, compression: bytes === "zstd-skippable" ? "zstd" : bytes };
  }

  async #config(manifest: ImageManifest): Promise<Outcome<ImageConfig>> {
    const { registries, reference, reader, signal } = this.args;
    const { digest } = manifest.config;
    const bytes = await registries.blob(reference, digest, maximumConfigBytes, reader, signal);
    return bytes.ok ? parseImageConfig(bytes.value) : bytes;
  }
}

/** An index may also list blobs, such as the layers of a BuildKit cache: runtimes open manifests and indexes only. */
function tellsItsPlatformInside({ platform, mediaType }: Descriptor): boolean {
  return platform === undefined && (isManifestType(mediaType) || isIndexType(mediaType));
}

/** Whether the number of diff_ids has something to say: a mix, or layers that containerd 1.x does not take for such. */
function mayFail(layers: readonly Layer[]): boolean {
  return isMixed(layers) || !predict("containerd-1.7", { layers, diffIds: null }).pulls;
}

function missingPlatform(wanted: Platform, candidates: readonly Descriptor[]): string {
  const offered = [
    ...new Set(
      candidates.flatMap(({ platform }) =>
        // One without an architecture is for none, one without an operating system for that of the host.
        platform?.architecture ? [formatPlatform({ ...platform, os: platform.os || wanted.os })] : [],
      ),
    ),
  ];
  const shown =
    offered.slice(0, 8).join(", ") + (offered.length > 8 ? ` and ${count(offered.length - 8, "other")}` : "");
  return `it has no manifest for ${formatPlatform(wanted)}${offered.length === 0 ? "" : `, only for ${shown}`}`;
}
