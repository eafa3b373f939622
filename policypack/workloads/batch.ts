import { containersAt, imagesOfContainers, type Task } from "./containers";
import { storageOf } from "./ephemeral-storage";
import { launchTypes, type WorkloadFamily, type WorkloadImages } from "./image-use";
import {
  eachAt,
  type Holder,
  inside,
  joined,
  jsonAt,
  objectAt,
  type Place,
  unreadableAt,
  withLaunchTypes,
} from "./places";
import { runtimePlatform } from "./runtime-platform";
import { member, type Reading } from "../common/values";
import type { LaunchType } from "../runtimes/ecs-runtimes";

/**
 * The job definition of AWS Batch, which runs its jobs as ECS tasks (Batch API, `RegisterJobDefinition`). The classic provider takes each
 * kind of properties as a JSON text, which it decodes with Go's `encoding/json`; aws-native takes objects. Jobs on EKS are not ECS tasks.
 */
export const batchJobDefinition: WorkloadFamily = {
  types: {
    "aws:batch/jobDefinition:JobDefinition": (props) => imagesOfJob(props, { path: "", keys: "any-case" }),
    "aws-native:batch:JobDefinition": (props) => imagesOfJob(props, { path: "", keys: "exact" }),
  },
};

/** What all containers under a place share; `owner` distinguishes those of one node range from the others, such as ` of nodes 0:3`. */
interface Job {
  readonly launchTypes: readonly LaunchType[];
  readonly owner: string;
}

interface Properties {
  readonly key: string;
  readonly noun: string;
  readonly images: (place: Place, job: Job) => WorkloadImages;
}

const CONTAINER: Properties = {
  key: "containerProperties",
  noun: "container properties",
  images: imagesOfContainer,
};
const ECS: Properties = { key: "ecsProperties", noun: "ECS properties", images: imagesOfEcs };
const NODES: Properties = { key: "nodeProperties", noun: "node properties", images: imagesOfNodes };

/** `targetNodes` as Batch takes them: `0:3`, `4:`, `:3`, `5` (Batch API, `NodeRangeProperty`). */
const TARGET_NODES = /^(?:\d{1,6}(?::\d{0,6})?|:\d{1,6})$/;

/** Reads the images of a job definition, wherever it stands. With keys in any case, its properties may be JSON texts. */
export function imagesOfJob(props: unknown, holder: Holder): WorkloadImages {
  const { keys } = holder;
  const job: Job = { launchTypes: launchTypes(props, "platformCapabilities", keys), owner: "" };
  const parts = [CONTAINER, ECS, NODES].flatMap(({ key, noun, images }) => {
    const place = inside(holder, props, key);
    if (keys === "exact") return place.reading.state === "absent" ? [] : [images(place, job)];
    return isNotGiven(place.reading) ? [] : [jsonAt(place, noun, (decoded) => images(decoded, job))];
  });
  if (parts.length > 0 || member(props, "eksProperties", keys).state !== "absent")
    return withLaunchTypes(joined(parts), inside(holder, props, "platformCapabilities"));
  const missing = isMultiNode(member(props, "type", keys)) ? NODES : CONTAINER;
  const { path } = inside(holder, props, missing.key);
  return unreadableAt("malformed", path, `there are no ${missing.noun}`);
}

/** The classic provider treats an empty text as none (`d.GetOk`, terraform-provider-aws `batch/job_definition.go`). */
function isNotGiven(reading: Reading): boolean {
  return reading.state === "absent" || (reading.state === "known" && reading.value === "");
}

function isMultiNode(type: Reading): boolean {
  return type.state === "known" && type.value === "multinode";
}

/** `ContainerProperties`: one container, which has no name. */
function imagesOfContainer(place: Place, { launchTypes, owner }: Job): WorkloadImages {
  return objectAt(place, CONTAINER.noun, (holder) => {
    const { reading: container, path, keys } = place;
    const task: Task = { platform: runtimePlatform(holder, place), launchTypes };
    const images = imagesOfContainers([{ container, path, label: `container${owner}`, keys }], task);
    return { ...images, ...storageOf(holder, task, keys) };
  });
}

/** `EcsProperties`: tasks of several containers, each task with a platform of its own. */
function imagesOfEcs(place: Place, { launchTypes, owner }: Job): WorkloadImages {
  return objectAt(place, ECS.noun, (ecs) =>
    eachAt(inside(place, ecs, "taskProperties"), "tasks", (element) =>
      objectAt(element, "properties of the task", (holder) => {
        const task: Task = { platform: runtimePlatform(holder, element), launchTypes };
        const images = containersAt(inside(element, holder, "containers"), "containers", task, owner);
        return { ...images, ...storageOf(holder, task, element.keys) };
      }),
    ),
  );
}

/** `NodeProperties` of a multi-node parallel job: ranges of nodes, each with a container, ECS tasks or EKS pods. */
function imagesOfNodes(place: Place, job: Job): WorkloadImages {
  return objectAt(place, NODES.noun, (nodes) =>
    eachAt(inside(place, nodes, "nodeRangeProperties"), "node ranges", (range, index) =>
      objectAt(range, "properties of the node range", (holder) => {
        const owner = ` of ${rangeName(inside(range, holder, "targetNodes").reading, index)}`;
        return imagesOfRange(range, holder, { ...job, owner });
      }),
    ),
  );
}

function imagesOfRange(range: Place, holder: object, job: Job): WorkloadImages {
  const container = inside(range, holder, "container");
  const ecs = inside(range, holder, ECS.key);
  const eks = inside(range, holder, "eksProperties");
  const parts = [
    ...(container.reading.state === "absent" ? [] : [imagesOfContainer(container, job)]),
    ...(ecs.reading.state === "absent" ? [] : [imagesOfEcs(ecs, job)]),
  ];
  const isOther = parts.length > 0 || eks.reading.state !== "absent";
  return isOther ? joined(parts) : imagesOfContainer(container, job);
}

/** Only what is a range of nodes is shown: another value may be anything. */
function rangeName(targetNodes: Reading, index: number): string {
  const nodes = targetNodes.state === "known" ? targetNodes.value : undefined;
  return typeof nodes === "string" && TARGET_NODES.test(nodes) ? `nodes ${nodes}` : `node range ${index + 1}`;
}
