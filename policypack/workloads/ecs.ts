import { CONTAINERS, containersAt, containersFromJson, imagesOfContainers, type Task } from "./containers";
import { DEFAULT_STORAGE, storageOf } from "./ephemeral-storage";
import { launchTypes, type WorkloadFamily, type WorkloadImages } from "./image-use";
import { type Holder, inside, withLaunchTypes } from "./places";
import { LINUX_AMD64, runtimePlatform } from "./runtime-platform";
import { member } from "../common/values";

/** The properties of the resource itself, as the SDK spells their keys. */
const RESOURCE: Holder = { path: "", keys: "exact" };

/**
 * The task definition. The classic provider takes the containers as a JSON text, which it decodes with Go's `encoding/json` (keys in any
 * case, any layout); in a preview such a text is wholly unknown as soon as a part of it is. aws-native takes an array, which keeps what is known.
 */
export const taskDefinition: WorkloadFamily = {
  types: {
    "aws:ecs/taskDefinition:TaskDefinition": (props) =>
      ofTask(containersFromJson(props, task(props)), props, task(props)),
    "aws-native:ecs:TaskDefinition": (props) =>
      ofTask(containersOf(RESOURCE, props, task(props)), props, task(props)),
  },
};

/**
 * A task definition in the form of the ECS API (`TaskDefinition`, and `RegisterTaskDefinition`, which takes the same keys). One that was
 * registered without launch types runs on those that ECS found it compatible with.
 *
 * @param place where it stands in its resource, and `any-case` for keys of another spelling, such as `ContainerDefinitions`
 */
export function imagesOfDescribed(
  definition: unknown,
  { path = "", keys = "exact" }: Partial<Holder> = {},
): WorkloadImages {
  const place = { path, keys };
  const { platform, launchTypes: required } = task(definition, place);
  const types = required.length > 0 ? required : launchTypes(definition, "compatibilities", keys);
  const images = containersOf(place, definition, { platform, launchTypes: types });
  return ofTask(images, definition, { platform, launchTypes: required }, place);
}

function containersOf(place: Holder, holder: unknown, task: Task): WorkloadImages {
  return containersAt(inside(place, holder, "containerDefinitions"), CONTAINERS, task);
}

/** The images of a task definition, with what else it says of all of them. */
function ofTask(images: WorkloadImages, props: unknown, task: Task, place = RESOURCE): WorkloadImages {
  return withLaunchTypes(
    { ...images, ...storageOf(props, task, place.keys) },
    inside(place, props, "requiresCompatibilities"),
  );
}

function task(props: unknown, place = RESOURCE): Task {
  return {
    platform: runtimePlatform(props, place),
    launchTypes: launchTypes(props, "requiresCompatibilities", place.keys),
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
    "aws:ecs/daemonTaskDefinition:DaemonTaskDefinition": (props) => imagesOfDaemon(props),
    "aws-native:ecs:DaemonTaskDefinition": (props) => imagesOfDaemon(props),
  },
};

/** Reads the images of a daemon task definition, wherever it stands. */
export function imagesOfDaemon(props: unknown, place: Holder = RESOURCE): WorkloadImages {
  return containersOf(place, props, DAEMON);
}

/** ECS Express Mode makes a Fargate task definition of the container and lets nobody name a platform: it is the default one. */
const EXPRESS: Task = { platform: { ok: true, platform: LINUX_AMD64 }, launchTypes: ["FARGATE"] };

/** The Express Mode service: one `primaryContainer`, from which ECS makes the task definition itself. */
export const expressGatewayService: WorkloadFamily = {
  types: {
    "aws:ecs/expressGatewayService:ExpressGatewayService": (props) => imagesOfExpressService(props),
    "aws-native:ecs:ExpressGatewayService": (props) => imagesOfExpressService(props),
  },
};

/** Reads the image of an Express Mode service, wherever it stands. */
export function imagesOfExpressService(props: unknown, place: Holder = RESOURCE): WorkloadImages {
  const { reading: container, path, keys } = inside(place, props, "primaryContainer");
  // With a task definition of its own (aws-native), the service names no image: that resource does.
  if (container.state === "absent" && member(props, "taskDefinitionArn", keys).state !== "absent") {
    return { uses: [], unreadable: [] };
  }
  const only = { container, path, label: "primary container", keys };
  return { ...imagesOfContainers([only], EXPRESS), ...DEFAULT_STORAGE, storageIsFixed: true };
}
