// report/ turns findings into messages: one file per kind of message. Read this one first; `layout.ts` aligns and wraps.
import type { InspectedImage } from "../inspection/inspector";
import { formatPlatform } from "../oci/platform";
import { formatReference, printableName, type Reference, withDefaultTag } from "../oci/reference";
import { layersError, type Prediction, type RuntimeName } from "../runtimes/predict";
import { layerLines } from "./layers";
import { type Fact, facts, type ImageUser, usedBy, wrapped } from "./layout";

/**
 * The block that stands where a mixed image is stopped. At most 80 columns, save for names and digests.
 *
 * @param runtimes those that its tasks may meet
 */
export function blockedImage(
  image: string,
  users: readonly ImageUser[],
  inspected: InspectedImage,
  runtimes: readonly RuntimeName[],
): string {
  return [
    "This image mixes gzip and zstd layers. ECS may fail to pull it long after the",
    "deployment looks green.",
    "",
    ...identified(image, users, inspected),
    "",
    ...layerLines(inspected.layers, inspected.config?.history ?? []),
    "",
    ...consequence(inspected, runtimes),
    "",
    ...repairCommands(inspected.reference),
  ].join("\n");
}

/** A mix that the configuration lets pass. */
export function allowedMix(image: string, users: readonly ImageUser[], inspected: InspectedImage): string {
  return [
    "This image mixes gzip and zstd layers. It passes, since allowOciMix is set.",
    "",
    ...identified(image, users, inspected),
    "",
    ...layerLines(inspected.layers),
    "",
    ...ociMix,
  ].join("\n");
}

/** What names an image that was read. */
export function identified(image: string, users: readonly ImageUser[], inspected: InspectedImage): string[] {
  return facts([
    ["image", printableName(image)],
    ...usedBy(users),
    ["platform", formatPlatform(inspected.platform)],
    ["digest", inspected.digest],
    ...takenBy(inspected),
  ]);
}

/** Which runtimes take this manifest, if others take another one. */
function takenBy({ digest, manifests, predictions }: InspectedImage): Fact[] {
  if (manifests.length < 2) return [];
  const takers = predictions
    .filter(({ manifest }) => manifest === digest)
    .map(({ runtime, host }) => (host === undefined ? runtime : `${runtime} on ${host}`));
  return takers.length === 0 ? [] : [["taken by", takers.join(", ")]];
}

const ociMix = [
  "containerd 1.5 and later pull this mix by its OCI media types, and so does",
  "dockerd 23 and later; dockerd 20.10 and containerd 1.4 do not.",
];

function consequence(
  { config, digest, layers, predictions }: InspectedImage,
  runtimes: readonly RuntimeName[],
): string[] {
  const takers = predictions.filter(({ manifest }) => manifest === digest);
  if (takers.length > 0 && takers.every(({ runtime }) => !runtime.startsWith("containerd-")))
    return whereTaken(takers);
  if (config === null)
    return ["Its config could not be read, so the error that ECS would show is not known."];
  const pulled = { layers, diffIds: config.rootfs.diffIds ?? [] };
  const error = layersError("containerd-1.7", pulled);
  if (error === undefined) {
    return [
      ...ociMix,
      "It is blocked so that no task depends on the difference; allowOciMix lets such",
      "mixes pass.",
    ];
  }
  const met = predictions.filter(({ runtime }) => runtimes.includes(runtime));
  const spared = met.length > 0 && met.every(({ pulls }) => pulls);
  const lead = spared
    ? [
        ...wrapped(`It pulls where these tasks run now (${runtimes.join(", ")}).`),
        "On containerd 1.x, as on Fargate, ECS would stop the task with",
      ]
    : ["Predicted for containerd 1.x, as on Fargate. ECS would stop the task with"];
  return [...lead, ...wrapped(`CannotPullContainerError: ${error}`)];
}

/** What becomes of a manifest that containerd does not take from its index, but other hosts do. */
function whereTaken(takers: readonly Prediction[]): string[] {
  for (const taker of takers)
    if (!taker.pulls)
      return ["There ECS would stop the task with", ...wrapped(`CannotPullContainerError: ${taker.error}`)];
  return wrapped(
    "It pulls there, and other hosts take another manifest of the index. It is blocked so that no task depends on the host that it meets.",
  );
}

/**
 * How to mend an image, as commands to copy. Both were proven by pulling the results: gzip with force-compression
 * pulls everywhere (BuildKit ≥ 0.19, or a base without docker-typed zstd), and so does what regctl rewrites to gzip.
 * What does not help is left out on purpose: `--to-oci --layer-compress zstd` keeps docker types behind, crane and
 * `imagetools create` change nothing.
 */
export function repairCommands(reference: Reference): string[] {
  const { registry, repository, tag, digest } = withDefaultTag(reference);
  const rebuilt = formatReference({ registry, repository, tag: tag ?? "gzip" });
  // A tag has at most 128 characters.
  const rewritten = formatReference({
    registry,
    repository,
    tag: tag === undefined ? "gzip" : `${tag.slice(0, 123)}-gzip`,
  });
  const pushed = formatReference(
    digest === undefined ? { registry, repository, tag: tag ?? "latest" } : { registry, repository, digest },
  );
  return [
    "Fix: rebuild with one compression for all layers, the base image's included:",
    `  docker buildx build . -t ${rebuilt} \\`,
    "    --output type=registry,compression=gzip,force-compression=true",
    "or rewrite the pushed image, and use the new name:",
    `  regctl image mod ${pushed} \\`,
    `    --layer-compress gzip --create ${rewritten}`,
  ];
}
