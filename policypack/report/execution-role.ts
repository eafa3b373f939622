import { count, printable } from "../common/text";
import { printableName } from "../oci/reference";
import { type Fact, facts, named, type Named, quoted, usedByNames } from "./layout";

/** What a role is used as. */
export type RoleUse = "execution role" | "task role";

/** What ECS needs an execution role for; `jobTask` stands for a task of `ecsProperties`. */
export type RoleNeed = "secrets" | "login" | "ecr" | "awslogs" | "job" | "jobTask";

/** Whom a trust policy allows to assume a role: a service by its name, others by the kind of principal, such as `AWS`. */
export type Trusted = { readonly service: string } | { readonly kind: string };

/** An execution role whose policies lack something for an image in private ECR. */
export interface LackingRole extends Named {
  /** It lists its managed policies itself: an attachment beside the list would not last, and aws-native has none. */
  readonly listsPolicies: boolean;
  /** The partition in its ARNs: `aws-cn`. */
  readonly partition: string;
  /** What its policies allow in ECR: `ecr:* on arn:…`. */
  readonly allows: readonly string[];
  /** What they would have to allow, in the same form. */
  readonly lacks: readonly string[];
}

const jobRefusal = ["AWS Batch requires an execution role for jobs on Fargate."];

/** AWS's own words, as RegisterTaskDefinition answers. */
const refusals: Record<RoleNeed, readonly string[]> = {
  secrets: [
    "ClientException: When you are specifying container secrets, you must also",
    "specify a value for 'executionRoleArn'.",
  ],
  login: [
    "ClientException: Private repository authentication requires that the task",
    "definition specify a value for executionRoleArn.",
  ],
  ecr: [
    "ClientException: Fargate requires task definition to have execution role ARN",
    "to support ECR images.",
  ],
  awslogs: [
    "ClientException: Fargate requires task definition to have execution role ARN",
    "to support log driver awslogs.",
  ],
  job: jobRefusal,
  jobTask: jobRefusal,
};

/** Where a job definition has the role. */
const places: Partial<Record<RoleNeed, string>> = {
  job: "containerProperties",
  jobTask: "taskProperties of ecsProperties",
};

/** A task without an execution role, which AWS refuses to register. */
export function missingExecutionRole(task: Named, need: RoleNeed): string {
  const place = places[need];
  const noun = place === undefined ? "task definition" : "job definition";
  return [
    `AWS refuses this ${noun}: it has no execution role.`,
    ...refusals[need].map((line) => `  ${line}`),
    "",
    ...facts([[noun, named(task)]]),
    "",
    "Fix: set the execution role. In TypeScript:",
    "  executionRoleArn: executionRole.arn,",
    "In YAML:",
    "  executionRoleArn: ${executionRole.arn}",
    ...(place === undefined ? [] : [`It is a field of ${place}.`]),
    ...(place === undefined || isNative(task)
      ? []
      : ["They are a JSON text: make it with pulumi.jsonStringify, or with fn::toJSON."]),
    "The role must trust ecs-tasks.amazonaws.com. AWS's managed policy",
    "AmazonECSTaskExecutionRolePolicy has the permissions for ECR and awslogs.",
  ].join("\n");
}

/** A role that ECS cannot assume. */
export function missingTrust(
  role: Named,
  as: RoleUse,
  users: readonly Named[],
  trusted: readonly Trusted[],
): string {
  const words = trusted.map((one) => ("service" in one ? quoted(one.service) : `${one.kind} principals`));
  return [
    `ECS cannot assume this ${as}. No task that uses it can start:`,
    "  ECS was unable to assume the role that was provided for this task.",
    "",
    ...facts([
      [as, named(role)],
      ...usedByNames(users),
      ["trusts", words.length === 0 ? "nobody with sts:AssumeRole" : words.join(", ")],
      ["missing", "`ecs-tasks.amazonaws.com`"],
    ]),
    "",
    "Fix: add this statement to the role's trust policy. In TypeScript:",
    "  {",
    '    Effect: "Allow",',
    '    Principal: { Service: "ecs-tasks.amazonaws.com" },',
    '    Action: "sts:AssumeRole",',
    "  },",
    "In YAML:",
    "  - Effect: Allow",
    "    Principal: { Service: ecs-tasks.amazonaws.com }",
    "    Action: sts:AssumeRole",
  ].join("\n");
}

/** An execution role that does not let ECS pull from private ECR. */
export function missingPermission(
  role: LackingRole,
  users: readonly Named[],
  image: string,
  isLikely: boolean,
): string {
  return [
    ...(isLikely
      ? [
          "ECS can pull this image only if the repository's own policy allows it: the",
          "policies of the execution role do not.",
        ]
      : [
          "ECS cannot log in to Amazon ECR with this execution role. It stops tasks with",
          "CannotPullContainerError.",
        ]),
    "",
    ...permissionFacts(role, users, image),
    "",
    ...(role.listsPolicies ? entry(role) : attachment(role)),
  ].join("\n");
}

/**
 * An execution role that does not let ECS import an image through a pull through cache.
 *
 * @param missing the actions to allow
 */
export function missingImport(
  role: LackingRole,
  users: readonly Named[],
  image: string,
  missing: readonly string[],
): string {
  const actions = `[${missing.map((action) => `"${action}"`).join(", ")}]`;
  return [
    "ECS can import this image through the pull through cache only if the registry's",
    "policy allows it: the policies of the execution role do not. Until the cache has",
    "the image, tasks stop with CannotPullContainerError.",
    "",
    ...permissionFacts(role, users, image),
    "",
    "Fix: add this statement to a policy of the role. In TypeScript:",
    "  {",
    '    Effect: "Allow",',
    `    Action: ${actions},`,
    '    Resource: "*",',
    "  },",
    "In YAML:",
    "  - Effect: Allow",
    `    Action: ${actions}`,
    '    Resource: "*"',
  ].join("\n");
}

/** Lines of what a role allows. */
const mostShown = 2;

function permissionFacts(role: LackingRole, users: readonly Named[], image: string): string[] {
  const { allows, lacks } = role;
  return facts([
    ["execution role", named(role)],
    ...usedByNames(users),
    ["image", printableName(image)],
    ...rows("allows", allows.length === 0 ? ["nothing in Amazon ECR"] : shortened(allows)),
    ...rows("missing", lacks),
  ]);
}

function shortened(lines: readonly string[]): string[] {
  const shown = lines.slice(0, lines.length > mostShown ? mostShown - 1 : mostShown);
  const rest = lines.length - shown.length;
  return [
    ...shown.map((one) => printable(one, 140)),
    ...(rest > 0 ? [`and ${count(rest, "other statement")} on ECR`] : []),
  ];
}

function rows(label: string, lines: readonly string[]): Fact[] {
  return lines.map((line, i): Fact => [i === 0 ? label : "", line]);
}

const policyName = "AmazonECSTaskExecutionRolePolicy";

function policyArn({ partition }: LackingRole): string {
  return `arn:${partition}:iam::aws:policy/service-role/${policyName}`;
}

/** A resource of the classic provider. */
function attachment(role: LackingRole): string[] {
  const arn = policyArn(role);
  const inCode = role.partition === "aws" ? `aws.iam.ManagedPolicy.${policyName}` : `"${arn}"`;
  return [
    "Fix: attach AWS's managed policy to the role. In TypeScript:",
    '  new aws.iam.RolePolicyAttachment("pull-images", {',
    `    role: ${variableOf(role.name)}.name,`,
    `    policyArn: ${inCode},`,
    "  });",
    "In YAML:",
    "  pull-images:",
    "    type: aws:iam:RolePolicyAttachment",
    "    properties:",
    `      role: \${${keyOf(role.name)}.name}`,
    "      policyArn: >-",
    `        ${arn}`,
  ];
}

/** An element of the role's own list. */
function entry(role: LackingRole): string[] {
  const arn = policyArn(role);
  return [
    "Fix: add AWS's managed policy to the role's list. In TypeScript:",
    "  managedPolicyArns: [",
    `    "${arn}",`,
    "  ],",
    "In YAML:",
    "  managedPolicyArns:",
    `    - ${arn}`,
  ];
}

function isNative({ type }: Named): boolean {
  return type.startsWith("aws-native:");
}

/** The variable that a program in TypeScript probably has for a resource. */
function variableOf(resource: string): string {
  return /^[A-Za-z_]\w*$/.test(resource) ? resource : "role";
}

/** The key of a resource in a program in YAML: its name, unless the program gives another. */
function keyOf(resource: string): string {
  return /^[A-Za-z_][\w-]*$/.test(resource) ? resource : "role";
}
