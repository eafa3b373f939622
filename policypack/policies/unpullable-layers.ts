import { failureCause, failureSummary, layersCause, uncheckedImage, unpullableImage } from "../report";
import { predictionsFor } from "../inspection/inspected-image";
import { deploymentRisks, type PolicyDefinition } from "./definition";
import { isBlockedMix, mixedLayerCompression } from "./mixed-layer-compression";

/** Blocks images that a container runtime which the task may meet cannot pull, mixed or not. */
export const unpullableLayers: PolicyDefinition = {
  name: "unpullable-layers",
  displayName: "Every image can be pulled where its tasks run",
  description: "Every container runtime that a task may meet must be able to pull its images.",
  enforcementLevel: "mandatory",
  severity: "high",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images", "zstd"],
  remediationSteps:
    "Rebuild the image with layers that the runtime reads: compression=gzip,force-compression=true.",
  judge: (judged) => {
    const { image, platform, users, inspection, runtimes, toCome } = judged;
    if (toCome) return undefined;
    if (!inspection.ok) {
      const { failure } = inspection;
      if (failure.proves !== "no-image" && failure.proves !== "unpullable") return undefined;
      return {
        message: uncheckedImage(image, platform, users, failure),
        cause: { ...failureCause(image, platform, failure), summary: failureSummary(failure) },
      };
    }
    if (judged.isActive(mixedLayerCompression.name) && isBlockedMix(judged)) return undefined;
    const predictions = predictionsFor(inspection, runtimes);
    // Windows: no runtime that pulls its images was measured, but a document that none can decode does not depend on the host.
    const isCertain = predictions.every(
      (prediction) => !prediction.pulls && prediction.reason === "malformed",
    );
    if (runtimes.length === 0 && !isCertain) return undefined;
    const refused = predictions.find(
      (prediction) =>
        !prediction.pulls && (prediction.reason === "layers" || prediction.reason === "malformed"),
    );
    if (refused === undefined) return undefined;
    const [first] = inspection.value.manifests.filter(({ digest }) => digest === refused.manifest);
    const inspected = { ...inspection.value, ...first };
    return {
      message: unpullableImage(image, users, inspected, predictions),
      cause: { ...layersCause(inspected), summary: "Cannot be pulled", inspected },
    };
  },
};
