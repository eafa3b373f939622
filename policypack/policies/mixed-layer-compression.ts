import type { Layer } from "../inspection/inspector";
import { isMixed } from "../oci/compression";
import { allowedMix, blockedImage, imageToCome } from "../report";
import { predict, type RuntimeName } from "../runtimes/predict";
import { deploymentRisks, type JudgedImage, type PolicyDefinition } from "./definition";

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
    const { image, users, inspection, runtimes, toCome } = judged;
    if (!inspection.ok || !isMixed(inspection.value.layers)) return undefined;
    if (isAllowedMix(judged)) return { message: allowedMix(image, users, inspection.value), remark: true };
    // What the registry has now is mixed; the update pushes anew, and judges what it pushed.
    if (toCome) return { message: imageToCome(image, users), remark: true };
    return { message: blockedImage(image, users, inspection.value, runtimes) };
  },
};

/** Whether the policy blocks it, so that others need not say it again. */
export function isBlockedMix(judged: JudgedImage): boolean {
  const { inspection } = judged;
  return inspection.ok && isMixed(inspection.value.layers) && !isAllowedMix(judged);
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

function isAllowedMix({ allowOciMix, inspection }: JudgedImage): boolean {
  return (
    allowOciMix && inspection.ok && pullsByItsTypes(inspection.value.layers, inspection.value.config?.diffIds)
  );
}

function pullsByItsTypes(layers: readonly Layer[], diffIds = layers.length): boolean {
  return readingZstd.every((runtime) => predict(runtime, { layers, diffIds }).pulls);
}
