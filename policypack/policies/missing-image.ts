import { referenceIn } from "../oci/reference";
import { imageToImport, missingValueHint, uncheckedImage } from "../report";
import { deploymentRisks, type JudgedImage, type PolicyDefinition } from "./definition";

/** Says which images do not exist. Quiet in a preview of the program that pushes them. */
export const missingImage: PolicyDefinition = {
  name: "missing-image",
  displayName: "Every image exists",
  description: "Every image that ECS will run must exist in its registry.",
  enforcementLevel: "advisory",
  severity: "medium",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images"],
  remediationSteps: "Push the image before the deployment, or correct its name.",
  judge: (judged) => {
    const { image, inspection } = judged;
    const named = referenceIn(image)?.registry;
    // The first pull imports it: what was inspected is the image behind a pull through cache.
    if (inspection.ok && named !== undefined && inspection.value.reference.registry !== named)
      return { message: imageToImport(image, judged.users, inspection.value.reference), remark: true };
    return isMissing(judged) && !judged.toCome && !judged.inspection.ok
      ? {
          message: [
            uncheckedImage(judged.image, judged.platform, judged.users, judged.inspection.failure),
            ...missingValueHint(judged.image),
          ].join("\n"),
        }
      : undefined;
  },
};

/** The tag, the digest or the repository does not exist. */
export function isMissing({ inspection }: JudgedImage): boolean {
  return !inspection.ok && inspection.failure.kind === "missing" && inspection.failure.proves === undefined;
}
