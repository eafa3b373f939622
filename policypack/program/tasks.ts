import { parseEcrHost } from "../aws/ecr-hosts";
import { isRecord, type KeyMatch, member, type Reading, read, textAt } from "../common/values";
import { unmarshalAny } from "../oci/go-types";
import { referenceIn } from "../oci/reference";
import { elementsOf, inputOf, type Resource } from "./program";

/** A task that a resource describes, as far as its roles, its network and its storage depend on it. */
export interface Task {
  readonly resource: Resource;
  /** The launch types that the resource requests; undefined if one of them is unknown. */
  readonly launchTypes: readonly string[] | undefined;
  readonly executionRole: Reading;
  /** Undefined if they cannot be read; what stands in one may still be unknown. */
  readonly containers: readonly TaskContainer[] | undefined;
}

export interface TaskContainer {
  /** Undefined if it has none, or one that is not known. */
  readonly name: string | undefined;
  readonly image: string | undefined;
  readonly repositoryCredentials: Reading["state"];
  readonly logDriver: string | undefined;
  /** Whether it surely has secrets that ECS must read. */
  readonly hasSecrets: boolean;
}

/** The one task of an ECS task definition. */
export function taskOf(resource: Resource): Task {
  const isClassic = resource.type.startsWith("aws:");
  const keys = isClassic ? "any-case" : "exact";
  return {
    resource,
    launchTypes: launchTypesOf(resource, "requiresCompatibilities"),
    executionRole: inputOf(resource, "executionRoleArn"),
    containers: containersOf(decoded(inputOf(resource, "containerDefinitions")), keys),
  };
}

/** The one task of an Express service, which runs on Fargate. */
export function taskOfExpress(resource: Resource): Task {
  const container = inputOf(resource, "primaryContainer");
  return {
    resource,
    launchTypes: ["FARGATE"],
    executionRole: inputOf(resource, "executionRoleArn"),
    containers: container.state === "known" ? [containerOf(container, "exact")] : undefined,
  };
}

/** The tasks that a job definition of AWS Batch runs on ECS: of one container, or of `ecsProperties`. */
export function tasksOfJob(resource: Resource): Task[] {
  const keys = resource.type.startsWith("aws:") ? "any-case" : "exact";
  const launchTypes = launchTypesOf(resource, "platformCapabilities");
  const task = (holder: Reading, containers: Task["containers"]): Task => ({
    resource,
    launchTypes,
    executionRole: inside(holder, "executionRoleArn", keys),
    containers,
  });
  const single = decoded(inputOf(resource, "containerProperties"));
  const ecs = decoded(inputOf(resource, "ecsProperties"));
  const several = listIn(inside(ecs, "taskProperties", keys)) ?? [];
  return [
    ...(single.state === "known" && isRecord(single.value)
      ? [task(single, [containerOf(single, keys)])]
      : []),
    ...several
      .filter(({ state }) => state === "known")
      .map((one) => task(one, containersOf(inside(one, "containers", keys), keys))),
  ];
}

/** Whether a resource runs all its tasks on Fargate, by what `get` reads of it. */
export function launchesOnFargate({ type }: Resource, get: (key: string) => Reading): boolean {
  const launchType = get("launchType");
  if (launchType.state === "known") return launchType.value === "FARGATE";
  if (launchType.state === "unknown") return false;
  const isNative = type.startsWith("aws-native:");
  const providers = listIn(get(isNative ? "capacityProviderStrategy" : "capacityProviderStrategies")) ?? [];
  return (
    providers.length > 0 &&
    providers.every((one) => {
      const name = inside(one, "capacityProvider");
      return name.state === "known" && (name.value === "FARGATE" || name.value === "FARGATE_SPOT");
    })
  );
}

/** Whether an image is in private ECR, whose login the execution role provides. */
export function isInPrivateEcr(image: string): boolean {
  const registry = referenceIn(image)?.registry;
  return registry !== undefined && parseEcrHost(registry) !== undefined;
}

/** Whether the task can run on Fargate only. */
export function isFargateOnly({ launchTypes }: Task): boolean {
  return launchTypes?.length === 1 && launchTypes[0] === "FARGATE";
}

function launchTypesOf(resource: Resource, key: string): readonly string[] | undefined {
  const reading = inputOf(resource, key);
  if (reading.state === "absent") return [];
  const words = listIn(reading)?.map((one) =>
    one.state === "known" && typeof one.value === "string" ? one.value.toUpperCase() : undefined,
  );
  return words?.every((word) => word !== undefined) === true ? [...new Set(words)] : undefined;
}

function containersOf(list: Reading, keys: KeyMatch): TaskContainer[] | undefined {
  return listIn(list)?.map((one) => containerOf(one, keys));
}

function containerOf(container: Reading, keys: KeyMatch): TaskContainer {
  const holder = container.state === "known" ? container.value : undefined;
  const log = inside(container, "logConfiguration", keys);
  const secrets = listIn(inside(container, "secrets", keys)) ?? [];
  return {
    name: textAt(holder, "name", keys),
    image: textAt(holder, "image", keys),
    repositoryCredentials: inside(
      inside(container, "repositoryCredentials", keys),
      "credentialsParameter",
      keys,
    ).state,
    logDriver: log.state === "known" ? textAt(log.value, "logDriver", keys) : undefined,
    hasSecrets: secrets.some(({ state }) => state !== "absent"),
  };
}

/** A member of what a reading holds; of an unknown one, it is unknown. */
export function inside(holder: Reading, key: string, keys: KeyMatch = "exact"): Reading {
  return holder.state === "known" ? member(holder.value, key, keys) : holder;
}

export function listIn(reading: Reading): Reading[] | undefined {
  return reading.state === "known" && Array.isArray(reading.value) ? elementsOf(reading.value) : undefined;
}

/** The classic provider takes some properties as JSON texts, which it reads with Go's encoding/json. */
function decoded(reading: Reading): Reading {
  if (reading.state !== "known" || typeof reading.value !== "string") return reading;
  try {
    return read(unmarshalAny(reading.value));
  } catch {
    return { state: "unknown" };
  }
}
