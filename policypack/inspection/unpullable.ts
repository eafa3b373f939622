import type { Failure } from "../common/outcome";
import { count, printable } from "../common/text";
import { JsonLimitError } from "../oci/json-parser";
import { type Descriptor, type DocumentKeys, isAttestation, readKeys } from "../oci/manifest";
import { bareMediaType, isIndexType, isManifestType, isSchema1Type } from "../oci/media-types";
import { choosePlatform, formatPlatform, type Platform } from "../oci/platform";
import type { Prediction } from "../runtimes/predict";
import { type Document, Refusal } from "../runtimes/pull";

const schema1 =
  "its manifest is of the retired Docker schema 1, which current container runtimes refuse; push the image again";

/**
 * Why no runtime takes any manifest of an image.
 *
 * @param entries of all the indexes that were read
 */
export function unpullable(
  root: Document,
  platform: Platform,
  entries: readonly Descriptor[],
  predictions: readonly Prediction[],
): Failure {
  const type = bareMediaType(root.mediaType);
  const keys = keysOf(root);
  if (isSchema1Type(type) || keys?.fsLayers === true)
    return { kind: "unsupported", message: schema1, proves: "no-image" };
  if (!isIndexType(type) && !isManifestType(type)) {
    if (keys === undefined)
      return { kind: "malformed", message: "the registry answered with something other than a manifest" };
    const message = `the registry serves its manifest as \`${printable(type, 100)}\`, which container runtimes do not read as an image`;
    return { kind: "unsupported", message, proves: "unpullable" };
  }
  const images = entries.filter((entry) => mayBeImage(entry) && entry.platform !== null);
  // What some runtime takes instead is not an image; another platform's image would not help either.
  if (images.length > 0 && choosePlatform(images, platform) === undefined)
    return missingPlatform(platform, entries);
  const refusals = predictions.filter((prediction) => !prediction.pulls);
  if (refusals.every(({ reason }) => reason === "no-match"))
    return entries.some(mayBeImage)
      ? missingPlatform(platform, entries)
      : { kind: "unsupported", message: "it is an index that contains no image", proves: "no-image" };
  const [refusal] = refusals.filter(({ reason }) => reason !== "no-match");
  return {
    kind: "malformed",
    message: `container runtimes refuse its manifest: ${refusal?.error ?? "no reason is known"}`,
    proves: "unpullable",
  };
}

/** Whether an entry of an index may lead to an image: not an attestation, nor a blob such as a layer of a BuildKit cache. */
export function mayBeImage(entry: Descriptor): boolean {
  return !isAttestation(entry) && (isManifestType(entry.mediaType) || isIndexType(entry.mediaType));
}

/** An index without a manifest for the platform, though it has images. */
export function missingPlatform(wanted: Platform, entries: readonly Descriptor[]): Failure {
  const offered = [
    ...new Set(
      entries.filter(mayBeImage).flatMap(({ platform }) =>
        // One without an architecture is for none, one without an operating system for that of the host.
        platform?.architecture ? [formatPlatform({ ...platform, os: platform.os || wanted.os })] : [],
      ),
    ),
  ];
  const shown =
    offered.slice(0, 8).join(", ") + (offered.length > 8 ? ` and ${count(offered.length - 8, "other")}` : "");
  const message = `it has no manifest for ${formatPlatform(wanted)}${offered.length === 0 ? "" : `, only for ${shown}`}`;
  return { kind: "missing", message, proves: "wrong-platform" };
}

/** The keys of a document; undefined if it is not JSON at all. */
function keysOf(document: Document): DocumentKeys | undefined {
  try {
    return document.read(readKeys);
  } catch (error) {
    if (error instanceof Refusal || error instanceof JsonLimitError) return undefined;
    throw error;
  }
}
