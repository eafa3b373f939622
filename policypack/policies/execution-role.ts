import type { Reading } from "../common/values";
import {
  daemonTaskDefinition,
  expressGatewayService,
  jobDefinition,
  type Kind,
  registryPolicy,
  role as roleKind,
  taskDefinition,
} from "../program/kinds";
import {
  ecrPermissions,
  hasRepositoryPolicy,
  importAction,
  importActions,
  lackingActions,
  layerActions,
  loginAction,
  neededPermissions,
  partitionOfImage,
  type Permission,
} from "../program/ecr-permissions";
import type { AllowStatement } from "../program/policy-document";
import { exists, inputOf, type Program, type Resource } from "../program/program";
import { mayBeCached, pullThroughRuleOf } from "../program/pull-through";
import { permissionsOf } from "../program/role-permissions";
import {
  isFargateOnly,
  isInPrivateEcr,
  type Task,
  taskOf,
  taskOfExpress,
  tasksOfJob,
} from "../program/tasks";
import { type TaskRun, taskRunsOf } from "../program/task-runs";
import { assumersWithoutEcs } from "../program/trust-policy";
import {
  type LackingRole,
  type RoleNeed,
  missingExecutionRole,
  missingImport,
  missingPermission,
  missingTrust,
  type RoleUse,
} from "../report";
import {
  deploymentRisks,
  type KnownRegistries,
  type ProgramFinding,
  type ProgramPolicyDefinition,
} from "./definition";

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
  judge: (program, registries) => {
    const tasks = program.ofKind(taskDefinition).map(taskOf);
    const users = rolesOfEcr(program, [
      ...tasks,
      ...program.ofKind(expressGatewayService).map(taskOfExpress),
    ]);
    return [
      ...withoutRole(program, tasks),
      ...untrusted(program),
      ...unpermitted(program, users),
      ...unimportable(program, users, registries),
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

function needOfJob({ resource, launchTypes }: Task): RoleNeed | undefined {
  if (launchTypes?.includes("FARGATE") !== true) return undefined;
  return inputOf(resource, "ecsProperties").state === "absent" ? "job" : "jobTask";
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
    const principals = assumersWithoutEcs(role);
    if (principals === undefined) return [];
    const trusted = principals.map(({ kind, value }) => (kind === "Service" ? { service: value } : { kind }));
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

interface EcrUse {
  readonly task: Resource;
  readonly images: readonly string[];
}

/** Execution roles, and the tasks that pull with them. */
type RoleUsers = ReadonlyMap<Resource, readonly EcrUse[]>;

/** The execution roles that the program creates, and the Fargate tasks with images in private ECR that use them. */
function rolesOfEcr(program: Program, tasks: readonly Task[]): RoleUsers {
  const users = new Map<Resource, EcrUse[]>();
  const runs = runsOf(program);
  for (const task of tasks) {
    const images = (task.containers ?? []).flatMap(({ image, repositoryCredentials }) =>
      image !== undefined && repositoryCredentials === "absent" && isInPrivateEcr(image) ? [image] : [],
    );
    if (images.length === 0 || !pullsOnFargate(task, runs.get(task.resource) ?? [])) continue;
    const link = program.link(task.resource, "executionRoleArn", roleKind);
    if (link.state === "found")
      users.set(link.resource, [...(users.get(link.resource) ?? []), { task: task.resource, images }]);
  }
  return users;
}

/** Task definition → the services, schedules and others that run it. */
function runsOf(program: Program): Map<Resource, TaskRun[]> {
  const runs = new Map<Resource, TaskRun[]>();
  for (const run of taskRunsOf(program))
    for (const task of program.links(
      run.resource,
      run.keys.taskDefinition,
      [run.taskDefinition],
      taskDefinition,
    ) ?? [])
      runs.set(task, [...(runs.get(task) ?? []), run]);
  return runs;
}

/** A definition for Fargate runs on EC2 too, if what runs it says so: there, the instance may pull. */
function pullsOnFargate(task: Task, runs: readonly TaskRun[]): boolean {
  return (
    runs.some(({ isOnFargate }) => isOnFargate) ||
    (isFargateOnly(task) && !runs.some(({ choosesHost }) => choosesHost))
  );
}

/** A role that the program creates does not let ECS pull from private ECR. */
function unpermitted(program: Program, users: RoleUsers): ProgramFinding[] {
  return [...users].flatMap(([role, used]): ProgramFinding[] => {
    const statements = permissionsOf(program, role);
    if (statements === undefined) return [];
    const lacking = lackingUsers(used, (image) => {
      const missing = lackingActions(statements, [loginAction, ...layerActions], image);
      return missing.includes(loginAction) || !hasRepositoryPolicy(program, image) ? missing : [];
    });
    const [first] = lacking;
    if (first === undefined) return [];
    // All images need the same login. A policy of the repository that another stack made may allow the rest.
    const isLikely = !first.missing.includes(loginAction);
    return [
      {
        users: lacking.map(({ task }) => task),
        message: (still) => {
          const { image, missing } = lacking.find(({ task }) => still.includes(task)) ?? first;
          return missingPermission(lackingRole(role, statements, missing, image), still, image, isLikely);
        },
        ...remarkIf(isLikely || exists(role, roleKind)),
      },
    ];
  });
}

/** The tasks with an image for which actions are missing, and the first such image of each. */
function lackingUsers(
  used: readonly EcrUse[],
  missingFor: (image: string) => readonly string[],
): { readonly task: Resource; readonly image: string; readonly missing: readonly string[] }[] {
  return used.flatMap(({ task, images }) =>
    images
      .map((image) => ({ task, image, missing: missingFor(image) }))
      .filter(({ missing }) => missing.length > 0)
      .slice(0, 1),
  );
}

/** A role that the program creates does not let ECS import images through a cache of the program. The registry's policy may allow it. */
function unimportable(program: Program, users: RoleUsers, { hasImage }: KnownRegistries): ProgramFinding[] {
  const rules = [...program.resources].flatMap(
    ({ type, inputs, provider }) => pullThroughRuleOf(type, inputs, provider) ?? [],
  );
  if (rules.length === 0 || program.ofKind(registryPolicy).length > 0) return [];
  return [...users].flatMap(([role, used]): ProgramFinding[] => {
    const statements = permissionsOf(program, role);
    if (statements === undefined) return [];
    const lacking = lackingUsers(used, (image) => {
      const missing = lackingActions(statements, [loginAction, ...importActions], image);
      return mayBeCached(image, rules) &&
        !hasImage(image) &&
        missing.includes(importAction) &&
        !missing.includes(loginAction)
        ? missing
        : [];
    });
    const [first] = lacking;
    if (first === undefined) return [];
    const message = (still: readonly Resource[]) => {
      const { image, missing } = lacking.find(({ task }) => still.includes(task)) ?? first;
      return missingImport(lackingRole(role, statements, missing, image), still, image, missing);
    };
    return [{ users: lacking.map(({ task }) => task), message, remark: true }];
  });
}

function lackingRole(
  role: Resource,
  statements: readonly AllowStatement[],
  missing: readonly string[],
  image: string,
): LackingRole {
  const listsPolicies =
    role.type.startsWith("aws-native:") || inputOf(role, "managedPolicyArns").state !== "absent";
  return {
    ...role,
    listsPolicies,
    partition: partitionOfImage(image),
    allows: ecrPermissions(statements).map(inWords),
    lacks: neededPermissions(missing, image).map(inWords),
  };
}

function inWords({ actions, resources }: Permission): string {
  return `${actions.join(", ")} on ${resources.join(", ")}`;
}

function remarkIf(condition: boolean): { readonly remark?: true } {
  return condition ? { remark: true } : {};
}
