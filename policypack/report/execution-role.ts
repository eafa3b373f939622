import { printableName } from "../oci/reference";
import { facts, named, type Named, quoted, usedByNames } from "./layout";

/** What a role is used as. */
export type RoleUse = "execution role" | "task role";

/** What ECS needs an execution role for. */
export type RoleNeed = "secrets" | "login" | "ecr" | "awslogs" | "job";

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
  job: ["AWS Batch requires an execution role for jobs on Fargate."],
};

/** A task without an execution role, which AWS refuses to register. */
export function missingExecutionRole(task: Named, need: RoleNeed): string {
  return [
    need === "job"
      ? "AWS refuses this job definition: it has no execution role."
      : "AWS refuses this task definition: it has no execution role.",
    ...refusals[need].map((line) => `  ${line}`),
    "",
    ...facts([[need === "job" ? "job definition" : "task definition", named(task)]]),
    "",
    "Fix: set the execution role. In TypeScript:",
    "  executionRoleArn: executionRole.arn,",
    "In YAML:",
    "  executionRoleArn: ${executionRole.arn}",
    ...(need === "job" ? ["It is a field of containerProperties."] : []),
    "The role must trust ecs-tasks.amazonaws.com. AWS's managed policy",
    "AmazonECSTaskExecutionRolePolicy has the permissions for ECR and awslogs.",
  ].join("\n");
}

/** A role that ECS cannot assume. */
export function missingTrust(
  role: Named,
  as: RoleUse,
  users: readonly Named[],
  trusted: readonly string[],
): string {
  return [
    `ECS cannot assume this ${as}. No task that uses it can start:`,
    "  ECS was unable to assume the role that was provided for this task.",
    "",
    ...facts([
      [as, named(role)],
      ...usedByNames(users),
      ["trusts", trusted.length === 0 ? "nobody" : trusted.map(quoted).join(", ")],
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
  role: Named,
  users: readonly Named[],
  image: string,
  missing: readonly string[],
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
    ...permissionFacts(role, users, image, missing),
    "",
    ...attachment(role.name),
  ].join("\n");
}

/** An execution role that does not let ECS import an image through a pull through cache. */
export function missingImport(
  role: Named,
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
    ...permissionFacts(role, users, image, missing),
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

function permissionFacts(
  role: Named,
  users: readonly Named[],
  image: string,
  missing: readonly string[],
): string[] {
  return facts([
    ["execution role", named(role)],
    ...usedByNames(users),
    ["image", printableName(image)],
    ["missing", missing.join(", ")],
  ]);
}

function attachment(role: string): string[] {
  const variable = variableOf(role);
  return [
    "Fix: attach AWS's managed policy to the role. In TypeScript:",
    '  new aws.iam.RolePolicyAttachment("pull-images", {',
    `    role: ${variable}.name,`,
    "    policyArn: aws.iam.ManagedPolicy.AmazonECSTaskExecutionRolePolicy,",
    "  });",
    "In YAML:",
    "  pull-images:",
    "    type: aws:iam:RolePolicyAttachment",
    "    properties:",
    `      role: \${${variable}.name}`,
    "      policyArn: >-",
    "        arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
  ];
}

/** The variable that a program probably has for a resource. */
function variableOf(resource: string): string {
  return /^[A-Za-z_]\w*$/.test(resource) ? resource : "role";
}
