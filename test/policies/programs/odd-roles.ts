import { redactedSecret } from "../../../policypack/common/values";
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
import { arn, exec, good, opaque, repository, statements, without } from "./roles";

const forEc2 = { assumeRolePolicy: json(trust("ec2.amazonaws.com")) };
const chinese = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/app:1";
const logsOf = (resource: unknown) => ({
  policies: [{ policyName: "logs", policyDocument: allow(["logs:*"], resource) }],
});
const log = opaque("log", "aws-native:logs:LogGroup");
const express = (props: object = {}): Declared =>
  opaque("web", "aws:ecs/expressGatewayService:ExpressGatewayService", {
    executionRoleArn: ref("exec", "arn"),
    infrastructureRoleArn: arn("infrastructure"),
    primaryContainer: { image: ecrImage },
    ...props,
  });
const either = task("web", ecrImage, { requiresCompatibilities: ["EC2", "FARGATE"] });
const service = (props: object): Declared =>
  opaque("service", "aws:ecs/service:Service", { taskDefinition: ref("web", "arn"), ...props });
const tokenOnly = inlinePolicy("p", ref("exec", "name"), allow("ecr:GetAuthorizationToken"));
const shared = (name: unknown): readonly Declared[] => [
  opaque("repo", "aws:ecr/repository:Repository", { name, url: "x" }),
  opaque("shared", "aws:ecr/repositoryPolicy:RepositoryPolicy", {
    repository: ref("repo", "name"),
    policy: json(allow(pull, undefined, { Principal: { AWS: ref("exec", "arn") } })),
  }),
];
const nightly = (props: object): Declared =>
  opaque("nightly", "aws:cloudwatch/eventTarget:EventTarget", {
    ecsTarget: { taskDefinitionArn: ref("web", "arn"), ...props },
  });

/** Programs whose roles are fine, or cannot be judged, in shapes that few people write. */
export const goodOddRoles: Record<string, readonly Declared[]> = {
  "a role with a path and a permissions boundary": [
    role("exec", { path: "/service/", permissionsBoundary: arn("boundary") }),
    good,
    task("web"),
  ],
  "a role of an ARN with a path": [
    role("exec", { name: "app-exec", ...forEc2 }),
    task("web", ecrImage, { executionRoleArn: arn("service/app-exec") }),
  ],
  "a role of the same name in another account": [
    role("exec", { name: "app-exec" }),
    role("other", { name: "app-exec", ...forEc2 }),
    attach("a", "app-exec"),
    task("web", ecrImage, { executionRoleArn: "arn:aws:iam::999999999999:role/app-exec" }),
  ],
  "an ignored trust policy, written in brackets": [
    role("exec", forEc2, { ignoreChanges: ['["assumeRolePolicy"]'] }),
    good,
    task("web"),
  ],
  "a trust policy under a condition": [
    role("exec", {
      assumeRolePolicy: json(
        statements({
          Effect: "Allow",
          Action: ["sts:AssumeRole", "sts:TagSession"],
          Principal: { Service: ["ecs-tasks.amazonaws.com"] },
          Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
        }),
      ),
    }),
    good,
    task("web"),
  ],
  "a trust policy of aws-cn": [
    role("exec", { assumeRolePolicy: json(trust("ecs-tasks.amazonaws.com.cn")) }),
    attach("a", ref("exec", "name"), executionPolicy.replace("arn:aws:", "arn:aws-cn:")),
    task("web", chinese),
  ],
  "permissions for a repository of aws-us-gov": [
    exec,
    inlinePolicy(
      "p",
      ref("exec", "name"),
      statements(
        { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
        {
          Effect: "Allow",
          Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
          Resource: "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/team/*",
        },
      ),
    ),
    task("web", "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/team/app:1"),
  ],
  "permissions for a repository by a policy variable": [
    exec,
    inlinePolicy(
      "p",
      ref("exec", "name"),
      statements(
        { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
        {
          Effect: "Allow",
          Action: "ecr:*",
          Resource: repository.replace("123456789012", "${aws:PrincipalAccount}"),
        },
      ),
    ),
    task("web"),
  ],
  "permissions but for some resources": [
    exec,
    inlinePolicy(
      "p",
      ref("exec", "name"),
      statements({ Effect: "Allow", Action: "ecr:*", NotResource: `${repository}-secret` }),
    ),
    task("web"),
  ],
  "permissions beside a denial of others": [
    exec,
    good,
    inlinePolicy("p", ref("exec", "name"), statements({ Effect: "Deny", Action: "s3:*", Resource: "*" })),
    task("web"),
  ],
  "permissions of the repository's own policy": [exec, tokenOnly, ...shared("team/app"), task("web")],
  "permissions of a repository of aws-native": [
    exec,
    tokenOnly,
    opaque("repo", "aws-native:ecr:Repository", {
      repositoryName: "team/app",
      repositoryPolicyText: allow(pull, undefined, { Principal: { AWS: ref("exec", "arn") } }),
    }),
    task("web"),
  ],
  "a role's name and an ARN that `policy analyze` cannot decrypt": [
    exec,
    attach("a", redactedSecret),
    task("web"),
    role("other", forEc2),
    task("api", ecrImage, { executionRoleArn: redactedSecret }),
  ],
  "an exclusive list of inline policies": [
    exec,
    opaque("a", "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive", {
      roleName: ref("exec", "name"),
      policyNames: ["pull"],
    }),
    task("web"),
  ],
  "a policy by Cloud Control": [
    exec,
    opaque("p", "aws:cloudcontrol/resource:Resource", {
      typeName: "AWS::IAM::RolePolicy",
      desiredState: json({ RoleName: ref("exec", "name"), PolicyDocument: allow(pull) }),
    }),
    task("web"),
  ],
  "a policy by an extension resource of aws-native": [
    nativeRole("exec"),
    opaque("p", "aws-native:index:ExtensionResource", {
      type: "AWS::IAM::Policy",
      properties: { Roles: [ref("exec", "roleName")], PolicyDocument: allow(pull) },
    }),
    nativeTask("web"),
  ],
  "a policy of aws-native for a resource that is not known yet": [
    log,
    nativeRole("exec", {
      policies: [{ policyName: "pull", policyDocument: allow(pull, ["*", ref("log", "arn")]) }],
    }),
    nativeTask("web"),
  ],
  "an action of aws-native that is not known yet": [
    log,
    nativeRole("exec", { policies: [{ policyDocument: allow([ref("log", "arn") as string]) }] }),
    nativeTask("web"),
  ],
  "empty repositoryCredentials and no execution role": [
    task("web", hubImage, { ...without, requiresCompatibilities: ["EC2"] }, { repositoryCredentials: {} }),
  ],
  "a task for either launch type that runs on EC2": [exec, either, service({ launchType: "EC2" })],
  "a task for either launch type that mostly runs on Fargate": [
    exec,
    either,
    service({
      capacityProviderStrategies: [
        { capacityProvider: "FARGATE", weight: 9 },
        { capacityProvider: "instances", weight: 1 },
      ],
    }),
  ],
  "a task for Fargate that a service runs on EC2": [exec, task("web"), service({ launchType: "EC2" })],
  "a task for Fargate that a rule of EventBridge runs on EC2": [
    exec,
    task("web"),
    nightly({ launchType: "EC2" }),
  ],
  "a task for Fargate that a service runs on instances": [
    exec,
    task("web"),
    service({ capacityProviderStrategies: [{ capacityProvider: "instances", weight: 1 }] }),
  ],
  "an Express service": [exec, good, express()],
  "an Express service with an image of Docker Hub": [
    exec,
    express({ primaryContainer: { image: hubImage } }),
  ],
};

/** Programs with one link broken, and what the policy says of them: in the first preview, and once all exists. */
export const brokenOddRoles: Record<
  string,
  readonly [program: readonly Declared[], first: string[], second?: string[]]
> = {
  "a trust policy for EC2 of a role with a path and a permissions boundary": [
    [role("exec", { path: "/service/", permissionsBoundary: arn("boundary"), ...forEc2 }), good, task("web")],
    ["mandatory web"],
  ],
  "layers that only the policy of another repository allows": [
    [exec, tokenOnly, ...shared("team/other"), task("web")],
    ["advisory web"],
    ["advisory web"],
  ],
  "no token, and a policy of the repository": [[exec, ...shared("team/app"), task("web")], ["mandatory web"]],
  "layers of a repository of aws-native without a policy": [
    [
      exec,
      tokenOnly,
      opaque("repo", "aws-native:ecr:Repository", { repositoryName: "team/app" }),
      task("web"),
    ],
    ["advisory web"],
  ],
  "a policy that denies only": [
    [
      exec,
      inlinePolicy("p", ref("exec", "name"), statements({ Effect: "Deny", Action: "s3:*", Resource: "*" })),
      task("web"),
    ],
    ["mandatory web"],
  ],
  ...Object.fromEntries(
    ["AmazonECS_FullAccess", "AmazonElasticContainerRegistryPublicReadOnly"].map((policy) => [
      `${policy}, which has no permission in private ECR`,
      [
        [exec, attach("a", ref("exec", "name"), `arn:aws:iam::aws:policy/${policy}`), task("web")],
        ["mandatory web"],
      ],
    ]),
  ),
  "a policy for logs that are not known yet, of aws-native": [
    [log, nativeRole("exec", logsOf(ref("log", "arn"))), nativeTask("web")],
    ["mandatory web"],
    ["advisory web"],
  ],
  "no permission in aws-cn": [[exec, task("web", chinese)], ["mandatory web"]],
  "no permission for a task of either launch type that a service runs on Fargate": [
    [exec, either, service({ launchType: "FARGATE" })],
    ["mandatory web"],
    ["advisory web"],
  ],
  ...Object.fromEntries(
    [{}, { capacityProviderStrategies: [] }, { launchType: "FARGATE" }].map((props) => [
      `no permission for a task for Fargate, and a service with ${JSON.stringify(props)}`,
      [[exec, task("web"), service(props)], ["mandatory web"], ["advisory web"]],
    ]),
  ),
  "no permission for a task of either launch type that a rule of EventBridge runs on Fargate": [
    [exec, either, nightly({ launchType: "FARGATE" })],
    ["mandatory web"],
  ],
  "no permission for an Express service": [[exec, express()], ["mandatory web"], ["advisory web"]],
};
