import { type Declared, json, ref } from "./declared";

/** Parts of programs, in the shapes that people write. */
export const ecrImage = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1";
export const hubImage = "nginx:1.27";

export const executionPolicy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

export function trust(...services: readonly string[]): object {
  const Principal = { Service: services.length === 1 ? services[0] : services };
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal }],
  };
}

export function allow(
  Action: string | readonly string[],
  Resource: unknown = "*",
  more: object = {},
): object {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource, ...more }] };
}

export const pull = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

export function role(name: string, props: object = {}, more: Partial<Declared> = {}): Declared {
  return {
    type: "aws:iam/role:Role",
    name,
    props: { assumeRolePolicy: json(trust("ecs-tasks.amazonaws.com")), ...props },
    ...more,
  };
}

export function attach(
  name: string,
  roleName: unknown,
  policyArn: unknown = executionPolicy,
  more: Partial<Declared> = {},
): Declared {
  return {
    type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    name,
    props: { role: roleName, policyArn },
    ...more,
  };
}

export function inlinePolicy(name: string, roleName: unknown, policy: unknown): Declared {
  return { type: "aws:iam/rolePolicy:RolePolicy", name, props: { role: roleName, policy: json(policy) } };
}

export function customPolicy(name: string, policy: unknown, more: Partial<Declared> = {}): Declared {
  return { type: "aws:iam/policy:Policy", name, props: { policy: json(policy) }, ...more };
}

/** A Fargate task of one container, whose execution role is `exec` unless its properties say otherwise. */
export function task(
  name: string,
  image: unknown = ecrImage,
  props: object = {},
  container: object = {},
): Declared {
  return {
    type: "aws:ecs/taskDefinition:TaskDefinition",
    name,
    props: {
      family: name,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      executionRoleArn: ref("exec", "arn"),
      containerDefinitions: json([{ name: "app", image, ...container }]),
      ...props,
    },
  };
}

/** The same for aws-native. */
export function nativeTask(
  name: string,
  image: unknown = ecrImage,
  props: object = {},
  container: object = {},
): Declared {
  return {
    type: "aws-native:ecs:TaskDefinition",
    name,
    props: {
      family: name,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      executionRoleArn: ref("exec", "arn"),
      containerDefinitions: [{ name: "app", image, ...container }],
      ...props,
    },
  };
}

export function nativeRole(name: string, props: object = {}): Declared {
  return {
    type: "aws-native:iam:Role",
    name,
    props: { assumeRolePolicyDocument: trust("ecs-tasks.amazonaws.com"), ...props },
  };
}
