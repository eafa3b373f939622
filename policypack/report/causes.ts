import type { Failure } from "../common/outcome";
import { count } from "../common/text";
import type { InspectedImage, Layer } from "../inspection/inspected-image";
import { layerRuns } from "../oci/compression";
import { formatPlatform, type Platform } from "../oci/platform";
import { referenceIn, withDefaultTag } from "../oci/reference";
import { layerFault } from "./fixes";

/**
 * - `shared-layers`: images on the same base layers, whose layers have the same media types in the same order
 * - `registry`: images of one registry, which denies access or does not answer
 * - `repository`: images that one repository does not have
 * - `platform`: images that lack the same platform
 * - `image`: a cause that no other image shares
 */
export type CauseKind = "shared-layers" | "registry" | "repository" | "platform" | "image";

/** Why a policy reports an image. Images with the same key have one cause, and one explanation. */
export interface Cause {
  readonly kind: CauseKind;
  readonly key: string;
}

export interface CauseGroup<T> {
  readonly cause: Cause;
  /** In the order of the input. */
  readonly members: readonly T[];
}

/** Groups items by the key of their cause: each item is in exactly one group. The first item of a group decides where the group stands. */
export function groupByCause<T>(
  items: readonly T[],
  causeOf: (item: T) => Cause | undefined,
): CauseGroup<T>[] {
  const groups = new Map<unknown, { readonly cause: Cause; readonly members: T[] }>();
  items.forEach((item, index) => {
    const cause = causeOf(item);
    const group = groups.get(cause?.key ?? index);
    if (group === undefined)
      groups.set(cause?.key ?? index, { cause: cause ?? { kind: "image", key: "" }, members: [item] });
    else group.members.push(item);
  });
  return [...groups.values()];
}

/**
 * The cause of an image whose layers are at fault. Images share it if one explanation is true for all of them: they have the same bottom
 * layer, and so a common base, the same order of media types and compressions, however many layers have each, the same fix, and they fail on
 * the same runtimes.
 */
export function layersCause(
  image: Pick<InspectedImage, "digest" | "layers" | "config" | "predictions">,
): Cause {
  const { digest, layers, predictions } = image;
  const [bottom] = layers;
  if (bottom === undefined) return keyed("image", digest);
  const order = layerRuns(layers).map(({ mediaType, compression }) => `${mediaType} ${compression}`);
  const fails = predictions
    .filter(({ manifest, pulls }) => manifest === digest && !pulls)
    .map(({ runtime, host = "" }) => `${runtime} ${host}`);
  return keyed("shared-layers", bottom.digest, JSON.stringify([layerFault(image), order, fails]));
}

/** The cause of an image that the registry did not give. */
export function failureCause(image: string, platform: Platform, failure: Failure): Cause {
  const reference = referenceIn(image);
  const { kind, proves, login = "" } = failure;
  if (reference === undefined || proves === "no-image" || proves === "unpullable")
    return keyed("image", image, formatPlatform(platform));
  const { registry, repository } = reference;
  const words = wordsWithout(image, failure.message);
  if (proves === "wrong-platform") return platformCause(platform, words);
  switch (kind) {
    case "missing":
      return keyed("repository", registry, repository);
    case "denied":
    case "throttled":
    case "unreachable":
    case "timeout":
      return keyed("registry", registry, kind, words, login);
    case "malformed":
    case "unsupported":
    case "invalid-reference":
      return keyed("image", image, formatPlatform(platform), kind);
  }
}

/** The cause of images that lack a platform. */
export function platformCause(wanted: Platform, problem: string): Cause {
  return keyed("platform", formatPlatform(wanted), problem);
}

/** Base layers that several images share: all of one compression, bottom first. */
export interface SharedBase {
  readonly layers: readonly Layer[];
  /** `org.opencontainers.image.base.name`, if an image's manifest has it and no other image's has another one. */
  readonly name?: string;
}

/** The layers with which all of the images begin, as far as the first one's are of one compression; undefined if there are none. */
export function sharedBase(
  images: readonly Pick<InspectedImage, "layers" | "baseName">[],
): SharedBase | undefined {
  const [first, ...others] = images;
  const [run] = layerRuns(first?.layers ?? []);
  if (first === undefined || run === undefined) return undefined;
  const start = first.layers.slice(0, run.last);
  const end = start.findIndex(({ digest }, at) => others.some(({ layers }) => layers[at]?.digest !== digest));
  const layers = end < 0 ? start : start.slice(0, end);
  const [name, ...more] = new Set(images.flatMap(({ baseName }) => baseName ?? []));
  if (layers.length === 0) return undefined;
  return { layers, ...(name !== undefined && more.length === 0 && { name }) };
}

/** `12 zstd base layers`. */
export function typeOfLayers({ layers }: SharedBase): string {
  const [bottom] = layers;
  return count(layers.length, `${bottom?.compression ?? ""} base layer`.trim());
}

/** What a registry says names the image mostly; without it, the words for two images of one cause are the same. */
function wordsWithout(image: string, message: string): string {
  const reference = referenceIn(image);
  if (reference === undefined) return message;
  const { repository, tag, digest } = withDefaultTag(reference);
  return [digest, repository, tag].reduce<string>(
    (words, name) => (name === undefined ? words : withoutWord(words, name)),
    message,
  );
}

/** Only whole words: a tag may be `1`. */
function withoutWord(text: string, word: string): string {
  return text
    .split(/([^\w./:@-]+)/)
    .map((part) => (part === word ? "…" : part))
    .join("");
}

function keyed(kind: CauseKind, ...parts: readonly string[]): Cause {
  return { kind, key: JSON.stringify([kind, ...parts]) };
}
