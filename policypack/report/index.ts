/** Findings → words a person can act on. */
export { allowedMix, blockedImage } from "./blocked-image";
export { buildInWords, exemptionInWords, resourceInWords, useInWords } from "./exemption";
export {
  type LackingRole,
  type RoleNeed,
  missingExecutionRole,
  missingImport,
  missingPermission,
  missingTrust,
  type RoleUse,
  type Trusted,
} from "./execution-role";
export { imagesTooLarge, type SizedImage } from "./image-size";
export { impossibleName, impossibleValue, nameHint, type NameFault } from "./image-name";
export { missingLogin } from "./registry-login";
export { noEgress, noWayOut } from "./task-network";
export { type NamedBy, unreadTaskDefinitions } from "./task-definition";
export type { ImageUser } from "./layout";
export { unpullableImage } from "./unpullable-image";
export {
  builtFor,
  failureSummary,
  imageToCome,
  imageToImport,
  noManifestFor,
  noManifestOn,
  partlyRead,
  type PlatformProblem,
  uncheckedImage,
  uncheckedImages,
  unreadableUse,
  wrongPlatform,
} from "./unchecked-image";
export { type Cause, failureCause, groupByCause, layersCause, platformCause, sharedBase } from "./causes";
export { type FirstOfCause, sameCause, sharedByOthers } from "./same-cause";
export {
  droppedSettings,
  faultyBuild,
  type FaultyBuild,
  type ReportedBase,
  unknownBuild,
} from "./faulty-build";
