import { containersFromArray, type Task } from "./containers";
import type { WorkloadFamily } from "./family";
import type { WorkloadImages } from "./image-use";
import { LINUX_AMD64 } from "./runtime-platform";
import { member } from "./values";

/**
 * A daemon runs on every instance of a Managed Instances capacity provider, which are Linux. Its definition names no architecture (ECS API,
 * `RegisterDaemonTaskDefinition`): the instances decide, and they are not part of the resource. X86_64 is ECS's default.
 */
const DAEMON: Task = {
  platform: { ok: true, platform: LINUX_AMD64 },
  launchTypes: ["MANAGED_INSTANCES"],
};

/** The daemon task definition of ECS Managed Daemons; both providers take an array of containers. */
export const daemonTaskDefinition: WorkloadFamily = {
  types: {
    "aws:ecs/daemonTaskDefinition:DaemonTaskDefinition": containers,
    "aws-native:ecs:DaemonTaskDefinition": containers,
  },
};

function containers(props: unknown): WorkloadImages {
  return containersFromArray(member(props, "containerDefinitions"), DAEMON);
}
