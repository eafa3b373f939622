import { referenceIn } from "../oci/reference";
import { failureCause, failureSummary, imageToImport, nameHint, uncheckedImage } from "../report";
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
    const { image, platform, users, inspection, toCome } = judged;
    const named = referenceIn(image)?.registry;
    // The first pull imports it: what was inspected is the image behind a pull through cache.
    if (inspection.ok && named !== undefined && inspection.value.reference.registry !== named)
      return { message: imageToImport(image, users, inspection.value.reference), remark: true };
    if (inspection.ok || !isMissing(judged) || toCome || !reportsMissing(missingImage.name, judged))
      return undefined;
    const { failure } = inspection;
    const message = uncheckedImage(image, platform, users, failure);
    return {
      message: [message, ...nameHint(image)].join("\n"),
      cause: { ...failureCause(image, platform, failure), summary: failureSummary(failure), failure },
    };
  },
};

/** The tag, the digest or the repository does not exist. */
export function isMissing({ inspection }: JudgedImage): boolean {
  return !inspection.ok && inspection.failure.kind === "missing" && inspection.failure.proves === undefined;
}

const unverifiedName = "unverified-image";

/**
 * Whether a policy reports a missing image: `missing-image` does, unless only `unverified-image` would block it. If a level is not known, both
 * do, so that the image is blocked in any case.
 */
export function reportsMissing(policy: string, { isActive, levelOf }: JudgedImage): boolean {
  const other = policy === unverifiedName ? missingImage.name : unverifiedName;
  if (!isActive(other)) return true;
  const missing = levelOf?.(missingImage.name);
  const unverified = levelOf?.(unverifiedName);
  if (missing === undefined || unverified === undefined) return true;
  const reporter = missing === "advisory" && unverified === "mandatory" ? unverifiedName : missingImage.name;
  return policy === reporter;
}
