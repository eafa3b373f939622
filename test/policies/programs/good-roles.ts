import { type Declared, json, mapped, ref } from "../../../support/engine/declared";
import {
  allow,
  attach,
  customPolicy,
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
import { exec, good, arn, secret, awslogs, login, without, repository, statements, opaque } from "./roles";

/** Programs whose roles are fine, or cannot be judged, in the shapes that people write. */
export const goodRoles: Record<string, readonly Declared[]> = {
  "a role with AWS's managed policy": [exec, good, task("web")],
  "a role of managedPolicyArns": [role("exec", { managedPolicyArns: [executionPolicy] }), task("web")],
  "a role with an inline policy of its own": [
    exec,
    inlinePolicy("p", ref("exec", "name"), allow(pull)),
    task("web"),
  ],
  "a role with inlinePolicies": [
    role("exec", { inlinePolicies: [{ name: "pull", policy: json(allow(pull)) }] }),
    task("web"),
  ],
  "a role with a customer policy": [
    exec,
    customPolicy("pull", allow(pull)),
    attach("a", ref("exec", "name"), ref("pull", "arn")),
    task("web"),
  ],
  "a role with a customer policy in managedPolicyArns": [
    customPolicy("pull", allow(pull)),
    role("exec", { managedPolicyArns: [ref("pull", "arn")] }),
    task("web"),
  ],
  "permissions by wildcard": [exec, inlinePolicy("p", ref("exec", "name"), allow(["ecr:*"])), task("web")],
  "permissions in two policies": [
    exec,
    inlinePolicy("token", ref("exec", "name"), allow("ecr:GetAuthorizationToken")),
    inlinePolicy(
      "layers",
      ref("exec", "name"),
      allow(["ecr:Batch*", "ecr:GetDownloadUrlForLayer"], [repository]),
    ),
    task("web"),
  ],
  "permissions in one statement and lower case": [
    exec,
    inlinePolicy("p", ref("exec", "name"), {
      statement: {
        effect: "Allow",
        action: ["ecr:getauthorizationtoken", "ecr:batchgetimage", "ecr:get*"],
        resource: "*",
      },
    }),
    task("web"),
  ],
  NotAction: [
    exec,
    inlinePolicy(
      "p",
      ref("exec", "name"),
      statements({ Effect: "Allow", NotAction: "iam:*", Resource: "*" }),
    ),
    task("web"),
  ],
  "permissions under a condition": [
    exec,
    inlinePolicy(
      "p",
      ref("exec", "name"),
      allow(pull, "*", { Condition: { StringEquals: { "aws:sourceVpce": "v" } } }),
    ),
    task("web"),
  ],
  "a customer policy from elsewhere": [
    exec,
    attach("a", ref("exec", "name"), "arn:aws:iam::123456789012:policy/pull"),
    task("web"),
  ],
  "an AWS-managed policy that is not on the list": [
    exec,
    attach("a", ref("exec", "name"), "arn:aws:iam::aws:policy/AmazonSomethingNew"),
    task("web"),
  ],
  "a managed policy of another partition": [
    exec,
    attach("a", ref("exec", "name"), executionPolicy.replace("arn:aws:", "arn:aws-cn:")),
    task("web"),
  ],
  "a policy document that depends on another resource": [
    exec,
    opaque("repo", "aws:ecr/repository:Repository", { url: "x" }),
    inlinePolicy("p", ref("exec", "name"), allow(pull, ref("repo", "arn"))),
    task("web"),
  ],
  "a PolicyAttachment": [
    exec,
    opaque("a", "aws:iam/policyAttachment:PolicyAttachment", {
      roles: [ref("exec", "name")],
      policyArn: executionPolicy,
    }),
    task("web"),
  ],
  "an exclusive list of attachments": [
    exec,
    opaque("a", "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", {
      roleName: ref("exec", "name"),
      policyArns: [executionPolicy],
    }),
    task("web"),
  ],
  "an attachment by a literal name": [
    role("exec", { name: "app-exec" }),
    attach("a", "app-exec"),
    task("web"),
  ],
  "an attachment whose role is mapped": [
    exec,
    attach(
      "a",
      mapped([ref("exec", "name")], ([name]) => name),
    ),
    task("web"),
  ],
  "an attachment to one of several roles": [
    exec,
    role("other"),
    attach(
      "a",
      mapped([ref("exec", "name"), ref("other", "name")], ([name]) => name),
    ),
    task("web"),
  ],
  "an attachment that comes after the task": [exec, task("web"), good],
  "several services that share a role": [
    exec,
    good,
    task("a"),
    task("b", hubImage),
    task("c", ecrImage, {}, secret),
  ],
  "roles in a chain of components": [exec, good, { ...task("web"), dependsOn: ["exec", "exec-policy"] }],
  "a role from another stack": [task("web", ecrImage, { executionRoleArn: arn("ecsTaskExecutionRole") })],
  "a role that the program reads": [role("exec", {}, { state: "read" }), task("web")],
  "a role that may be either of two": [
    role("exec", { assumeRolePolicy: json(trust("ec2.amazonaws.com")) }),
    role("other"),
    attach("a", ref("other", "name")),
    task("web", ecrImage, {
      executionRoleArn: mapped([ref("exec", "arn"), ref("other", "arn")], ([, other]) => other),
    }),
  ],
  "a role of an ARN that the program composes of a name": [
    role("exec", { name: "app-exec", assumeRolePolicy: json(trust("ec2.amazonaws.com")) }),
    task("web", ecrImage, { executionRoleArn: "arn:aws:iam::999999999999:role/app-exec" }),
  ],
  "a command that attaches the policy": [
    exec,
    {
      ...opaque("run", "command:local:Command", { create: "aws iam attach-role-policy" }),
      dependsOn: ["exec"],
    },
    task("web"),
  ],
  "a trust policy of several services": [
    role("exec", { assumeRolePolicy: json(trust("ec2.amazonaws.com", "ecs-tasks.amazonaws.com")) }),
    good,
    task("web"),
  ],
  "a trust policy of everyone": [
    role("exec", {
      assumeRolePolicy: json(statements({ Effect: "Allow", Action: "sts:*", Principal: "*" })),
    }),
    good,
    task("web"),
  ],
  "a trust policy with NotPrincipal": [
    role("exec", {
      assumeRolePolicy: json(
        statements({ Effect: "Allow", Action: "sts:AssumeRole", NotPrincipal: { AWS: "1" } }),
      ),
    }),
    good,
    task("web"),
  ],
  "a trust policy given as an object": [
    role("exec", { assumeRolePolicy: trust("ecs-tasks.amazonaws.com") }),
    good,
    task("web"),
  ],
  "a trust policy that is not known": [
    opaque("other", "aws:iam/openIdConnectProvider:OpenIdConnectProvider"),
    role("exec", {
      assumeRolePolicy: json(
        statements({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: ref("other", "arn") } }),
      ),
    }),
    good,
    task("web"),
  ],
  "a trust policy that others maintain": [
    role(
      "exec",
      { assumeRolePolicy: json(trust("ec2.amazonaws.com")) },
      { ignoreChanges: ["assumeRolePolicy"] },
    ),
    good,
    task("web"),
  ],
  "a trust policy without an allowed principal that could be judged": [
    role("exec", { assumeRolePolicy: "{not JSON" }),
    good,
    task("web"),
  ],
  "no permission, but a login for the registry": [exec, task("web", ecrImage, {}, login)],
  "no permission and an image outside ECR": [exec, task("web", hubImage)],
  "no permission and an image of public ECR": [exec, task("web", "public.ecr.aws/nginx/nginx:1")],
  "no permission on EC2, where instances may pull": [
    exec,
    task("web", ecrImage, { requiresCompatibilities: ["EC2"] }),
  ],
  "no permission where tasks may run on EC2": [
    exec,
    task("web", ecrImage, { requiresCompatibilities: ["EC2", "FARGATE"] }),
  ],
  "an image that is known in the update only": [
    opaque("repo", "aws:ecr/repository:Repository", { url: "x" }),
    exec,
    good,
    task("web", ref("repo", "repositoryUrl")),
  ],
  "no execution role and an image outside ECR": [task("web", hubImage, without)],
  "no execution role on EC2": [
    task("web", ecrImage, { ...without, requiresCompatibilities: ["EC2"] }, awslogs),
  ],
  "no execution role and no launch type": [
    task("web", ecrImage, { ...without, requiresCompatibilities: undefined }),
  ],
  "no execution role and an ECR image that needs none on EC2 Windows": [
    task("web", ecrImage, { ...without, requiresCompatibilities: ["EXTERNAL"] }),
  ],
  "an execution role of the user's stack": [
    task("web", ecrImage, { executionRoleArn: arn("x") }, { ...secret, ...awslogs }),
  ],
  "aws-native throughout": [
    nativeRole("exec", { managedPolicyArns: [executionPolicy] }),
    nativeTask("web", ecrImage, {}, { ...secret, ...awslogs }),
  ],
  "aws-native with inline policies": [
    nativeRole("exec", { policies: [{ policyName: "pull", policyDocument: allow(pull) }] }),
    nativeTask("web"),
  ],
  "aws-native with a RolePolicy": [
    nativeRole("exec"),
    opaque("p", "aws-native:iam:RolePolicy", {
      roleName: ref("exec", "roleName"),
      policyDocument: allow(pull),
    }),
    nativeTask("web"),
  ],
  "aws-native with a ManagedPolicy that names its roles": [
    nativeRole("exec"),
    opaque("p", "aws-native:iam:ManagedPolicy", {
      roles: [ref("exec", "roleName")],
      policyDocument: allow(pull),
    }),
    nativeTask("web"),
  ],
  "a classic policy on a role of aws-native": [
    nativeRole("exec"),
    attach("a", ref("exec", "roleName")),
    nativeTask("web"),
  ],
  "a task role of its own": [
    exec,
    good,
    role("app"),
    task("web", ecrImage, { taskRoleArn: ref("app", "arn") }),
  ],
  "a role for other things": [
    role("build", { assumeRolePolicy: json(trust("codebuild.amazonaws.com")) }),
    exec,
    good,
    task("web"),
  ],
};
