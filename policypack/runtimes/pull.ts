/**
 * What a container runtime does between a name and a running container: it selects a manifest, reads its config and unpacks its layers.
 * `containerd-pull.ts` and `dockerd-pull.ts` follow the two engines' own code step by step; `predict.ts` runs them for each runtime.
 */
import { GoJsonError, JsonLimitError, JsonText } from "../oci/json-parser";
import type { Descriptor, ImageManifest } from "../oci/manifest";
import type { PulledImage, PulledLayer } from "./rules";

/** Indexes in indexes that are followed; runtimes have no limit, and no real image comes near this one. */
const maximumDepth = 32;

/** @throws {JsonLimitError} */
export function checkDepth(depth: number): void {
  if (depth > maximumDepth) throw new JsonLimitError(`its indexes are nested more than ${maximumDepth} deep`);
}

/** A manifest, index or config as the registry serves it. */
export class Document {
  readonly #text: JsonText;
  readonly #decoded = new Map<unknown, { value: unknown } | { error: unknown }>();

  constructor(
    /** The Content-Type header as served. */
    readonly mediaType: string,
    readonly digest: string,
    readonly bytes: Uint8Array,
  ) {
    this.#text = JsonText.of(bytes);
  }

  /**
   * The document, parsed once, and decoded once by this reader.
   *
   * @throws {Refusal} in Go's words; {JsonLimitError}
   */
  read<T>(reader: (document: JsonText) => T): T {
    let decoded = this.#decoded.get(reader) as { value: T } | { error: unknown } | undefined;
    if (decoded === undefined) {
      try {
        decoded = { value: reader(this.#text) };
      } catch (error) {
        decoded = { error: error instanceof GoJsonError ? new Refusal("malformed", error.message) : error };
      }
      this.#decoded.set(reader, decoded);
    }
    if ("error" in decoded) throw decoded.error;
    return decoded.value;
  }
}

/**
 * Why a runtime refuses an image.
 *
 * - `no-match`: no manifest is for the host's platform
 * - `platform`: the manifest that it selected is for another operating system
 * - `malformed`: a document cannot be decoded, or contradicts itself
 * - `layers`: the layers do not fit the config, or cannot be unpacked
 */
export type RefusalReason = "no-match" | "platform" | "malformed" | "layers";

/** Thrown by a pull where the runtime gives up; the message is the runtime's own words. */
export class Refusal extends Error {
  constructor(
    readonly reason: RefusalReason,
    message: string,
  ) {
    super(message);
  }
}

/**
 * A pull, step by step. It yields the content that it waits for, and goes on with what that resolves to: the pulls of all runtimes wait for
 * the same few documents, so they can wait together.
 *
 * @throws {Refusal} in the runtime's words; {Parted}; {JsonLimitError}; what it waited for, if that rejects
 */
export type Pull = Generator<Promise<unknown>, Pulled>;

/** An image before its layers are unpacked. */
export interface Pulled {
  /** Digest of the manifest. */
  readonly manifest: string;
  readonly image: PulledImage;
  /** Why the runtime refuses the image after it has unpacked the layers. */
  readonly refusal?: Refusal;
}

/**
 * The source of a pull. Each method rejects if the registry does not return the content; the pull then says nothing about the
 * image. A promise for content that is known already should be the same one again.
 */
export interface PullSource {
  /** A manifest or index by its digest, from the manifests endpoint. */
  child(descriptor: Descriptor): Promise<Document>;
  /** The layers of a manifest; their bytes too, if someone looks at them. */
  layers(manifest: ImageManifest): Promise<readonly PulledLayer[]>;
  /**
   * The config of a manifest, from the blobs endpoint.
   *
   * @param selected the document that is the manifest
   * @param isNeeded the pull cannot go on without the config; else the source may return null
   */
  config(selected: Document, manifest: ImageManifest, isNeeded: boolean): Promise<Document | null>;
}

/** Called with the manifest that a pull selects, before it is judged. */
export type OnSelected = (selected: Document, manifest: ImageManifest) => void;
