/** The library's face: nothing here has a side effect, so it can be imported by other packs and by scripts. */
export { InvalidReferenceError, parseReference, type Reference } from "./oci/reference";
export type { Failure, FailureKind, Outcome } from "./common/outcome";
export type { Platform } from "./oci/platform";
export {
  type InspectedImage,
  type InspectedManifest,
  type Inspection,
  Inspector,
  type InspectorOptions,
  type Layer,
  type UnreadPart,
} from "./inspection/inspector";
export { isMixed } from "./oci/compression";
export { InvalidPlatformError } from "./oci/platform";
export { inspectImage, type InspectImageOptions } from "./inspection/inspector";
export {
  ecsImagePolicies,
  type ImagePolicy,
  type PolicyLevel,
  type PolicyOptions,
  PolicyOptionsError,
} from "./run/ecs-image-policies";
export type { AwsIdentities, AwsIdentitySettings } from "./aws/configured-identities";
export type { ReaderIdentity } from "./registry/reader-identity";
export type { Trace, TraceStep } from "./common/trace";
export type { Exclusion, Settings } from "./settings";
export { type Build, type BuildPrediction, predictBuild } from "./builds/predict-build";
