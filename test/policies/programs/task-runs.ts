import { type Declared, mapped, ref } from "../../../support/engine/declared";
import { nativeTask, role } from "../../../support/engine/fragments";
import { any, type BrokenPrograms, closedNet, ecr, group, hub, nat, publicNet, route, sg } from "./networks";

/** Where a resource of a type says how its tasks run. */
interface Form {
  readonly type: string;
  /** What its inputs are, but for the part that says it. */
  readonly around: (part: object) => Record<string, unknown>;
  readonly taskDefinition: "taskDefinition" | "taskDefinitionArn";
  readonly vpc?: string;
  readonly strategies: string;
}

const inTarget = (target: object, arn: unknown = ref("cluster", "arn")) => ({
  arn,
  roleArn: ref("runner", "arn"),
  ecsParameters: target,
});
const classic = { taskDefinition: "taskDefinitionArn", strategies: "capacityProviderStrategies" } as const;
const native = { taskDefinition: "taskDefinitionArn", strategies: "capacityProviderStrategy" } as const;

export const forms: Record<string, Form> = {
  "a task set": {
    ...classic,
    type: "aws:ecs/taskSet:TaskSet",
    around: (part) => ({ service: "web", cluster: ref("cluster", "arn"), ...part }),
    taskDefinition: "taskDefinition",
  },
  "an event target": {
    ...classic,
    type: "aws:cloudwatch/eventTarget:EventTarget",
    around: (ecsTarget) => ({ arn: ref("cluster", "arn"), roleArn: ref("runner", "arn"), ecsTarget }),
  },
  "a schedule": {
    ...classic,
    type: "aws:scheduler/schedule:Schedule",
    around: (part) => ({ scheduleExpression: "rate(1 hour)", target: inTarget(part) }),
  },
  "a pipe": {
    ...classic,
    type: "aws:pipes/pipe:Pipe",
    around: (part) => ({ target: ref("cluster", "arn"), targetParameters: { ecsTaskParameters: part } }),
    vpc: "awsVpcConfiguration",
  },
  "a task set of aws-native": {
    ...native,
    type: "aws-native:ecs:TaskSet",
    around: (part) => ({ service: "web", cluster: ref("cluster", "arn"), ...part }),
    taskDefinition: "taskDefinition",
    vpc: "awsVpcConfiguration",
  },
  "an event rule of aws-native": {
    ...native,
    type: "aws-native:events:Rule",
    around: (part) => ({
      targets: [
        { id: "log", arn: "arn:aws:logs:::x" },
        { id: "run", ...inTarget(part) },
      ],
    }),
    vpc: "awsVpcConfiguration",
  },
  "a schedule of aws-native": {
    ...native,
    type: "aws-native:scheduler:Schedule",
    around: (part) => ({ scheduleExpression: "rate(1 hour)", target: inTarget(part) }),
    vpc: "awsvpcConfiguration",
  },
  "a pipe of aws-native": {
    ...native,
    type: "aws-native:pipes:Pipe",
    around: (part) => ({ target: ref("cluster", "arn"), targetParameters: { ecsTaskParameters: part } }),
    vpc: "awsvpcConfiguration",
  },
};

/** What all of them need. */
export const runners = [any("aws:ecs/cluster:Cluster", "cluster"), role("runner")];

/** What runs tasks of `task`, without a public IP; `network` and `part` replace what stands there. */
export function run(form: Form, network: object = {}, part: object = {}): Declared {
  const off = form.vpc === undefined ? false : "DISABLED";
  const vpc = { subnets: [ref("a")], securityGroups: [ref("sg")], assignPublicIp: off, ...network };
  return any(
    form.type,
    "web",
    form.around({
      launchType: "FARGATE",
      [form.taskDefinition]: ref("task", "arn"),
      networkConfiguration: form.vpc === undefined ? vpc : { [form.vpc]: vpc },
      ...part,
    }),
  );
}

type Programs = Record<string, readonly Declared[]>;

const each = <T>(make: (form: Form, title: string) => Record<string, T>): Record<string, T> =>
  Object.assign({}, ...Object.entries(forms).map(([title, form]) => make(form, title))) as Record<string, T>;

const on = ({ vpc }: Form) => ({ assignPublicIp: vpc === undefined ? true : "ENABLED" });
const strategy = (form: Form, ...names: string[]) => ({
  launchType: undefined,
  [form.strategies]: names.map((capacityProvider) => ({ capacityProvider })),
});

export const goodTaskRuns: Programs = {
  ...each((form, title) => ({
    [`${title} with a public IP`]: [...runners, ...ecr, ...publicNet, sg, run(form, on(form))],
    [`${title} with a NAT gateway`]: [
      ...runners,
      ...hub,
      ...closedNet,
      nat,
      route({ natGatewayId: ref("nat") }),
      sg,
      run(form),
    ],
    [`${title} with EC2 capacity`]: [
      ...runners,
      ...ecr,
      ...publicNet,
      group(),
      run(form, {}, { launchType: "EC2" }),
    ],
    [`${title} with the strategy of its cluster`]: [
      ...runners,
      ...ecr,
      ...publicNet,
      group(),
      run(form, {}, { launchType: undefined }),
    ],
    [`${title} with Fargate beside EC2 capacity`]: [
      ...runners,
      ...ecr,
      ...publicNet,
      group(),
      run(form, {}, strategy(form, "FARGATE", "asg")),
    ],
    [`${title} with a public IP that is not known`]: [
      ...runners,
      ...ecr,
      ...publicNet,
      sg,
      run(form, { assignPublicIp: mapped([ref("vpc")], () => on(form).assignPublicIp) }),
    ],
    [`${title} on an old platform`]: [
      ...runners,
      ...ecr,
      ...publicNet,
      group(),
      run(form, {}, { platformVersion: "1.3.0" }),
    ],
    [`${title} in a closed subnet, with an image in ECR`]: [...runners, ...ecr, ...closedNet, sg, run(form)],
    [`${title} with security groups that are one output`]: [
      ...runners,
      ...ecr,
      ...publicNet,
      group(),
      run(form, { ...on(form), securityGroups: mapped([ref("sg")], (ids) => ids) }),
    ],
    // AWS has a default of its own where the provider has none.
    ...(form.vpc !== undefined && {
      [`${title} without a word on its public IP`]: [
        ...runners,
        ...ecr,
        ...publicNet,
        sg,
        run(form, { assignPublicIp: undefined }),
      ],
    }),
  })),
  "an event rule of aws-native with two targets, which may depend on either subnet": [
    ...runners,
    ...ecr,
    ...publicNet,
    sg,
    {
      ...any("aws-native:events:Rule", "web"),
      props: {
        targets: [ref("a"), mapped([ref("vpc")], () => "subnet-x")].map((subnet, id) => ({
          id: String(id),
          ...inTarget({
            launchType: "FARGATE",
            taskDefinitionArn: ref("task", "arn"),
            networkConfiguration: {
              awsVpcConfiguration: {
                subnets: [subnet],
                securityGroups: [ref("sg")],
                assignPublicIp: "DISABLED",
              },
            },
          }),
        })),
      },
    },
  ],
  "a pipe that takes its subnets from the event": [
    ...runners,
    ...ecr,
    ...publicNet,
    sg,
    run(forms["a pipe"]!, { subnets: ["$.detail.subnet"] }),
  ],
  "a schedule whose target others maintain": [
    ...runners,
    ...ecr,
    ...publicNet,
    sg,
    { ...run(forms["a schedule"]!), ignoreChanges: ["target.ecsParameters.networkConfiguration"] },
  ],
  "an event target without a network": [
    ...runners,
    ...ecr,
    ...publicNet,
    group(),
    run(forms["an event target"]!, {}, { networkConfiguration: undefined }),
  ],
};

/** Of a path that is broken: `first` while nothing exists; `second` once all does. */
export const brokenTaskRuns: BrokenPrograms = {
  ...each((form, title) => ({
    [`${title} in a public subnet without a public IP`]: [
      [...runners, ...ecr, ...publicNet, sg, run(form)],
      ["mandatory web"],
      ["advisory web"],
    ],
    [`${title} on Fargate Spot, without egress`]: [
      [...runners, ...ecr, ...publicNet, group(), run(form, on(form), strategy(form, "FARGATE_SPOT"))],
      ["mandatory web"],
      [],
    ],
    [`${title} without any route, and an image of Docker Hub`]: [
      [...runners, ...hub, ...closedNet, sg, run(form)],
      ["mandatory web"],
      ["advisory web"],
    ],
    [`${title} in a list of subnets that is one output`]: [
      [...runners, ...ecr, ...publicNet, sg, run(form, { subnets: mapped([ref("a")], (ids) => ids) })],
      ["mandatory web"],
      ["advisory web"],
    ],
    ...(form.vpc === undefined && {
      [`${title} without a word on its public IP`]: [
        [...runners, ...ecr, ...publicNet, sg, run(form, { assignPublicIp: undefined })],
        ["mandatory web"],
        ["advisory web"],
      ],
    }),
  })),
  "a schedule of a task definition of aws-native": [
    [
      ...runners,
      role("exec"),
      nativeTask("task", "nginx"),
      ...closedNet,
      sg,
      run(forms["a schedule"]!, {}, { taskDefinitionArn: ref("task", "taskDefinitionArn") }),
    ],
    ["mandatory web"],
    ["advisory web"],
  ],
};
