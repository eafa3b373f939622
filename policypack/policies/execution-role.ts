import type { Reading } from "../common/values";
import {
  daemonTaskDefinition,
  expressGatewayService,
  jobDefinition,
  type Kind,
  registryPolicy,
  role as roleKind,
  service,
  taskDefinition,
} from "../program/kinds";
import { allowStatements, coversAction, type Grant, grants } from "../program/policy-document";
import { exists, inputOf, type Program, type Resource } from "../program/program";
import { mayBeOf, type PlacedRule, pullThroughRuleOf } from "../program/pull-through";
import { permissionsOf } from "../program/role-permissions";
import {
  isFargateOnly,
  isInPrivateEcr,
  runsOnFargate,
  type Task,
  taskOf,
  taskOfExpress,
  tasksOfJob,
} from "../program/tasks";
import { matchesWildcard } from "../common/wildcard";
import {
  type RoleNeed,
  missingExecutionRole,
  missingImport,
  missingPermission,
  missingTrust,
  type RoleUse,
} from "../report";
import { referenceIn } from "../oci/reference";
import { parseEcrHost } from "../aws/ecr-hosts";
import { upstreamOf } from "../aws/pull-through";
import { deploymentRisks, type ProgramFinding, type ProgramPolicyDefinition } from "./definition";

/** Reports execution roles that ECS cannot use: there is none, it does not trust ECS, or it may not read the registry. */
export const executionRole: ProgramPolicyDefinition = {
  name: "execution-role",
  displayName: "Every execution role lets ECS pull the images",
  description: "The execution role of a task must exist, trust ECS and allow it to pull the images.",
  enforcementLevel: "mandatory",
  severity: "high",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images", "iam"],
  remediationSteps:
    "Let ecs-tasks.amazonaws.com assume the role, and attach AmazonECSTaskExecutionRolePolicy to it.",
  concerns: [taskDefinition, daemonTaskDefinition, expressGatewayService, jobDefinition],
  judge: (program) => {
    const tasks = program.ofKind(taskDefinition).map(taskOf);
    const users = rolesOfEcr(program, [
      ...tasks,
      ...program.ofKind(expressGatewayService).map(taskOfExpress),
    ]);
    return [
      ...withoutRole(program, tasks),
      ...untrusted(program),
      ...unpermitted(program, users),
      ...unimportable(program, users),
    ];
  },
};

/** Registration refuses a task that needs an execution role and has none. */
function withoutRole(program: Program, tasks: readonly Task[]): ProgramFinding[] {
  const jobs = program.ofKind(jobDefinition).flatMap(tasksOfJob);
  return [...tasks, ...jobs].flatMap((task) => {
    const { resource, executionRole: given } = task;
    if (!isAbsent(given)) return [];
    const need = jobs.includes(task) ? needOfJob(task) : needOf(task);
    return need === undefined
      ? []
      : [{ users: [resource], message: () => missingExecutionRole(resource, need) }];
  });
}

function isAbsent(given: Reading): boolean {
  return given.state === "absent" || (given.state === "known" && given.value === "");
}

/** What ECS needs the execution role for, whichever it says first. */
function needOf({ launchTypes, containers = [] }: Task): RoleNeed | undefined {
  if (containers.some(({ hasSecrets }) => hasSecrets)) return "secrets";
  if (containers.some(({ repositoryCredentials }) => repositoryCredentials === "known")) return "login";
  if (launchTypes?.includes("FARGATE") !== true) return undefined;
  if (containers.some(({ image }) => image !== undefined && isInPrivateEcr(image))) return "ecr";
  return containers.some(({ logDriver }) => logDriver === "awslogs") ? "awslogs" : undefined;
}

function needOfJob({ launchTypes }: Task): RoleNeed | undefined {
  return launchTypes?.includes("FARGATE") === true ? "job" : undefined;
}

/** The trust policy of a role that ECS must assume allows others only. */
function untrusted(program: Program): ProgramFinding[] {
  const kinds: readonly Kind[] = [taskDefinition, daemonTaskDefinition, expressGatewayService];
  const uses = new Map<Resource, { readonly as: RoleUse; readonly user: Resource }[]>();
  for (const user of kinds.flatMap((kind) => program.ofKind(kind)))
    for (const [as, key] of roleKeys) {
      const link = program.link(user, key, roleKind);
      if (link.state === "found") uses.set(link.resource, [...(uses.get(link.resource) ?? []), { as, user }]);
    }
  return [...uses].flatMap(([role, used]) => {
    const trusted = trustedServices(role);
    if (trusted === undefined) return [];
    return [
      {
        users: [...new Set(used.map(({ user }) => user))],
        message: (users) => {
          const [first] = used.filter(({ user }) => users.includes(user));
          return missingTrust(role, first?.as ?? "execution role", users, trusted);
        },
        ...remarkIf(exists(role, roleKind)),
      },
    ];
  });
}

const roleKeys: readonly (readonly [RoleUse, string])[] = [
  ["execution role", "executionRoleArn"],
  ["task role", "taskRoleArn"],
];

const isEcsTasks = /^ecs-tasks\./i;

/** Whom a role's trust policy allows instead of ECS; undefined if it may allow ECS. */
function trustedServices(role: Resource): string[] | undefined {
  const key = role.type.startsWith("aws-native:") ? "assumeRolePolicyDocument" : "assumeRolePolicy";
  const statements = allowStatements(inputOf(role, key));
  if (statements === undefined) return undefined;
  const trusted: string[] = [];
  for (const { actions, principals } of statements) {
    if (actions === undefined || principals === undefined) return undefined;
    if (!coversAction(actions, "sts:AssumeRole")) continue;
    for (const { kind, value } of principals) {
      if (value.includes("*") || isEcsTasks.test(value)) return undefined;
      trusted.push(kind.toLowerCase() === "service" ? value : `${kind} principals`);
    }
  }
  return [...new Set(trusted)];
}

const token = "ecr:GetAuthorizationToken";
const layers = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

interface EcrUse {
  readonly task: Resource;
  readonly images: readonly string[];
}

/** Execution roles, and the tasks that pull with them. */
type RoleUsers = ReadonlyMap<Resource, readonly EcrUse[]>;

/** The execution roles that the program creates, and the Fargate tasks with images in private ECR that use them. */
function rolesOfEcr(program: Program, tasks: readonly Task[]): RoleUsers {
  const users = new Map<Resource, EcrUse[]>();
  const ofServices = new Set(
    program
      .ofKind(service)
      .filter(runsOnFargate)
      .flatMap((one) => {
        const link = program.link(one, "taskDefinition", taskDefinition);
        return link.state === "found" ? [link.resource] : [];
      }),
  );
  for (const task of tasks) {
    const images = (task.containers ?? []).flatMap(({ image, repositoryCredentials }) =>
      image !== undefined && repositoryCredentials === "absent" && isInPrivateEcr(image) ? [image] : [],
    );
    if (images.length === 0 || !(isFargateOnly(task) || ofServices.has(task.resource))) continue;
    const link = program.link(task.resource, "executionRoleArn", roleKind);
    if (link.state === "found")
      users.set(link.resource, [...(users.get(link.resource) ?? []), { task: task.resource, images }]);
  }
  return users;
}

/** A role that the program creates does not let ECS pull from private ECR. */
function unpermitted(program: Program, users: RoleUsers): ProgramFinding[] {
  return [...users].flatMap(([role, used]) => {
    const statements = permissionsOf(program, role);
    if (statements === undefined) return [];
    const tell = (concerned: typeof used, missing: readonly string[], likely: boolean): ProgramFinding[] =>
      concerned.length === 0
        ? []
        : [
            {
              users: concerned.map(({ task }) => task),
              message: (still) => {
                const [example] = concerned.find(({ task }) => still.includes(task))?.images ?? [];
                return missingPermission(role, still, example ?? "", missing, likely);
              },
              ...remarkIf(likely || exists(role, roleKind)),
            },
          ];
    if (grants(statements, token, everything) === "no") return tell(used, [token, ...layers], false);
    const lacking = used.filter(({ images }) =>
      images.some((image) =>
        layers.some((action) => grants(statements, action, repositoryOf(image)) === "no"),
      ),
    );
    return tell(lacking, layers, true);
  });
}

const imports = "ecr:BatchImportUpstreamImage";

/** A role that the program creates does not let ECS import images through a cache of the program. The registry's policy may allow it. */
function unimportable(program: Program, users: RoleUsers): ProgramFinding[] {
  const rules = [...program.resources].flatMap(
    ({ type, inputs, provider }) => pullThroughRuleOf(type, inputs, provider) ?? [],
  );
  if (rules.length === 0 || program.ofKind(registryPolicy).length > 0) return [];
  return [...users].flatMap(([role, used]): ProgramFinding[] => {
    const statements = permissionsOf(program, role);
    if (statements === undefined || grants(statements, token, everything) === "no") return [];
    const lacking = used.flatMap(({ task, images }) => {
      const image = images.find(
        (one) => isCached(one, rules) && grants(statements, imports, repositoryOf(one)) === "no",
      );
      return image === undefined ? [] : [{ task, image }];
    });
    const [first] = lacking;
    if (first === undefined) return [];
    const missing = [imports, "ecr:CreateRepository"].filter(
      (action) => grants(statements, action, repositoryOf(first.image)) === "no",
    );
    const message = (still: readonly Resource[]) => {
      const { image } = lacking.find(({ task }) => still.includes(task)) ?? first;
      return missingImport(role, still, image, missing);
    };
    return [{ users: lacking.map(({ task }) => task), message, remark: true }];
  });
}

function isCached(image: string, rules: readonly PlacedRule[]): boolean {
  const reference = referenceIn(image);
  const host = reference === undefined ? undefined : parseEcrHost(reference.registry);
  if (reference === undefined || host === undefined) return false;
  const held = rules.filter((rule) => mayBeOf(rule, host));
  return upstreamOf(reference, held) !== undefined;
}

/** `GetAuthorizationToken` belongs to no repository: only `*` covers it. Of a pattern that may stand for anything, it is not known. */
function everything(pattern: string): Grant {
  if (pattern === "*") return "yes";
  const [, service, rest = ""] = /^arn:[^:]*:([a-z0-9-]+):(.*)$/s.exec(pattern) ?? [];
  if (service === undefined) return "maybe";
  return service !== "ecr" || /^[^:]*:[^:]*:repository\//.test(rest) ? "no" : "maybe";
}

const partitions = [
  "aws",
  "aws-cn",
  "aws-us-gov",
  "aws-eusc",
  "aws-iso",
  "aws-iso-b",
  "aws-iso-e",
  "aws-iso-f",
];

/** Whether a pattern has a policy variable, such as `${aws:PrincipalAccount}`, whose value depends on the request. */
function isVariable(pattern: string): boolean {
  return pattern.includes("${");
}

/** Whether a pattern covers the repository of an image. */
function repositoryOf(image: string): (pattern: string) => Grant {
  const reference = referenceIn(image);
  const host = reference === undefined ? undefined : parseEcrHost(reference.registry);
  if (reference === undefined || host === undefined) return () => "maybe";
  const tail = `:ecr:${host.region}:${host.account}:repository/${reference.repository}`;
  const arns = partitions.map((partition) => `arn:${partition}${tail}`);
  return (pattern) =>
    arns.some((arn) => matchesWildcard(pattern, arn)) ? "yes" : isVariable(pattern) ? "maybe" : "no";
}

function remarkIf(condition: boolean): { readonly remark?: true } {
  return condition ? { remark: true } : {};
}
