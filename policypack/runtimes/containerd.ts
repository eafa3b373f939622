import { printable } from "../common/text";
import {
  type ContainerdRules,
  type ContainerdSelection,
  diffIdCount,
  hasImpossibleDiffId,
  isReadable,
  type PulledImage,
  type PulledLayer,
  type Reading,
  tarError,
} from "./rules";

const ociLayerPrefix = "application/vnd.oci.image.layer.";
/** The OCI types that `DiffCompression` knows; others of their prefix count as layers and cannot be read. */
const ociLayerTypes = [`${ociLayerPrefix}v1.tar`, `${ociLayerPrefix}nondistributable.v1.tar`];

/**
 * What containerd answers when it pulls and unpacks an image for overlayfs (the client's `Pull` with `WithPullUnpack`;
 * CRI takes the same path): the error in its own words, or undefined if the image pulls.
 */
export function containerdError(rules: ContainerdRules, image: PulledImage): string | undefined {
  const layers = recognisedLayers(rules, image.layers);
  if (layers.length > 0)
    return (
      countError(layers.length, diffIdCount(image)) ??
      unpackError(rules, layers) ??
      diffIdError(rules, layers, image)
    );

  // No layer, no unpacking on the way: `client.Pull` then calls `image.Unpack`, which has its own list.
  const fallback = rules.fallbackFiltered ? layers : image.layers;
  const error =
    fallback.length === diffIdCount(image)
      ? unpackError(rules, fallback)
      : "mismatched image rootfs and manifest layers";
  return error === undefined ? undefined : `failed to unpack image on snapshotter overlayfs: ${error}`;
}

/** The unpacker compares the layers that it recognises, if any, with the config (`unpacker.go`, `unpack`). */
function countError(recognised: number, diffIds: number): string | undefined {
  return recognised === diffIds
    ? undefined
    : `number of layers and diffIDs don't match: ${recognised} != ${diffIds}`;
}

/** What the unpacked layers turn out to be is compared too; what the config says may be impossible beforehand (`unpacker.go`, `doUnpackFn`). */
function diffIdError(
  rules: ContainerdRules,
  layers: readonly PulledLayer[],
  image: PulledImage,
): string | undefined {
  if (!hasImpossibleDiffId(layers, image)) return undefined;
  return rules.detailed
    ? 'wrong diff id "sha256:<digest>" calculated on extraction "sha256:<digest>", desc "sha256:<digest>"'
    : 'wrong diff id calculated on extraction "sha256:<digest>"';
}

/** Those that containerd takes for layers. */
export function recognisedLayers(
  rules: ContainerdSelection,
  layers: readonly PulledLayer[],
): readonly PulledLayer[] {
  return layers.filter((layer) => isLayer(rules, layer.mediaType));
}

/** `IsLayerType` of `images/mediatypes.go`. */
function isLayer(rules: ContainerdSelection, mediaType: string): boolean {
  return mediaType.startsWith(ociLayerPrefix) || rules.layerTypes.has(withoutSuffixes(mediaType));
}

/** The first layer that cannot be unpacked ends the pull (`diff/apply/apply.go`). */
function unpackError(rules: ContainerdRules, layers: readonly PulledLayer[]): string | undefined {
  const broken = layers.findIndex((layer) => !isUnpacked(rules, layer));
  const layer = layers[broken];
  if (layer === undefined) return undefined;
  const subject = rules.detailed
    ? `(${printable(layer.mediaType)} sha256:<digest>) to overlayfs as "extract-<key> sha256:<digest>"`
    : "sha256:<digest>";
  return `failed to extract layer ${subject}: ${layerError(rules, layer, broken === 0)}${rules.errorSuffix}`;
}

function isUnpacked(rules: ContainerdRules, layer: PulledLayer): boolean {
  const reading = readingOf(rules, layer.mediaType);
  return (
    !rules.decrypted.has(layer.mediaType) &&
    reading !== "refused" &&
    isReadable(layer, reading === "sniffed" ? rules.decoders : "raw")
  );
}

/** Why a layer is not unpacked. */
function layerError(rules: ContainerdRules, layer: PulledLayer, bottom: boolean): string {
  const { mediaType } = layer;
  const processor = `failed to get stream processor for ${printable(mediaType)}`;
  if (rules.decrypted.has(mediaType)) return `${processor}: ${rules.decryptionError}`;
  if (readingOf(rules, mediaType) === "refused") return `${processor}: no processor for media-type`;
  // The bottom layer has no parents, so it is a bind mount and not an overlay (`diff/apply/apply_linux.go`).
  return bottom ? `mount callback failed on <path> ${tarError(layer)}` : tarError(layer);
}

/** `DiffCompression` of `images/mediatypes.go`. */
function readingOf(rules: ContainerdRules, mediaType: string): Reading {
  const base = withoutSuffixes(mediaType);
  const suffixes = base === mediaType ? [] : mediaType.slice(base.length + 1).split("+");
  // `parseMediaTypes` sorts the suffixes, and callers look at the last one only.
  const last = suffixes.sort().at(-1);
  if (ociLayerTypes.includes(base))
    return last !== undefined && rules.sniffedSuffixes.has(last) ? "sniffed" : "raw";
  // erofs blobs count as layers, but the default `walking` differ does not unpack them.
  if (!rules.layerTypes.has(base) || !base.startsWith("application/vnd.docker.")) return "refused";
  return last === undefined ? "sniffed" : "raw";
}

function withoutSuffixes(mediaType: string): string {
  const plus = mediaType.indexOf("+");
  return plus === -1 ? mediaType : mediaType.slice(0, plus);
}
