/** The library's face: nothing here has a side effect, so it can be imported by other packs and by scripts. */
export { InvalidReferenceError, parseReference, type Reference } from "./oci/reference";
export type { Failure, FailureKind, Outcome } from "./oci/failure";
export type { Platform } from "./oci/platform";
export { type InspectedImage, Inspector, type InspectorOptions, type Layer } from "./inspector";
export { isMixed } from "./oci/compression";
export { InvalidPlatformError } from "./oci/platform";
export { inspectImage, type InspectImageOptions } from "./inspect-image";
export {
  ecsImagePolicies,
  type ImagePolicy,
  type PolicyLevel,
  type PolicyOptions,
  PolicyOptionsError,
} from "./policies";
export type { AwsIdentities, AwsIdentitySettings } from "./registry/ecr/configured-identities";
export type { Reader } from "./registry/reader";
export type { Trace, TraceStep } from "./registry/trace/trace";
export type { Exclusion, Settings } from "./settings";
export { type Build, type BuildPrediction, predictBuild } from "./builds/predict-build";
