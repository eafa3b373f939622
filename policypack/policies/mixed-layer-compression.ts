import { isMixed } from "../oci/compression";
import { blockedImage, exemption } from "../report";
import { deploymentRisks } from "./framework";
import { type Finding, type ImagePolicy, imagePolicy } from "./image-policy";
import type { Review } from "./review";
import type { Session } from "./session";

export const name = "mixed-layer-compression";

/** Blocks images whose layers are partly gzip and partly zstd. */
export function mixedLayerCompression(session: Session): ImagePolicy {
  return imagePolicy(session, {
    name,
    displayName: "No image mixes gzip and zstd layers",
    description: "The layers of a container image must not mix gzip and zstd.",
    enforcementLevel: "mandatory",
    severity: "high",
    framework: deploymentRisks,
    tags: ["ecs", "fargate", "container-images", "zstd"],
    remediationSteps:
      "Rebuild the image with one compression for all layers: compression=gzip,force-compression=true.",
    judge,
  });
}

function judge(review: Review): Finding[] {
  const blocked = review.images.flatMap(({ image, users, inspection }) =>
    inspection.ok && isMixed(inspection.value.layers)
      ? [{ message: blockedImage(image, users, inspection.value), urn: users[0]?.workload.urn ?? "" }]
      : [],
  );
  const exempt = review.exempt.map(({ workload, use, exclusion }): Finding => {
    return { message: exemption(workload, use, exclusion), urn: workload.urn, remark: true };
  });
  return [...blocked, ...exempt];
}
