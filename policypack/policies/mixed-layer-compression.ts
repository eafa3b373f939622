import { imagesFor, type InspectedImage } from "../inspection/inspected-image";
import { isMixed } from "../oci/compression";
import { allowedMix, blockedImage, imageToCome, layersCause } from "../report";
import { layersError, type RuntimeName } from "../runtimes/predict";
import { deploymentRisks, type ImageCause, type JudgedImage, type PolicyDefinition } from "./definition";

/** Blocks images whose layers are partly gzip and partly zstd. */
export const mixedLayerCompression: PolicyDefinition = {
  name: "mixed-layer-compression",
  displayName: "No image mixes gzip and zstd layers",
  description: "The layers of a container image must not mix gzip and zstd.",
  enforcementLevel: "mandatory",
  severity: "high",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images", "zstd"],
  remediationSteps:
    "Rebuild the image with one compression for all layers: compression=gzip,force-compression=true.",
  judge: (judged) => {
    const { image, users, runtimes, toCome } = judged;
    const mixed = mixedImages(judged);
    const [blocked] = mixed.filter((one) => !isAllowedMix(judged, one));
    const [first] = mixed;
    if (first === undefined) return undefined;
    if (blocked === undefined)
      return { message: allowedMix(image, users, first), remark: true, cause: allowed(first) };
    // What the registry has now is mixed; the update pushes again, and judges what it pushed.
    if (toCome) return { message: imageToCome(image, users), remark: true };
    return { message: blockedImage(image, users, blocked, runtimes), cause: causeOf(blocked) };
  },
};

function causeOf(inspected: InspectedImage): ImageCause {
  return { ...layersCause(inspected), summary: "Mixes gzip and zstd layers", inspected };
}

/** Not the cause of a blocked image, whose message must explain the error and the fix. */
function allowed(inspected: InspectedImage): ImageCause {
  const { key, ...cause } = causeOf(inspected);
  return { ...cause, key: `allowed ${key}` };
}

/** Whether the policy blocks it, so that others need not say it again. */
export function isBlockedMix(judged: JudgedImage): boolean {
  return mixedImages(judged).some((one) => !isAllowedMix(judged, one));
}

/** The mixed ones among the manifests that the image's tasks may take. */
function mixedImages({ inspection, runtimes }: JudgedImage): InspectedImage[] {
  return inspection.ok ? imagesFor(inspection.value, runtimes).filter(({ layers }) => isMixed(layers)) : [];
}

/** Those that ECS may use and that read zstd at all. */
const readingZstd: readonly RuntimeName[] = [
  "containerd-1.5",
  "containerd-1.6",
  "containerd-1.7",
  "containerd-2.0",
  "containerd-2.3",
  "dockerd-23",
];

/** A mix that every one of them pulls, by the media types of its layers. */
function isAllowedMix({ allowOciMix }: JudgedImage, { layers, config }: InspectedImage): boolean {
  const diffIds = config === null ? null : (config.rootfs.diffIds ?? []);
  return (
    allowOciMix && readingZstd.every((runtime) => layersError(runtime, { layers, diffIds }) === undefined)
  );
}
