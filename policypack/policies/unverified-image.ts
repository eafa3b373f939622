import { unreadParts } from "../inspection/inspected-image";
import {
  imageToCome,
  missingToo,
  partlyRead,
  uncheckedImage,
  unreadableUse,
  unreadTaskDefinitions,
} from "../report";
import { isRefusedForLogin, registryLogin } from "./registry-login";
import { deploymentRisks, type PolicyDefinition } from "./definition";
import { imageName, isImpossible } from "./image-name";
import { isMissing, missingImage } from "./missing-image";

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
    if (unread === undefined) return undefined;
    if (judged.isActive(imageName.name) && isImpossible(image)) return undefined;
    if (judged.isActive(registryLogin.name) && isRefusedForLogin(judged)) return undefined;
    if (toCome) return { message: imageToCome(image, users), remark: true };
    if (inspection.ok)
      return { message: partlyRead(image, platform, users, unreadParts(inspection)), cause: unread };
    return isMissing(judged) && judged.isActive(missingImage.name)
      ? { message: missingToo(image, inspection.failure) }
      : { message: uncheckedImage(image, platform, users, inspection.failure), cause: inspection.failure };
  },
  judgePlace: ({ workload, use, isActive }) => {
    if (use.reason === "impossible" && isActive(imageName.name)) return undefined;
    const finding = { message: unreadableUse(workload, use) };
    // Nobody can know it before the update, which judges it; blocking a preview for it would block for ever.
    return use.reason === "unknown" ? { ...finding, remark: true } : finding;
  },
  judgeUnread: (unread, failure) => ({ message: unreadTaskDefinitions(unread, failure), cause: failure }),
};
