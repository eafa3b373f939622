import type { Failure } from "../common/outcome";
import { count, printable } from "../common/text";
import { buildCacheFix } from "../oci/image-kind";
import { JsonLimitError } from "../oci/json-parser";
import { type Descriptor, type DocumentKeys, isAttestation, readKeys } from "../oci/manifest";
import { bareMediaType, buildkitCache, isIndexType, isManifestType, isSchema1Type } from "../oci/media-types";
import { choosePlatform, formatPlatform, type Platform } from "../oci/platform";
import type { Prediction } from "../runtimes/predict";
import { type Document, Refusal } from "../runtimes/pull";

const schema1: Failure = {
  kind: "unsupported",
  message: "its manifest is of the retired Docker schema 1, which current container runtimes refuse",
  proves: "no-image",
  fix: "pull the image with an old docker, or rebuild it, and push it with a current one",
};

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
  if (isSchema1Type(type) || keys?.fsLayers === true) return schema1;
  if (!isIndexType(type) && !isManifestType(type)) {
    if (keys === undefined)
      return {
        kind: "malformed",
        message: "the registry answered with something other than a manifest",
        fix: "check that the image's name begins with the name of a registry, and that no proxy changes its answers",
      };
    const served = type === "" ? "without a Content-Type" : `as \`${printable(type, 100)}\``;
    const message = `the registry serves its manifest ${served}, which container runtimes do not read as an image`;
    const own = keys.mediaType === "" ? "" : `: ${printable(keys.mediaType, 100)}`;
    const fix = `have the registry serve the manifest with its own media type as Content-Type${own}`;
    return { kind: "unsupported", message, proves: "unpullable", fix };
  }
  const images = entries.filter((entry) => mayBeImage(entry) && entry.platform !== null);
  // What some runtime takes instead is not an image; another platform's image would not help either.
  if (images.length > 0 && choosePlatform(images, platform) === undefined)
    return missingPlatform(platform, entries);
  const refusals = predictions.filter((prediction) => !prediction.pulls);
  const isUnmatched = refusals.every(({ reason }) => reason === "no-match");
  // Runtimes look for a manifest behind entries that are none, such as the layers of a cache.
  if (!entries.some(mayBeImage) && (isUnmatched || entries.length > 0)) return indexWithoutImage(entries);
  if (isUnmatched) return missingPlatform(platform, entries);
  const [refusal] = refusals.filter(({ reason }) => reason !== "no-match");
  return {
    kind: "malformed",
    message: `container runtimes refuse its manifest: ${refusal?.error ?? "no reason is known"}`,
    proves: "unpullable",
  };
}

function indexWithoutImage(entries: readonly Descriptor[]): Failure {
  const isCache = entries.some(({ mediaType }) => bareMediaType(mediaType) === buildkitCache);
  return isCache
    ? {
        kind: "unsupported",
        message: "it is a BuildKit cache, not a container image",
        proves: "no-image",
        fix: buildCacheFix,
      }
    : { kind: "unsupported", message: "it is an index that contains no image", proves: "no-image" };
}

/** Whether an entry of an index may be an image: not an attestation, nor a blob such as a layer of a BuildKit cache. */
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
  return { kind: "missing", message, proves: "wrong-platform", fix: platformFix(wanted, offered) };
}

/** The platforms of ECS tasks. */
const ecsPlatforms: ReadonlySet<string> = new Set(["linux/amd64", "linux/arm64", "windows/amd64"]);

/**
 * What to do about an image for other platforms than its task's.
 *
 * @param offered platforms of the image, such as `linux/arm64/v8`
 */
export function platformFix(wanted: Platform, offered: readonly string[]): string {
  const platform = formatPlatform(wanted);
  const usable = offered.some((one) => ecsPlatforms.has(one.split("/").slice(0, 2).join("/")));
  return [
    `build the image for ${platform} too (docker buildx build --platform ${platform})`,
    ...(usable ? ["or set the runtimePlatform of the task definition to a platform that the image has"] : []),
  ].join(", ");
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
