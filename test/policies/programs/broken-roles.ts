import { type Declared, json, ref } from "../../../support/engine/declared";
import {
  allow,
  attach,
  ecrImage,
  executionPolicy,
  hubImage,
  inlinePolicy,
  nativeRole,
  nativeTask,
  pull,
  role,
  task,
  trust,
} from "../../../support/engine/fragments";
import {
  exec,
  good,
  arn,
  secret,
  awslogs,
  login,
  without,
  opaque,
  repository,
  statements,
  cache,
} from "./roles";

/** A program with one link broken, and what the policy says of it: in the first preview, and once all exists. */
export const brokenRoles: Record<
  string,
  readonly [program: readonly Declared[], first: string[], second?: string[]]
> = {
  "a trust policy for EC2": [
    [role("exec", { assumeRolePolicy: json(trust("ec2.amazonaws.com")) }), good, task("web")],
    ["mandatory web"],
    ["advisory web"],
  ],
  "a trust policy for ECS itself": [
    [role("exec", { assumeRolePolicy: json(trust("ecs.amazonaws.com")) }), good, task("web")],
    ["mandatory web"],
  ],
  "a trust policy as an object": [
    [role("exec", { assumeRolePolicy: trust("lambda.amazonaws.com") }), good, task("web")],
    ["mandatory web"],
  ],
  "a trust policy for another action": [
    [
      role("exec", {
        assumeRolePolicy: json(
          statements({
            Effect: "Allow",
            Action: "sts:TagSession",
            Principal: { Service: "ecs-tasks.amazonaws.com" },
          }),
        ),
      }),
      good,
      task("web"),
    ],
    ["mandatory web"],
  ],
  "a trust policy that denies": [
    [
      role("exec", {
        assumeRolePolicy: json(
          statements(
            { Effect: "Deny", Action: "*", Principal: "*" },
            { Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: arn("x") } },
          ),
        ),
      }),
      good,
      task("web"),
    ],
    ["mandatory web"],
  ],
  "the trust policy of a task role": [
    [
      exec,
      good,
      role("app", { assumeRolePolicy: json(trust("lambda.amazonaws.com")) }),
      task("web", ecrImage, { taskRoleArn: ref("app", "arn") }),
    ],
    ["mandatory web"],
  ],
  "the trust policy of aws-native": [
    [
      nativeRole("exec", {
        assumeRolePolicyDocument: trust("ec2.amazonaws.com"),
        managedPolicyArns: [executionPolicy],
      }),
      nativeTask("web"),
    ],
    ["mandatory web"],
  ],
  "the trust policy of a role that two tasks share": [
    [role("exec", { assumeRolePolicy: json(trust("ec2.amazonaws.com")) }), good, task("a"), task("b")],
    ["mandatory a"],
  ],
  "no permission at all": [[exec, task("web")], ["mandatory web"], ["advisory web"]],
  "no permission, and an image that is known in the update only": [
    [opaque("repo", "aws:ecr/repository:Repository"), exec, task("web", ref("repo", "repositoryUrl"))],
    [],
    ["advisory web"],
  ],
  "a policy for logs only": [
    [exec, attach("a", ref("exec", "name"), "arn:aws:iam::aws:policy/CloudWatchLogsFullAccess"), task("web")],
    ["mandatory web"],
  ],
  "the policy on the task role": [
    [
      exec,
      role("app"),
      attach("a", ref("app", "name")),
      task("web", ecrImage, { taskRoleArn: ref("app", "arn") }),
    ],
    ["mandatory web"],
  ],
  "the policy on a role of another literal name": [
    [role("exec", { name: "app-exec" }), attach("a", "app-task"), task("web")],
    ["mandatory web"],
  ],
  "the token for a repository only": [
    [exec, inlinePolicy("p", ref("exec", "name"), allow(pull, repository)), task("web")],
    ["mandatory web"],
  ],
  "no permission for layers": [
    [exec, inlinePolicy("p", ref("exec", "name"), allow("ecr:GetAuthorizationToken")), task("web")],
    ["advisory web"],
  ],
  "the layers of another repository": [
    [
      exec,
      inlinePolicy(
        "p",
        ref("exec", "name"),
        statements(
          { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
          { Effect: "Allow", Action: "ecr:*", Resource: repository.replace("team/app", "team/other") },
        ),
      ),
      task("web"),
    ],
    ["advisory web"],
  ],
  "no permission for aws-native": [[nativeRole("exec"), nativeTask("web")], ["mandatory web"]],
  "no execution role for ECR": [[task("web", ecrImage, without)], ["mandatory web"], ["mandatory web"]],
  "no execution role for awslogs": [[task("web", hubImage, without, awslogs)], ["mandatory web"]],
  "no execution role for secrets": [
    [task("web", hubImage, { ...without, requiresCompatibilities: ["EC2"] }, secret)],
    ["mandatory web"],
  ],
  "no execution role for a login": [
    [task("web", hubImage, { ...without, requiresCompatibilities: undefined }, login)],
    ["mandatory web"],
  ],
  "an empty execution role": [[task("web", ecrImage, { executionRoleArn: "" })], ["mandatory web"]],
  "no execution role with aws-native": [[nativeTask("web", ecrImage, without)], ["mandatory web"]],
  "no execution role for a job on Fargate": [
    [
      {
        type: "aws:batch/jobDefinition:JobDefinition",
        name: "job",
        props: {
          type: "container",
          platformCapabilities: ["FARGATE"],
          containerProperties: json({ image: hubImage }),
        },
      },
    ],
    ["mandatory job"],
  ],
  "a role that may not import through a cache": [
    [cache, exec, good, task("web")],
    ["advisory web"],
    ["advisory web"],
  ],
};
