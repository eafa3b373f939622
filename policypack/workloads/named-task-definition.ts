import type { WorkloadImages } from "./image-use";
import { isRedacted, member, type Reading } from "../common/values";

/** A task definition that a resource names instead of describing one. */
export interface NamedTaskDefinition {
  /** ARN, `family` or `family:revision`, as the resource gives it. */
  readonly name: string;
  /** The input that holds it, such as `ecsTarget`: the engine knows dependencies of an input as a whole. */
  readonly key: string;
  /** The place in the resource, such as `ecsTarget.taskDefinitionArn`. */
  readonly path: string;
}

/** Where the known names stand; and the places whose name this run cannot read. */
export interface TaskDefinitionNames extends Pick<WorkloadImages, "unreadable"> {
  readonly names: readonly NamedTaskDefinition[];
}

/** Pulumi type → the path of the name in its inputs; `[]` stands for every element of a list. */
const places: ReadonlyMap<string, readonly string[]> = new Map([
  ["aws:ecs/service:Service", ["taskDefinition"]],
  ["aws:ecs/taskSet:TaskSet", ["taskDefinition"]],
  ["aws:cloudwatch/eventTarget:EventTarget", ["ecsTarget", "taskDefinitionArn"]],
  ["aws:scheduler/schedule:Schedule", ["target", "ecsParameters", "taskDefinitionArn"]],
  ["aws:pipes/pipe:Pipe", ["targetParameters", "ecsTaskParameters", "taskDefinitionArn"]],
  ["aws-native:ecs:Service", ["taskDefinition"]],
  ["aws-native:ecs:TaskSet", ["taskDefinition"]],
  ["aws-native:ecs:ExpressGatewayService", ["taskDefinitionArn"]],
  ["aws-native:events:Rule", ["targets", "[]", "ecsParameters", "taskDefinitionArn"]],
  ["aws-native:scheduler:Schedule", ["target", "ecsParameters", "taskDefinitionArn"]],
  ["aws-native:pipes:Pipe", ["targetParameters", "ecsTaskParameters", "taskDefinitionArn"]],
]);

/** Whether resources of a Pulumi type run a task definition that they only name. */
export function namesTaskDefinition(type: string): boolean {
  return places.has(type);
}

/** The task definitions that a resource names. Names that are absent or not known yet are left out. Never throws. */
export function taskDefinitionNames(type: string, props: unknown): TaskDefinitionNames {
  const path = places.get(type);
  const [key] = path ?? [];
  if (path === undefined || key === undefined) return { names: [], unreadable: [] };
  const found = valuesAt({ state: "known", value: props }, path, "").flatMap(({ reading, at }) =>
    reading.state === "known" && typeof reading.value === "string"
      ? [{ name: reading.value, key, path: at }]
      : [],
  );
  return {
    names: found.filter(({ name }) => name !== "" && !isRedacted(name)),
    unreadable: found
      .filter(({ name }) => isRedacted(name))
      .map(({ path: at }) => ({
        reason: "redacted",
        path: at,
        message: "the task definition is a secret that could not be decrypted",
      })),
  };
}

/** What ECS takes as a name (ECS API, `DescribeTaskDefinition`). */
export interface ParsedTaskDefinitionName {
  readonly family: string;
  /** Undefined for the newest that is active. */
  readonly revision?: string;
  /** Of an ARN. */
  readonly region?: string;
  readonly account?: string;
}

const arn = /^arn:aws[a-z-]*:ecs:([a-z0-9-]+):(\d{12}):task-definition\/([\w-]{1,255})(?::(\d{1,10}))?$/;
const short = /^([\w-]{1,255})(?::(\d{1,10}))?$/;

/** Undefined for a text that ECS takes for no task definition's name. */
export function parseTaskDefinitionName(name: string): ParsedTaskDefinitionName | undefined {
  const long = arn.exec(name);
  const [family, revision] = (long?.slice(3) ?? short.exec(name)?.slice(1) ?? []) as (string | undefined)[];
  if (family === undefined) return undefined;
  const [, region, account] = long ?? [];
  return {
    family,
    ...(revision !== undefined && { revision }),
    ...(region !== undefined && { region }),
    ...(account !== undefined && { account }),
  };
}

interface Value {
  readonly reading: Reading;
  readonly at: string;
}

function valuesAt(reading: Reading, [step, ...rest]: readonly string[], at: string): Value[] {
  if (step === undefined) return [{ reading, at }];
  if (reading.state !== "known") return [];
  const { value } = reading;
  if (step !== "[]") return valuesAt(member(value, step), rest, at === "" ? step : `${at}.${step}`);
  if (!Array.isArray(value)) return [];
  return Array.from({ length: value.length }, (_, i) => i).flatMap((i) =>
    valuesAt(member(value, i), rest, `${at}[${i}]`),
  );
}
