import type { Failure, FailureKind, Proof } from "../common/outcome";
import type { InspectedImage } from "../inspection/inspected-image";
import { formatReference, type Reference, withDefaultTag } from "../oci/reference";
import { mislabelledLayers } from "./layers";
import { wrapped } from "./layout";

/** What to do about layers that some runtime does not pull. Recompression helps only if the types say what the layers are, and the config counts them. */
export function layerFix({ reference, layers, config }: InspectedImage): string[] {
  const [mislabelled] = mislabelledLayers(layers);
  if (mislabelled !== undefined)
    return [
      ...wrapped(
        `Fix: rebuild the image. The media type of layer ${mislabelled} does not say what its bytes are, so the tool that wrote the image is at fault.`,
      ),
      ...rebuildCommand(reference),
    ];
  const counted = config?.rootfs.diffIds?.length;
  if (layers.some(({ mediaType }) => /[+.]encrypted$/i.test(mediaType)))
    return wrapped("Fix: push the image without encryption. ECS cannot decrypt layers.");
  if (layers.some(({ compression }) => compression === "unknown"))
    return wrapped("Fix: rebuild the image with layers of Docker's or OCI's media types for image layers.");
  if (config !== null && counted !== layers.length)
    return wrapped(
      `Fix: rebuild the image. Its manifest has ${layers.length} layers, but its config describes ${counted ?? 0}: the tool that wrote or copied the image is at fault.`,
    );
  return repairCommands(reference);
}

/**
 * How to fix an image, as commands to copy. Both were proven by pulling the results: gzip with force-compression
 * pulls everywhere (BuildKit ≥ 0.19, or a base without docker-typed zstd), and so does what regctl rewrites to gzip.
 * What does not help is left out on purpose: `--to-oci --layer-compress zstd` keeps docker types behind, crane and
 * `imagetools create` change nothing.
 */
function repairCommands(reference: Reference): string[] {
  const { registry, repository, tag, digest } = withDefaultTag(reference);
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
    "Fix: rebuild with one compression for all layers, including the base image's:",
    ...rebuildCommand(reference),
    "or rewrite the pushed image, and deploy the new name:",
    `  regctl image mod ${pushed} \\`,
    `    --layer-compress gzip --create ${rewritten}`,
  ];
}

function rebuildCommand(reference: Reference): string[] {
  const { registry, repository, tag } = withDefaultTag(reference);
  const rebuilt = formatReference({ registry, repository, tag: tag ?? "gzip" });
  return [
    `  docker buildx build . -t ${rebuilt} \\`,
    "    --output type=registry,compression=gzip,force-compression=true",
  ];
}

/** What to do about a failure: for its cause if that is known, else for its kind. A clause. */
export function fixOf({ kind, proves, fix }: Failure): string {
  return fix ?? (proves === undefined ? undefined : fixByProof[proves]) ?? fixByKind[kind];
}

const fixByProof: Partial<Record<Proof, string>> = {
  "no-image": "use the name of a container image, or push one under this name",
  unpullable: "rebuild the image and push it again, with another tool if this repeats",
};

/** True for every cause of the kind: whoever knows the cause sets `Failure.fix`. */
const fixByKind: Record<FailureKind, string> = {
  missing: "push the image first, or correct its name",
  denied: "give whoever runs Pulumi read access to this repository, or log in to it",
  throttled: "try again later, log in for a higher limit, or configure a mirror",
  unreachable: "check that this machine reaches the registry, or configure a mirror",
  timeout: "try again, or raise timeBudgetSeconds, imageTimeoutSeconds or requestTimeoutSeconds",
  malformed: "try again; if the answer stays the same, report it to the registry's operator",
  unsupported: "use a registry or a mirror without this limitation",
  "invalid-reference": "correct the image name in the container definition",
};
