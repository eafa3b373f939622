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
import { exec, good, arn, opaque, repository, statements, without } from "./roles";

const inline = (policy: object, image: unknown = ecrImage): readonly Declared[] => [
  exec,
  inlinePolicy("p", ref("exec", "name"), policy),
  task("web", image),
];
const trusting = (...all: readonly object[]): readonly Declared[] => [
  role("exec", { assumeRolePolicy: json(statements(...all)) }),
  good,
  task("web"),
];
const assumes = (Principal: unknown, more: object = {}): object => ({
  Effect: "Allow",
  Action: "sts:AssumeRole",
  Principal,
  ...more,
});
const ecs = { Service: "ecs-tasks.amazonaws.com" };
const ec2 = { Service: "ec2.amazonaws.com" };
const token = { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" };
const layersOf = (Resource: unknown): object =>
  statements(token, { Effect: "Allow", Action: pull, Resource });
const native = (name: string, type: string, props: object): Declared =>
  opaque(name, `aws-native:iam:${type}`, props);

/** Roles that are fine, by each form that a trust policy, a permission or its attachment may have. */
export const goodPolicyForms: Record<string, readonly Declared[]> = {
  "a trust policy of one statement that is no list": [
    role("exec", { assumeRolePolicy: json({ Statement: assumes(ecs) }) }),
    good,
    task("web"),
  ],
  "a trust policy whose second statement is ECS's": trusting(assumes(ec2), assumes(ecs)),
  "a trust policy with a wildcard in its action": trusting(assumes(ecs, { Action: "sts:Assume*" })),
  "a trust policy of any AWS principal": trusting(assumes({ AWS: "*" })),
  "a trust policy of a list with any AWS principal": trusting(assumes({ AWS: [arn("x"), "*"] })),
  "a trust policy with NotAction": trusting({ Effect: "Allow", NotAction: "iam:*", Principal: ec2 }),
  "an attachment by the role's id": [exec, attach("a", ref("exec", "id")), task("web")],
  "a role with a prefix for its name": [
    role("exec", { namePrefix: "app-" }),
    attach("a", ref("exec", "name")),
    task("web"),
  ],
  "an inline policy by a literal name": [
    role("exec", { name: "app-exec" }),
    inlinePolicy("p", "app-exec", allow(pull)),
    task("web"),
  ],
  "a customer policy by its id": [
    exec,
    customPolicy("pull", allow(pull)),
    attach("a", ref("exec", "name"), ref("pull", "id")),
    task("web"),
  ],
  "a customer policy that the program reads": [
    customPolicy("pull", allow(pull), { state: "read" }),
    exec,
    attach("a", ref("exec", "name"), ref("pull", "arn")),
    task("web"),
  ],
  "two customer policies in managedPolicyArns": [
    customPolicy("logs", allow("logs:*")),
    customPolicy("pull", allow(pull)),
    role("exec", { managedPolicyArns: [ref("logs", "arn"), ref("pull", "arn")] }),
    task("web"),
  ],
  "managedPolicyArns as one output": [
    customPolicy("pull", allow(pull)),
    role("exec", { managedPolicyArns: mapped([ref("pull", "arn")], (arns) => arns) }),
    task("web"),
  ],
  "an inline policy given as an object": [
    exec,
    opaque("p", "aws:iam/rolePolicy:RolePolicy", { role: ref("exec", "name"), policy: allow(pull) }),
    task("web"),
  ],
  "a policy whose changes the program ignores": [
    exec,
    { ...inlinePolicy("p", ref("exec", "name"), allow("s3:*")), ignoreChanges: ["policy"] },
    task("web"),
  ],
  "inline policies that others maintain": [
    role("exec", {}, { ignoreChanges: ["inlinePolicies"] }),
    task("web"),
  ],
  "a template of CloudFormation that gets the role": [
    exec,
    opaque("stack", "aws:cloudformation/stack:Stack", { parameters: { Role: ref("exec", "name") } }),
    task("web"),
  ],
  "all actions": inline(allow("*")),
  "actions by wildcards": inline(allow(["ecr:Get*", "ecr:BatchGet*"])),
  "a resource that may cover all of ECR": inline(allow(pull, "arn:aws:ecr:*:*:*")),
  "a repository beside all resources": inline(allow(pull, ["*", repository])),
  "repositories of every region": inline(layersOf("arn:aws:ecr:*:123456789012:repository/*")),
  "a repository by question marks": inline(layersOf("arn:aws:ecr:eu-west-?:*:repository/team/ap?")),
  "a repository of a dual-stack host": inline(
    layersOf(repository),
    "123456789012.dkr-ecr.eu-west-1.on.aws/team/app:1",
  ),
  "a repository of an image by digest": inline(
    layersOf(repository),
    ecrImage.replace(/:1$/, `@sha256:${"a".repeat(64)}`),
  ),
  "a ManagedPolicy of aws-native in managedPolicyArns": [
    native("p", "ManagedPolicy", { policyDocument: allow(pull) }),
    nativeRole("exec", { managedPolicyArns: [ref("p", "policyArn")] }),
    nativeTask("web"),
  ],
  "a ManagedPolicy of aws-native that names a literal role": [
    nativeRole("exec", { roleName: "app-exec" }),
    native("p", "ManagedPolicy", { roles: ["app-exec"], policyDocument: allow(pull) }),
    nativeTask("web"),
  ],
  "a ManagedPolicy of aws-native given as JSON": [
    nativeRole("exec"),
    native("p", "ManagedPolicy", { roles: [ref("exec", "roleName")], policyDocument: json(allow(pull)) }),
    nativeTask("web"),
  ],
  "a classic attachment of a ManagedPolicy of aws-native": [
    native("p", "ManagedPolicy", { policyDocument: allow(pull) }),
    nativeRole("exec"),
    attach("a", ref("exec", "roleName"), ref("p", "policyArn")),
    nativeTask("web"),
  ],
  "no execution role, and empty lists and nulls in the container": [
    task("web", hubImage, without, { secrets: [], repositoryCredentials: null, logConfiguration: null }),
  ],
  "no execution role, and logs by FireLens": [
    task("web", hubImage, without, { logConfiguration: { logDriver: "awsfirelens" } }),
  ],
};

/** Each with one link broken, and what the policy says of it in the first preview. */
export const brokenPolicyForms: Record<string, readonly [program: readonly Declared[], first: string[]]> = {
  ...Object.fromEntries(
    ["ecs-task.amazonaws.com", "ecs.tasks.amazonaws.com", "tasks.ecs.amazonaws.com"].map((Service) => [
      `a trust policy for the misspelt ${Service}`,
      [trusting(assumes({ Service })), ["mandatory web"]],
    ]),
  ),
  "a trust policy for the account": [
    trusting(assumes({ AWS: "arn:aws:iam::123456789012:root" })),
    ["mandatory web"],
  ],
  "a trust policy that only denies ECS": [
    trusting({ Effect: "Deny", Action: "sts:AssumeRole", Principal: ecs }, assumes(ec2)),
    ["mandatory web"],
  ],
  "a trust policy for EC2 of a task on EC2": [
    [
      role("exec", { assumeRolePolicy: json(trust("ec2.amazonaws.com")) }),
      good,
      task("web", hubImage, { requiresCompatibilities: ["EC2"] }),
    ],
    ["mandatory web"],
  ],
  "a trust policy for EC2 of a role that is both of a task's": [
    [
      role("exec", { assumeRolePolicy: json(trust("ec2.amazonaws.com")) }),
      good,
      task("web", hubImage, { taskRoleArn: ref("exec", "arn") }),
    ],
    ["mandatory web"],
  ],
  "a customer policy that nothing attaches": [
    [exec, customPolicy("pull", allow(pull)), task("web")],
    ["mandatory web"],
  ],
  "a customer policy for S3": [
    [
      exec,
      customPolicy("s3", allow("s3:*")),
      attach("a", ref("exec", "name"), ref("s3", "arn")),
      task("web"),
    ],
    ["mandatory web"],
  ],
  "permissions in public ECR": [
    inline(allow(["ecr-public:*", "sts:GetServiceBearerToken"])),
    ["mandatory web"],
  ],
  "all but the token": [inline(allow(pull.slice(1))), ["mandatory web"]],
  "all but the download": [inline(allow(pull.slice(0, 2))), ["advisory web"]],
  "a repository of another region": [
    inline(layersOf(repository.replace("eu-west-1", "us-east-1"))),
    ["advisory web"],
  ],
  "a repository of another partition": [
    inline(layersOf(repository.replace("arn:aws:", "arn:aws-cn:"))),
    ["advisory web"],
  ],
  "no permission for the image of a second container": [
    [exec, task("web", hubImage, { containerDefinitions: json([{ image: hubImage }, { image: ecrImage }]) })],
    ["mandatory web"],
  ],
  "an inline policy for S3 of aws-native": [
    [nativeRole("exec", { policies: [{ policyDocument: allow("s3:*") }] }), nativeTask("web")],
    ["mandatory web"],
  ],
  "no execution role, and keys in other case": [
    [task("web", hubImage, { ...without, containerDefinitions: json([{ Name: "a", Image: ecrImage }]) })],
    ["mandatory web"],
  ],
  "AWS's policy on a role of another name in managedPolicyArns": [
    [exec, role("other", { managedPolicyArns: [executionPolicy] }), task("web")],
    ["mandatory web"],
  ],
};
