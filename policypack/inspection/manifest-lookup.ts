import { failure, type Failure, type Outcome, success } from "../common/outcome";
import type { Trace } from "../common/trace";
import { madeOnce } from "../common/values";
import { compressionOf, isMixed, layerBytes, sniffedBytes } from "../oci/compression";
import { JsonLimitError } from "../oci/json-parser";
import { type ImageConfig, readImageConfig } from "../oci/image-config";
import { requireImage } from "../oci/image-kind";
import { type Descriptor, type ImageIndex, type ImageManifest, readIndex } from "../oci/manifest";
import { bareMediaType, isIndexType } from "../oci/media-types";
import type { Platform } from "../oci/platform";
import { type Reference, withDefaultTag } from "../oci/reference";
import type { DocumentSource } from "../registry/open";
import { isWebPageStart, isWebPageType, webPage } from "../registry/web-page";
import type { ResolvedIdentity } from "../registry/reader-identity";
import { pullError, predictPulls, type Predictions, type SelectedManifest } from "../runtimes/predict";
import { Document, type PullSource, Refusal } from "../runtimes/pull";
import type { InspectedManifest, Inspection, Layer, UnreadPart } from "./inspected-image";
import { indexStep, manifestStep } from "./trace-steps";
import { mayBeImage, missingPlatform, unpullable } from "./unpullable";
import type { Signal } from "../common/signal";

const maximumConfigBytes = 4 * 1024 * 1024;
/** Documents of one image that are fetched: indexes nest, and each runtime may take another entry. */
const maximumDocuments = 40;

/** What one lookup works with. */
export interface ManifestLookupArgs {
  readonly registries: DocumentSource;
  readonly reference: Reference;
  readonly platform: Platform;
  readonly reader: ResolvedIdentity;
  readonly signal: Signal;
  readonly sniffLayers: boolean;
  readonly trace: Trace | undefined;
  /** The inspection of the image whose name leads to this document, if it was made before. */
  readonly known?: (root: Document) => Inspection | undefined;
}

/** Thrown to a pull for what the registry did not give. */
class Unread extends Error {
  constructor(readonly part: UnreadPart) {
    super(part.message);
  }
}

/**
 * The documents of one image, each fetched once for all runtimes, and what could not be read of them. The pulls of `runtimes/` decide which
 * documents those are.
 */
export class ManifestLookup implements PullSource {
  readonly #documents = new Map<string, Promise<Document>>();
  readonly #layers = new Map<ImageManifest, Promise<readonly Layer[]>>();
  readonly #configs = new Map<string, Promise<Document>>();
  readonly #indexes: ImageIndex[] = [];
  readonly #unread = new Map<string, UnreadPart>();
  readonly #traced = new Set<string>();
  /** By manifest, its config if that may say something. */
  readonly #doubtful = new Map<ImageManifest, Promise<Document | null>>();
  #root: Document | undefined;

  constructor(private readonly args: ManifestLookupArgs) {}

  /** The document that the image's name leads to, once it was fetched. */
  get root(): Document | undefined {
    return this.#root;
  }

  async run(): Promise<Inspection> {
    const fetched = await this.#fetch("manifest", requestedName(this.args.reference));
    if (!fetched.ok) return fetched;
    const root = (this.#root = fetched.value);
    if (isWebPageType(root.mediaType)) return { ok: false, failure: webPage(this.args.reference.registry) };
    const known = this.args.known?.(root);
    if (known !== undefined) return known;
    this.#noteIndex(root);
    const predicted = await predictPulls(root, this.args.platform, this);
    const unchosen = this.#indexes[0];
    if (this.#documents.size === 0 && unchosen !== undefined)
      this.args.trace?.add(indexStep(unchosen, this.args.platform, undefined));
    return this.#inspection(root, predicted);
  }

  /** Implements `PullSource`. */
  child(descriptor: Descriptor): Promise<Document> {
    return madeOnce(this.#documents, descriptor.digest, () => this.#child(descriptor));
  }

  layers(manifest: ImageManifest): Promise<readonly Layer[]> {
    return madeOnce(this.#layers, manifest, async () => {
      const claimed = (manifest.layers ?? []).map(claimedLayer);
      return this.args.sniffLayers
        ? Promise.all(claimed.map((layer, index) => this.#sniffed(layer, index)))
        : claimed;
    });
  }

  config(selected: Document, manifest: ImageManifest, isNeeded: boolean): Promise<Document | null> {
    this.#traceManifest(selected, manifest);
    if (isNeeded || selected === this.#root || this.args.sniffLayers) return this.#config(manifest);
    // A config costs a request: behind an index that names the platform, it is read only if it may say something.
    return madeOnce(this.#doubtful, manifest, async () =>
      mayFail(manifest, await this.layers(manifest)) ? this.#config(manifest) : null,
    );
  }

  /** Only what was read is shared: the same manifest may stand in an index with and without a platform. */
  #config({ config: { digest } }: ImageManifest): Promise<Document> {
    return madeOnce(this.#configs, digest, () => this.#readConfig(digest));
  }

  async #child(descriptor: Descriptor): Promise<Document> {
    const { digest } = descriptor;
    const index = this.#indexes.findLast(({ manifests }) =>
      manifests?.some((entry) => entry.digest === digest),
    );
    if (index !== undefined) this.args.trace?.add(indexStep(index, this.args.platform, descriptor));
    const fetched =
      this.#documents.size < maximumDocuments
        ? await this.#fetch("child", digest)
        : failure("unsupported", `its indexes name more than ${maximumDocuments} documents`, {
            fix: "push the image with a smaller index",
          });
    if (!fetched.ok) {
      const isMissing = fetched.failure.kind === "missing";
      // Nobody stores a manifest there: dockerd looks for one all the same.
      if (isMissing && !mayBeImage(descriptor))
        throw new Refusal("malformed", "manifest unknown: manifest unknown");
      const fix = "push the image again: its index names a manifest that the registry does not have";
      throw this.#missed(`manifest ${digest}`, { ...fetched.failure, ...(isMissing && { fix }) });
    }
    this.#noteIndex(fetched.value);
    return fetched.value;
  }

  async #readConfig(digest: string): Promise<Document> {
    const { registries, reference, reader, signal } = this.args;
    const bytes = await registries.blob(reference, digest, maximumConfigBytes, reader, signal);
    if (!bytes.ok) throw this.#missed("config", bytes.failure);
    return new Document("", digest, bytes.value);
  }

  async #sniffed(claimed: Layer, index: number): Promise<Layer> {
    const { mediaType, digest } = claimed;
    const { registries, reference, reader, signal } = this.args;
    const first = await registries.blobStart(reference, digest, sniffedBytes, reader, signal);
    if (!first.ok) {
      // A foreign layer need not be in the registry; its type is all that there is then.
      const isForeign = /foreign|nondistributable/i.test(mediaType) && first.failure.kind === "missing";
      if (!isForeign) this.#missed(`layer ${index + 1}`, first.failure);
      return claimed;
    }
    const other = otherStart(first.value, claimed.size, reference.registry);
    if (other !== undefined) {
      this.#missed(`layer ${index + 1}`, other);
      return claimed;
    }
    const bytes = layerBytes(first.value);
    return { ...claimed, bytes, compression: bytes === "zstd-skippable" ? "zstd" : bytes };
  }

  async #fetch(as: "manifest" | "child", tagOrDigest: string): Promise<Outcome<Document>> {
    const { registries, reference, reader, signal } = this.args;
    const fetched = await registries[as](reference, tagOrDigest, reader, signal);
    if (!fetched.ok) return fetched;
    const { mediaType, digest, bytes } = fetched.value;
    return success(new Document(mediaType, digest, bytes));
  }

  #missed(part: string, failed: Failure): Unread {
    const unread = { part, ...failed };
    this.#unread.set(part, unread);
    return new Unread(unread);
  }

  #traceManifest(document: Document, manifest: ImageManifest): void {
    if (this.#traced.has(document.digest)) return;
    this.#traced.add(document.digest);
    this.args.trace?.add(manifestStep(document, manifest));
  }

  #noteIndex(document: Document): void {
    if (!isIndexType(bareMediaType(document.mediaType))) return;
    try {
      this.#indexes.push(document.read(readIndex));
    } catch {
      // The pulls say what is wrong with it.
    }
  }

  async #inspection(root: Document, predicted: Predictions): Promise<Inspection> {
    const { predictions, unpredicted, selected } = predicted;
    for (const { cause } of unpredicted) {
      if (cause instanceof Unread) continue;
      if (!(cause instanceof JsonLimitError)) throw cause;
      const fix = "push the image with a smaller manifest: the guard does not read larger ones";
      this.#missed("manifest", { kind: "malformed", message: cause.message, fix });
    }
    const manifests = await Promise.all([...selected.values()].map((one) => this.#inspected(one)));
    const [main] = manifests;
    if (main === undefined) {
      const [unread] = this.#unread.values();
      const failed =
        unread === undefined ? unpullable(root, this.args.platform, this.#entries(), predictions) : unread;
      return { ok: false, failure: failed, predictions };
    }
    const [first] = selected.values();
    const image = first === undefined ? success(undefined) : requireImage(first.manifest);
    if (!image.ok) {
      const entries = this.#entries();
      return entries.some((entry) => mayBeImage(entry) && entry.platform !== null)
        ? { ok: false, failure: missingPlatform(this.args.platform, entries), predictions }
        : { ...image, predictions };
    }
    const { reference, platform } = this.args;
    const unread = [...this.#unread.values()];
    return success({ ...main, reference, platform, manifests, predictions, unread });
  }

  async #inspected({ document, manifest }: SelectedManifest): Promise<InspectedManifest> {
    this.#traceManifest(document, manifest);
    const { mediaType, digest } = document;
    const layers = await this.layers(manifest);
    const config = await this.#configs.get(manifest.config.digest)?.catch(() => null);
    const baseName = manifest.annotations?.get("org.opencontainers.image.base.name");
    return {
      mediaType: bareMediaType(mediaType),
      digest,
      layers,
      config: config ? parsed(config) : null,
      ...(baseName && { baseName }),
    };
  }

  #entries(): readonly Descriptor[] {
    return this.#indexes.flatMap(({ manifests }) => manifests ?? []);
  }
}

/** The tag or digest that an image's name is read by: one of the two is there after withDefaultTag; if both are, the digest wins. */
export function requestedName(reference: Reference): string {
  const { tag, digest } = withDefaultTag(reference);
  return digest ?? tag ?? "latest";
}

/**
 * Why bytes cannot be the start of a layer of a size, which no digest proves; undefined if they may be. A server for browsers or an API may answer
 * in the place of a registry's storage.
 */
function otherStart(first: Uint8Array, size: number, registry: string): Failure | undefined {
  if (isWebPageStart(first)) return webPage(registry);
  const expected = Math.min(size, sniffedBytes);
  if (size < 0 || first.length === expected) return undefined;
  const message = `${registry} sent ${first.length} of the first ${expected} bytes of a layer`;
  return { kind: "malformed", message };
}

/** A layer as its descriptor has it. */
function claimedLayer({ mediaType, digest, size }: Descriptor): Layer {
  return { mediaType, digest, size, compression: compressionOf(mediaType) };
}

/** The config for people to read; null if runtimes refuse it, which the predictions report. */
function parsed(config: Document): ImageConfig | null {
  try {
    return config.read(readImageConfig);
  } catch (error) {
    if (error instanceof Refusal || error instanceof JsonLimitError) return null;
    throw error;
  }
}

/**
 * Whether a config behind an index may say something: about a mix, about layers that containerd 1.x does not take for such, or because it
 * is too small for the digests of so many layers.
 */
function mayFail({ config }: ImageManifest, layers: readonly Layer[]): boolean {
  const digestLength = '"sha256:",'.length + 64;
  return (
    isMixed(layers) ||
    config.size < layers.length * digestLength ||
    pullError("containerd 1.7.35", { layers, diffIds: null }) !== undefined
  );
}
