import { isRecord, madeOnce, type Reading } from "../common/values";
import type { Kind } from "./kinds";
import { inputOf, type Program, type Resource } from "./program";
import { inside, launchesOnFargate, listIn } from "./tasks";

/** A resource that has ECS run tasks, and what it says of them. */
export interface TaskRun {
  readonly resource: Resource;
  /** As AWS names such a resource. */
  readonly noun: string;
  readonly taskDefinition: Reading;
  /** Whether all its tasks run on Fargate's platform 1.4.0 or later, where they pull through their own network interface. */
  readonly isOnFargate: boolean;
  /** Whether it says where they run: if not, the cluster and the task definition decide. */
  readonly choosesHost: boolean;
  /** Undefined if the resource says nothing of it that is known. */
  readonly network: TaskNetwork | undefined;
  /** The inputs that hold the two: the engine knows dependencies of an input as a whole. */
  readonly keys: { readonly taskDefinition: string; readonly network: string };
}

/** The network interface that tasks have (ECS API, `AwsVpcConfiguration`). */
export interface TaskNetwork {
  readonly subnets: Reading;
  readonly securityGroups: Reading;
  readonly hasPublicIp: "yes" | "no" | "unknown";
  /** How the resource gives its tasks a public IP. */
  readonly publicIp: string;
}

/** Where resources of a type say how tasks run (@pulumi/aws 7.48, and CloudFormation's schemas for aws-native). */
interface Form {
  readonly noun: string;
  /** The path of what says it; `[]` stands for the one element of a list that has the next. */
  readonly at: readonly string[];
  /** What the network configuration puts around the network. Those that do write `ENABLED` and `DISABLED`; the others, a Boolean, false by default. */
  readonly around?: "awsvpcConfiguration" | "awsVpcConfiguration";
}

const scheduleAt = ["target", "ecsParameters"];
const pipeAt = ["targetParameters", "ecsTaskParameters"];

const forms: ReadonlyMap<string, Form> = new Map<string, Form>([
  ["aws:ecs/service:Service", { noun: "service", at: [] }],
  ["aws:ecs/taskSet:TaskSet", { noun: "task set", at: [] }],
  ["aws:cloudwatch/eventTarget:EventTarget", { noun: "event target", at: ["ecsTarget"] }],
  ["aws:scheduler/schedule:Schedule", { noun: "schedule", at: scheduleAt }],
  ["aws:pipes/pipe:Pipe", { noun: "pipe", at: pipeAt, around: "awsVpcConfiguration" }],
  ["aws-native:ecs:Service", { noun: "service", at: [], around: "awsvpcConfiguration" }],
  ["aws-native:ecs:TaskSet", { noun: "task set", at: [], around: "awsVpcConfiguration" }],
  [
    "aws-native:events:Rule",
    { noun: "event rule", at: ["targets", "[]", "ecsParameters"], around: "awsVpcConfiguration" },
  ],
  ["aws-native:scheduler:Schedule", { noun: "schedule", at: scheduleAt, around: "awsvpcConfiguration" }],
  ["aws-native:pipes:Pipe", { noun: "pipe", at: pipeAt, around: "awsvpcConfiguration" }],
]);

/** What has ECS run tasks. */
export const taskRunning: Kind = { types: [...forms.keys()], ids: [] };

const known = new WeakMap<Program, readonly TaskRun[]>();

/** All that a program has, read once for the policies that judge them. */
export function taskRunsOf(program: Program): readonly TaskRun[] {
  return madeOnce(known, program, () => program.ofKind(taskRunning).flatMap((one) => taskRunOf(one) ?? []));
}

function taskRunOf(resource: Resource): TaskRun | undefined {
  const form = forms.get(resource.type);
  if (form === undefined) return undefined;
  const { noun, at, around } = form;
  const [key] = at;
  const get = partsAt(resource, at);
  const nameKey = key === undefined ? "taskDefinition" : "taskDefinitionArn";
  const version = get("platformVersion");
  const isRecent =
    version.state === "absent" ||
    (version.state === "known" && ["LATEST", "1.4.0", ""].includes(String(version.value)));
  return {
    resource,
    noun,
    taskDefinition: get(nameKey),
    isOnFargate: isRecent && launchesOnFargate(resource, get),
    choosesHost: ["launchType", "capacityProviderStrategy", "capacityProviderStrategies"]
      .map(get)
      .some((given) => given.state !== "absent" && listIn(given)?.length !== 0),
    network: runsTaskSets(resource) ? undefined : networkIn(get("networkConfiguration"), around),
    keys: { taskDefinition: key ?? nameKey, network: key ?? "networkConfiguration" },
  };
}

function networkIn(configuration: Reading, around: Form["around"]): TaskNetwork | undefined {
  const holder = around === undefined ? configuration : inside(configuration, around);
  if (holder.state !== "known" || !isRecord(holder.value)) return undefined;
  const [on, off] = around === undefined ? [true, false] : ["ENABLED", "DISABLED"];
  const given = inside(holder, "assignPublicIp");
  const isOff =
    given.state === "known" ? given.value === off : given.state === "absent" && around === undefined;
  return {
    subnets: inside(holder, "subnets"),
    securityGroups: inside(holder, "securityGroups"),
    hasPublicIp: isOff ? "no" : given.state === "known" ? "yes" : "unknown",
    publicIp: `assignPublicIp: ${JSON.stringify(on)}`,
  };
}

/** Whether a service's tasks may belong to task sets, as an external deployment controller makes them: these have networks of their own. */
function runsTaskSets(resource: Resource): boolean {
  const by = inside(inputOf(resource, "deploymentController"), "type");
  return by.state === "unknown" || (by.state === "known" && by.value === "EXTERNAL");
}

/** Reads what stands at a path. Of several that stand there, each is unknown: the engine does not show which depends on what. */
function partsAt(resource: Resource, [key, ...path]: readonly string[]): (part: string) => Reading {
  if (key === undefined) return (part) => inputOf(resource, part);
  let holders = [inputOf(resource, key)];
  for (const step of path)
    holders = holders.flatMap((holder) =>
      step === "[]" ? (listIn(holder) ?? [holder]) : [inside(holder, step)],
    );
  const [holder = { state: "absent" }, ...others] = holders.filter(({ state }) => state !== "absent");
  return (part) => (others.length > 0 ? { state: "unknown" } : inside(holder, part));
}
