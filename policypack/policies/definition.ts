// policies/ judges: one file per policy, each a pure function from an inspected image to a finding. This file says what a policy is
// and what it may see; `index.ts` lists them; `mixed-layer-compression.ts` is the one that the guard is for.
import type { PolicyComplianceFramework, ResourceValidationPolicy } from "@pulumi/policy";
import type { Failure } from "../common/outcome";
import type { InspectedImage, Inspection } from "../inspection/inspector";
import type { Platform } from "../oci/platform";
import type { Kind } from "../program/kinds";
import type { Program, Resource } from "../program/program";
import type { Cause, ImageUser, NamedBy } from "../report";
import type { RuntimeName } from "../runtimes/predict";
import type { UnreadableUse } from "../workloads/image-use";

/** One image for one platform, with all that a policy needs to judge it. */
export interface JudgedImage {
  /** As the resource gives it. */
  readonly image: string;
  readonly platform: Platform;
  /** Empty if the command inspects a bare name. */
  readonly users: readonly ImageUser[];
  readonly inspection: Inspection;
  /** Those that its tasks may meet. */
  readonly runtimes: readonly RuntimeName[];
  readonly allowOciMix: boolean;
  /** The program pushes it in the very update that is previewed: what is in the registry now says little. */
  readonly toCome: boolean;
  /** Whether a policy is at work in this run: what one that is disabled would say, another has to. */
  readonly isActive: (policy: string) => boolean;
  /** The level of a policy in this run; undefined if it is not known. */
  readonly levelOf?: (policy: string) => "advisory" | "mandatory" | undefined;
}

/** The images of one Linux task for Fargate alone, but those that the program pushes and those that are exempt. */
export interface JudgedTask {
  readonly workload: ImageUser["workload"];
  /** GiB of ephemeral storage. */
  readonly storageGiB: number;
  /** Its resource cannot set it. */
  readonly storageIsFixed?: true;
  readonly images: readonly Pick<JudgedImage, "image" | "inspection">[];
}

/** A place of a resource where an image should be and none can be read. */
export interface UnreadablePlace extends Pick<JudgedImage, "isActive"> {
  readonly workload: ImageUser["workload"];
  readonly use: UnreadableUse;
}

/** What a policy says about one image. */
export interface ImageFinding {
  readonly message: string;
  /** Printed, but never blocks, whatever the policy's level: it informs, or it will be judged in the update. */
  readonly remark?: true;
  /** The same for all images with this key: they are reported together, at the first. */
  readonly shared?: { readonly key: string; readonly message: (users: readonly ImageUser[]) => string };
  /** If other images may have the same cause: they refer to the first one's message. */
  readonly cause?: ImageCause;
}

/** What a policy says about the images of one task together. */
export interface TaskFinding extends ImageFinding {
  /** The image to show it at, if not the task. */
  readonly image: string;
}

/** Why a policy reports an image. */
export interface ImageCause extends Cause {
  /** What happens, in a few words: `Mixes gzip and zstd layers`. */
  readonly summary: string;
  /** Why the image could not be read, if that is the cause. */
  readonly failure?: Failure;
  /** The image, if its layers are the cause. */
  readonly inspected?: InspectedImage;
}

/** A policy's words and its level. */
export type PolicyMetadata = Required<
  Pick<
    ResourceValidationPolicy,
    "name" | "displayName" | "description" | "severity" | "framework" | "tags" | "remediationSteps"
  >
> & { readonly enforcementLevel: "mandatory" | "advisory" };

/** A policy over images, as data: its words, its level and a pure judgement. It needs neither Pulumi nor a network. */
export interface PolicyDefinition extends PolicyMetadata {
  readonly judge?: (image: JudgedImage) => ImageFinding | undefined;
  readonly judgeTask?: (task: JudgedTask) => TaskFinding | undefined;
  readonly judgePlace?: (place: UnreadablePlace) => ImageFinding | undefined;
  /** Judges task definitions that resources only name, and that all could not be read for one reason. */
  readonly judgeUnread?: (unread: readonly NamedBy[], failure: Failure) => Pick<ImageFinding, "message">;
}

/** What a policy says about resources of a program that share one cause. */
export interface ProgramFinding {
  /** Those that it concerns, the first of which it is shown at. */
  readonly users: readonly Resource[];
  /** In words, for those of the users that are not exempt. */
  readonly message: (users: readonly Resource[]) => string;
  /** Likely, but not proven: printed, and never blocks. */
  readonly remark?: true;
}

/** A policy over a whole program as its preview shows it, as data. */
export interface ProgramPolicyDefinition extends PolicyMetadata {
  /** The kinds of resources that it judges. */
  readonly concerns: readonly Kind[];
  /** Pure, and throws nothing. A proof is a finding; what is likely is a remark; of what is unknown or ambiguous it says nothing. */
  readonly judge: (program: Program, registries: KnownRegistries) => readonly ProgramFinding[];
}

/** What a run has learned of registries, by the policies that look images up: nothing if they are disabled. */
export interface KnownRegistries {
  /** Whether a registry has the image, or will have it by the update that is previewed. */
  readonly hasImage: (image: string) => boolean;
}

/**
 * The question of the AWS Well-Architected Framework that the policies help to answer: a deployment whose images ECS
 * cannot pull is one of its risks (https://docs.aws.amazon.com/wellarchitected/2024-06-27/framework/ops-06.html).
 */
export const deploymentRisks: PolicyComplianceFramework = {
  name: "AWS Well-Architected Framework",
  version: "2024-06-27",
  reference: "OPS 6",
  specification: "How do you mitigate deployment risks?",
};
