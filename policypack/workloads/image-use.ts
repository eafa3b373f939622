import type { Platform } from "../oci/platform";
import { type KeyMatch, member } from "../common/values";
import { type LaunchType, launchTypeNames } from "../runtimes/ecs-runtimes";

/** One container of a workload that will make ECS pull an image. */
export interface ImageUse {
  /** The container's name as the resource gives it, or its place (`container 2`) when it has none. */
  readonly container: string;
  /** The image string exactly as the resource gives it. */
  readonly image: string;
  /** The platform that the task will run on. */
  readonly platform: Platform;
  /** The launch types that the resource declares; empty when it declares none (ECS then assumes EC2). */
  readonly launchTypes: readonly LaunchType[];
  /** The place in the resource, such as `containerDefinitions[1].image`. */
  readonly path: string;
  /** ARN of the Secrets Manager secret with which ECS logs in to the registry, if there is one. */
  readonly credentialsParameter?: string;
}

/** A place where an image should be and no image string can be read. */
export interface UnreadableUse {
  /**
   * `unknown`: its value exists only during the update. `redacted`: a secret that this run cannot decrypt.
   * `malformed`: ECS would not accept it either. `impossible`: a text that no image is named by. `unsupported`: a form that the guard
   * does not read.
   */
  readonly reason: "unknown" | "redacted" | "malformed" | "impossible" | "unsupported";
  /** The container's name, if it is known. */
  readonly container?: string;
  /** The place in the resource, such as `containerDefinitions[1].image`. */
  readonly path: string;
  /** What is wrong there; never shows a value other than an image string. */
  readonly message: string;
  /** What to do about it, as a sentence without its full stop; absent if the reason says it all. */
  readonly fix?: string;
}

/** Everything that one resource says about the images it runs. */
export interface WorkloadImages {
  readonly uses: readonly ImageUse[];
  readonly unreadable: readonly UnreadableUse[];
  /** GiB of ephemeral storage, if the resource is one Linux task for Fargate alone and sets it. */
  readonly storageGiB?: number;
  /** The resource cannot set it. */
  readonly storageIsFixed?: true;
}

/** One kind of ECS resource, under the Pulumi types by which the classic AWS provider and aws-native know it. */
export interface WorkloadFamily {
  /** Pulumi type token → how its inputs (camelCase, as the SDK has them; possibly with unknown values) are read. Never throws. */
  readonly types: Readonly<Record<string, (props: unknown) => WorkloadImages>>;
}

/**
 * The launch types that are known, each once, of `requiresCompatibilities` (ECS API, `RegisterTaskDefinition`), of
 * `platformCapabilities` (Batch API, `RegisterJobDefinition`), or of the `compatibilities` that ECS found (ECS API, `TaskDefinition`).
 */
export function launchTypes(
  props: unknown,
  key: "requiresCompatibilities" | "platformCapabilities" | "compatibilities" = "requiresCompatibilities",
  keys: KeyMatch = "exact",
): readonly LaunchType[] {
  const reading = member(props, key, keys);
  if (reading.state !== "known" || !Array.isArray(reading.value)) return [];
  const list: readonly unknown[] = reading.value;
  const found = new Set<LaunchType>();
  for (let index = 0; index < list.length; index++) {
    const word = member(list, index);
    if (word.state !== "known" || typeof word.value !== "string") continue;
    const written = word.value.toUpperCase();
    const launchType = launchTypeNames.find((name) => name === written);
    if (launchType !== undefined) found.add(launchType);
  }
  return [...found];
}
