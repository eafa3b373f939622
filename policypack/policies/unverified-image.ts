import { unreadParts } from "../inspection/inspected-image";
import type { Failure } from "../common/outcome";
import {
  failureCause,
  failureSummary,
  imageToCome,
  nameHint,
  partlyRead,
  uncheckedImage,
  unreadableUse,
  unreadTaskDefinitions,
} from "../report";
import {
  deploymentRisks,
  type ImageCause,
  type ImageFinding,
  type JudgedImage,
  type PolicyDefinition,
} from "./definition";
import { isRefusedForLogin, registryLogin } from "./registry-login";
import { imageName, isImpossible } from "./image-name";
import { isMissing, reportsMissing } from "./missing-image";
import { platformMismatch } from "./platform-mismatch";
import { unpullableLayers } from "./unpullable-layers";

/** Says which images could not be checked, and why. Mandatory, it makes an organization fail closed. */
export const unverifiedImage: PolicyDefinition = {
  name: "unverified-image",
  displayName: "Every image could be checked",
  description: "The guard should be able to check every image that ECS will run.",
  enforcementLevel: "advisory",
  severity: "medium",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images"],
  remediationSteps: "See the message: it says what kept the guard from reading the image.",
  judge: (judged) => {
    const { image, platform, users, inspection, toCome } = judged;
    const [unread] = unreadParts(inspection);
    if (unread === undefined) return foundByDisabled(judged);
    if (judged.isActive(imageName.name) && isImpossible(image)) return undefined;
    if (judged.isActive(registryLogin.name) && isRefusedForLogin(judged)) return undefined;
    if (toCome) return { message: imageToCome(image, users), remark: true };
    if (inspection.ok)
      return {
        message: partlyRead(image, platform, users, unreadParts(inspection)),
        cause: causeOf(judged, unread),
      };
    const isGone = isMissing(judged);
    if (isGone && !reportsMissing(unverifiedImage.name, judged)) return undefined;
    const message = uncheckedImage(image, platform, users, inspection.failure);
    return {
      message: [message, ...nameHint(image)].join("\n"),
      cause: causeOf(judged, inspection.failure),
    };
  },
  judgePlace: ({ workload, use, isActive }) => {
    if (use.reason === "impossible" && isActive(imageName.name)) return undefined;
    const finding = { message: unreadableUse(workload, use) };
    // Nobody can know it before the update, which judges it; blocking a preview for it would block for ever.
    return use.reason === "unknown" ? { ...finding, remark: true } : finding;
  },
  judgeUnread: (unread, failure) => ({ message: unreadTaskDefinitions(unread, failure) }),
};

/**
 * What disabled policies would find of an image that no task can start from: a secret without a login, or a name behind which there is no image
 * for the task, so that no layer was read.
 */
function foundByDisabled(judged: JudgedImage): ImageFinding | undefined {
  const reporters = judged.inspection.ok
    ? [registryLogin]
    : [registryLogin, platformMismatch, unpullableLayers];
  for (const { name, judge } of reporters) {
    const finding = judged.isActive(name) ? undefined : judge?.(judged);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

function causeOf({ image, platform }: JudgedImage, failure: Failure): ImageCause {
  return { ...failureCause(image, platform, failure), summary: failureSummary(failure), failure };
}
