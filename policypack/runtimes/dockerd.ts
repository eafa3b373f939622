import { printable } from "../common/text";
import {
  type DockerdRules,
  diffIdCount,
  hasImpossibleDiffId,
  isReadable,
  type PulledImage,
  tarError,
} from "./rules";

/** Types, or what they start with before a dot (moby `distribution/registry.go`, `supportedMediaTypes`). */
const supportedTypes = [
  "application/vnd.oci.image",
  "application/vnd.docker",
  "application/octet-stream",
  "application/json",
  "text/html",
  "",
];

/**
 * What dockerd with its classic store answers (moby `distribution/pull_v2.go`, `pullSchema2Layers`): the error in its
 * own words, or undefined if the image pulls. It looks at a layer's type only to refuse artifacts, and sniffs every blob.
 */
export function dockerdError(rules: DockerdRules, image: PulledImage): string | undefined {
  const unsupported = image.layers.find((layer) => !isSupportedType(layer.mediaType));
  if (unsupported !== undefined) return `unsupported media type ${printable(unsupported.mediaType)}`;

  const broken = image.layers.find((layer) => !isReadable(layer, rules.decoders));
  if (broken !== undefined) {
    const child = rules.childProcess ? "ApplyLayer exit status 1 stdout:  stderr: " : "";
    return `failed to register layer: ${child}${tarError(broken)}`;
  }

  // On Linux the config is compared after the download, and only if there was something to download.
  if (diffIdCount(image) === image.layers.length && !hasImpossibleDiffId(image.layers, image))
    return undefined;
  return image.layers.length === 0
    ? "failed to get layer sha256:<digest>: layer does not exist"
    : "layers from manifest don't match image configuration";
}

/** Whether dockerd takes a config or a layer of this type. */
export function isSupportedType(mediaType: string): boolean {
  const lower = mediaType.toLowerCase();
  return supportedTypes.some((type) => lower === type || lower.startsWith(`${type}.`));
}
