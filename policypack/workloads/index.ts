// workloads/ reads the images out of Pulumi resources: one file per family, `ecs.ts`, `batch.ts` and `cloudformation.ts`. They build on
// `containers.ts` and `places.ts`; `image-use.ts` says what they return. `named-task-definition.ts` reads what resources name instead of
// describing it.
import { batchJobDefinition } from "./batch";
import { cloudControlResource, cloudFormationStack } from "./cloudformation";
import { daemonTaskDefinition, expressGatewayService, taskDefinition } from "./ecs";
import type { WorkloadFamily, WorkloadImages } from "./image-use";

export type { ImageUse, UnreadableUse, WorkloadImages } from "./image-use";
export {
  type NamedTaskDefinition,
  namesTaskDefinition,
  parseTaskDefinitionName,
  type TaskDefinitionNames,
  taskDefinitionNames,
} from "./named-task-definition";
export { imagesOfDescribed } from "./ecs";

/** Every kind of resource that makes ECS run containers. A new one is a file of its own and a line here. */
const FAMILIES: readonly WorkloadFamily[] = [
  taskDefinition,
  daemonTaskDefinition,
  expressGatewayService,
  batchJobDefinition,
  cloudControlResource,
  cloudFormationStack,
];

const READERS = new Map(FAMILIES.flatMap((family) => Object.entries(family.types)));

/** Whether resources of a Pulumi type, such as `aws:ecs/taskDefinition:TaskDefinition`, make ECS run containers. */
export function isWorkload(type: string): boolean {
  return READERS.has(type);
}

/**
 * The images that a resource makes ECS pull, in the order of its containers, and the places where none can be read.
 *
 * @param type the resource's Pulumi type
 * @param props its inputs as a policy gets them: unknown values may throw when they are read
 * @returns undefined when the type is not a workload; never throws
 */
export function imagesOf(type: string, props: unknown): WorkloadImages | undefined {
  return READERS.get(type)?.(props);
}
