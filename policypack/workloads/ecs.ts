import { containersFromArray, containersFromJson, imagesOfContainers, type Task } from "./containers";
import { DEFAULT_STORAGE, storageOf } from "./ephemeral-storage";
import { launchTypes, type WorkloadFamily, type WorkloadImages } from "./image-use";
import { LINUX_AMD64, runtimePlatform } from "./runtime-platform";
import { type KeyMatch, member } from "../common/values";

/**
 * The task definition. The classic provider takes the containers as a JSON text, which it decodes with Go's `encoding/json` (keys in any
 * case, any layout); in a preview such a text is wholly unknown as soon as a part of it is. aws-native takes an array, which keeps what is known.
 */
export const taskDefinition: WorkloadFamily = {
  types: {
    "aws:ecs/taskDefinition:TaskDefinition": (props) => ({
      ...containersFromJson(props, task(props)),
      ...storageOf(props, task(props)),
    }),
    "aws-native:ecs:TaskDefinition": (props) => ({
      ...containersFromArray(member(props, "containerDefinitions"), task(props)),
      ...storageOf(props, task(props)),
    }),
  },
};

/**
 * A task definition in the form of the ECS API (`TaskDefinition`, and `RegisterTaskDefinition`, which takes the same keys). One that was
 * registered without launch types runs on those that ECS found it compatible with.
 *
 * @param keys `any-case` for a JSON text that `unmarshalAny` decoded
 */
export function imagesOfDescribed(definition: unknown, keys: KeyMatch = "exact"): WorkloadImages {
  const { platform, launchTypes: required } = task(definition, keys);
  const types = required.length > 0 ? required : launchTypes(definition, "compatibilities", keys);
  const containers = member(definition, "containerDefinitions", keys);
  return {
    ...containersFromArray(containers, { platform, launchTypes: types }, keys),
    ...storageOf(definition, { platform, launchTypes: required }, keys),
  };
}

function task(props: unknown, keys: KeyMatch = "exact"): Task {
  return {
    platform: runtimePlatform(props, { keys }),
    launchTypes: launchTypes(props, "requiresCompatibilities", keys),
  };
}

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

/** ECS Express Mode makes a Fargate task definition of the container and lets nobody name a platform: it is the default one. */
const EXPRESS: Task = { platform: { ok: true, platform: LINUX_AMD64 }, launchTypes: ["FARGATE"] };

/** The Express Mode service: one `primaryContainer`, from which ECS makes the task definition itself. */
export const expressGatewayService: WorkloadFamily = {
  types: {
    "aws:ecs/expressGatewayService:ExpressGatewayService": primaryContainer,
    "aws-native:ecs:ExpressGatewayService": primaryContainer,
  },
};

function primaryContainer(props: unknown): WorkloadImages {
  const container = member(props, "primaryContainer");
  // With a task definition of its own (aws-native), the service names no image: that resource does.
  if (container.state === "absent" && member(props, "taskDefinitionArn").state !== "absent") {
    return { uses: [], unreadable: [] };
  }
  const place = { container, path: "primaryContainer", label: "primary container", keys: "exact" } as const;
  return { ...imagesOfContainers([place], EXPRESS), ...DEFAULT_STORAGE };
}
