import { unreadableUse, uncheckedImage } from "../report";
import { deploymentRisks } from "./framework";
import { type Finding, type ImagePolicy, imagePolicy } from "./image-policy";
import type { Review } from "./review";
import type { Session } from "./session";

export const name = "unverified-image";

/** Says which images could not be checked, and why. Mandatory, it makes an organization fail closed. */
export function unverifiedImage(session: Session): ImagePolicy {
  return imagePolicy(session, {
    name,
    displayName: "Every image could be checked",
    description: "The guard should be able to check every image that ECS will run.",
    enforcementLevel: "advisory",
    severity: "medium",
    framework: deploymentRisks,
    tags: ["ecs", "fargate", "container-images"],
    remediationSteps: "See the message: it says what kept the guard from reading the image.",
    judge,
  });
}

function judge(review: Review): Finding[] {
  const failed = review.images.flatMap(({ image, platform, users, inspection }) =>
    inspection.ok
      ? []
      : [
          {
            message: uncheckedImage(image, platform, users, inspection.failure),
            urn: users[0]?.workload.urn ?? "",
          },
        ],
  );
  const unreadable = review.unreadable.map(({ workload, use }): Finding => {
    const finding = { message: unreadableUse(workload, use), urn: workload.urn };
    // Nobody can know it before the update, which judges it; blocking a preview for it would block for ever.
    return use.reason === "unknown" ? { ...finding, remark: true } : finding;
  });
  return [...failed, ...unreadable];
}
