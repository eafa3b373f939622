import type { Failure, FailureKind, Proof } from "../common/outcome";
import type { InspectedImage } from "../inspection/inspected-image";
import { formatReference, type Reference, withDefaultTag } from "../oci/reference";
import { mislabelledLayers } from "./layers";
import { wrapped } from "./layout";

/** Why layers do not pull, as far as the fix depends on it. `compression`: they are what their types say, and a recompression helps. */
export type LayerFault =
  | { readonly kind: "mislabelled"; readonly layer: number }
  | { readonly kind: "encrypted" | "unknown-type" | "compression" }
  | { readonly kind: "miscounted"; readonly layers: number; readonly counted: number };

export function layerFault({ layers, config }: Pick<InspectedImage, "layers" | "config">): LayerFault {
  const [mislabelled] = mislabelledLayers(layers);
  if (mislabelled !== undefined) return { kind: "mislabelled", layer: mislabelled };
  if (layers.some(({ mediaType }) => /[+.]encrypted$/i.test(mediaType))) return { kind: "encrypted" };
  if (layers.some(({ compression }) => compression === "unknown")) return { kind: "unknown-type" };
  const counted = config?.rootfs.diffIds?.length ?? 0;
  return config === null || counted === layers.length
    ? { kind: "compression" }
    : { kind: "miscounted", layers: layers.length, counted };
}

/** What to do about layers that some runtime does not pull. */
export function layerFix(inspected: InspectedImage): string[] {
  const { reference } = inspected;
  const fault = layerFault(inspected);
  switch (fault.kind) {
    case "mislabelled":
      return [
        ...wrapped(
          `Fix: rebuild the image. The media type of layer ${fault.layer} does not say what its bytes are, so the tool that wrote the image is at fault.`,
        ),
        ...rebuildCommand(reference),
      ];
    case "encrypted":
      return wrapped("Fix: push the image without encryption. ECS cannot decrypt layers.");
    case "unknown-type":
      return wrapped("Fix: rebuild the image with layers of Docker's or OCI's media types for image layers.");
    case "miscounted":
      return wrapped(
        `Fix: rebuild the image. Its manifest has ${fault.layers} layers, but its config describes ${fault.counted}: the tool that wrote or copied the image is at fault.`,
      );
    case "compression":
      return repairCommands(reference);
  }
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
  unsupported: "inspect the image with --explain, and report it if the guard should support it",
  "invalid-reference": "correct the image name in the container definition",
};
