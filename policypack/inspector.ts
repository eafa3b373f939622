import { type Compression, compressionOf, isMixed } from "./oci/compression";
import { failure, type Outcome, success } from "./oci/failure";
import { parseImageConfig, type ImageConfig } from "./oci/image-config";
import {
  type Descriptor,
  imageCandidates,
  type ImageIndex,
  type ImageManifest,
  parseDocument,
} from "./oci/manifest";
import { requireImage } from "./oci/image-kind";
import { choosePlatform, formatPlatform, type Platform } from "./oci/platform";
import {
  formatReference,
  InvalidReferenceError,
  parseReference,
  type Reference,
  withDefaultTag,
} from "./oci/reference";
import { count, printable } from "./oci/text";
import type { AwsIdentities } from "./registry/ecr/configured-identities";
import { type ImageReader, type Reader, readerOf } from "./registry/reader";
import type { RegistryRouter, RouterOptions } from "./registry/router";

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

export interface InspectorOptions extends RouterOptions {
  /** Milliseconds that one image's look-ups may take together. Default: 30 s. */
  readonly imageTimeoutMs?: number;
  /** Who reads private ECR, and secrets with logins, by account or ECR registry; goes before what a reader brings along. */
  readonly awsIdentities?: AwsIdentities;
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
  readonly #complete = new AbortController();
  #registries: Promise<RegistryRouter> | undefined;

  constructor(options: InspectorOptions = {}) {
    const { gathering } = options;
    this.#options = {
      ...options,
      ...(gathering && { gathering: { ...gathering, until: this.#complete.signal } }),
    };
  }

  /** All images that will be asked for were: look-ups that wait for others to go with them go now. */
  hurry(): void {
    this.#complete.abort();
  }

  /**
   * Never rejects: whatever goes wrong is a failure of a known kind.
   *
   * @param asked who reads the image where a login is needed; by default the AWS SDK's default credential chain and docker's logins
   */
  inspect(image: string, platform: Platform, asked: Reader = {}): Promise<Outcome<InspectedImage>> {
    let reference: Reference;
    try {
      reference = parseReference(image);
    } catch (error) {
      const words = error instanceof InvalidReferenceError ? error.message : String(error);
      return Promise.resolve(failure("invalid-reference", words));
    }
    const reader = readerOf(reference.registry, asked, this.#options.awsIdentities);
    const key = JSON.stringify([
      formatReference(withDefaultTag(reference)),
      formatPlatform(platform),
      reader.key,
    ]);
    let inspection = this.#inspections.get(key);
    if (inspection === undefined) {
      inspection = this.#inspect(reference, platform, reader).catch(ownFailure);
      this.#inspections.set(key, inspection);
    }
    return inspection;
  }

  async close(): Promise<void> {
    await (await this.#registries)?.close();
  }

  async #inspect(
    reference: Reference,
    platform: Platform,
    reader: ImageReader,
  ): Promise<Outcome<InspectedImage>> {
    this.#registries ??= import("./registry/router").then((room) => new room.RegistryRouter(this.#options));
    const registries = await this.#registries;
    const signal = AbortSignal.timeout(this.#options.imageTimeoutMs ?? 30_000);
    return new LookUp({ registries, reference, platform, reader, signal }).run();
  }
}

/** A defect of ours must not pass for a verdict, nor hide those on other images. */
function ownFailure(error: unknown): Outcome<never> {
  const words = printable(error instanceof Error ? error.message : String(error));
  return failure("unsupported", `the guard itself failed here; please report this defect: ${words}`);
}

/** What one look-up works with. */
interface LookUpArgs {
  readonly registries: RegistryRouter;
  readonly reference: Reference;
  readonly platform: Platform;
  readonly reader: ImageReader;
  readonly signal: AbortSignal;
}

/** The walk from a name through its indexes to the manifest of one platform. */
class LookUp {
  #opened = 0;

  constructor(private readonly args: LookUpArgs) {}

  async run(): Promise<Outcome<InspectedImage>> {
    const { tag, digest } = withDefaultTag(this.args.reference);
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
    if (chosen !== undefined) return this.#open(chosen.digest, depth + 1);
    // As containerd does: an entry that names no platform may still be the one, its config or its own entries tell.
    for (const candidate of candidates.filter((entry) => entry.platform === undefined)) {
      if (this.#opened >= maximumOpened) break;
      const found = await this.#openUnlabelled(candidate, depth + 1);
      if (found !== undefined) return found;
    }
    return failure("missing", missingPlatform(this.args.platform, candidates));
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
    return choosePlatform([actual], this.args.platform) === undefined
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
      reference: this.args.reference,
      platform: this.args.platform,
      mediaType: manifest.mediaType,
      digest,
      layers,
      diffIds: config?.ok ? config.value.diffIds : null,
    });
  }

  async #config(manifest: ImageManifest): Promise<Outcome<ImageConfig>> {
    const { registries, reference, reader, signal } = this.args;
    const { digest } = manifest.config;
    const bytes = await registries.blob(reference, digest, maximumConfigBytes, reader, signal);
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
