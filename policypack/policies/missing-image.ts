import { missingValueHint, uncheckedImage } from "../report";
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
  judge: (judged) =>
    isMissing(judged) && !judged.toCome && !judged.inspection.ok
      ? {
          message: [
            uncheckedImage(judged.image, judged.platform, judged.users, judged.inspection.failure),
            ...missingValueHint(judged.image),
          ].join("\n"),
        }
      : undefined,
};

/** The tag, the digest or the repository does not exist. */
export function isMissing({ inspection }: JudgedImage): boolean {
  return !inspection.ok && inspection.failure.kind === "missing" && inspection.failure.proves === undefined;
}
