import assert from "node:assert/strict";
import { type Declared, json, ref } from "../../support/engine/declared";
import { trust } from "../../support/engine/fragments";
import { verdicts, violationsOf } from "../../support/engine/verdicts";
import { goodCaches } from "./programs/good-caches";
import { goodNetworks } from "./programs/good-networks";
import { goodRoles } from "./programs/good-roles";
import { goodCommonNetworks } from "./programs/common-networks";
import { goodCommonTasks } from "./programs/common-tasks";
import { goodNativeNetworks } from "./programs/native-networks";
import { goodOddNetworks } from "./programs/odd-networks";
import { goodOddRoles } from "./programs/odd-roles";
import { goodPolicyForms } from "./programs/policy-forms";
import { goodOutputNetworks } from "./programs/output-networks";
import { goodTaskRuns } from "./programs/task-runs";

type Program = readonly Declared[];

/** Breaks one link of a program; undefined if it does not have that link. */
type Mutation = (program: Program) => Program | undefined;

/** Replaces the resources of a type; undefined if there is none, or if none changes. */
function each(type: string, change: (one: Declared) => Declared | undefined): Mutation {
  return (program) => {
    const changed = program.map((one) => (one.type === type && one.state === undefined ? change(one) : one));
    const isBroken = changed.some((one, i) => one !== program[i]);
    if (!isBroken) return undefined;
    const left = changed.filter((one) => one !== undefined);
    const names = new Set(left.map(({ name }) => name));
    return left.map(({ dependsOn, ...one }) => ({
      ...one,
      ...(dependsOn && { dependsOn: dependsOn.filter((name) => names.has(name)) }),
    }));
  };
}

const setting = (props: object) => (one: Declared) => ({ ...one, props: { ...one.props, ...props } });
const open = {
  type: "aws:ec2/securityGroup:SecurityGroup",
  isOpen: ({ props = {} }: Declared) => props["egress"] !== undefined,
};

/** A mutation, and the programs that surely break by it, with what must be said: nothing else may be. */
const mutations: Record<string, readonly [mutate: Mutation, expected: string, titles: readonly string[]]> = {
  "the trust of EC2 in place of ECS": [
    each("aws:iam/role:Role", setting({ assumeRolePolicy: json(trust("ec2.amazonaws.com")) })),
    "execution-role mandatory",
    [
      "a role with AWS's managed policy",
      "a role of managedPolicyArns",
      "a role with an inline policy of its own",
      "a role with a customer policy",
      "permissions by wildcard",
      "NotAction",
      "permissions under a condition",
      "a customer policy from elsewhere",
    ],
  ],
  "a detached policy": [
    each("aws:iam/rolePolicyAttachment:RolePolicyAttachment", () => undefined),
    "execution-role mandatory",
    ["a role with AWS's managed policy", "a role with a customer policy", "a public IP"],
  ],
  "no inline policy": [
    each("aws:iam/rolePolicy:RolePolicy", () => undefined),
    "execution-role mandatory",
    [
      "a role with an inline policy of its own",
      "permissions by wildcard",
      "permissions in two policies",
      "NotAction",
    ],
  ],
  "no permission to import through a cache": [
    each("aws:iam/rolePolicy:RolePolicy", () => undefined),
    "execution-role advisory",
    ["a cache, and a role that may import"],
  ],
  "images below the prefix of a cache": [
    each("aws:ecr/pullThroughCacheRule:PullThroughCacheRule", setting({ ecrRepositoryPrefix: "team" })),
    "execution-role advisory",
    ["a cache that the image is not below"],
  ],
  "no managedPolicyArns": [
    each("aws:iam/role:Role", setting({ managedPolicyArns: undefined })),
    "execution-role mandatory",
    ["a role of managedPolicyArns", "a role with a customer policy in managedPolicyArns"],
  ],
  "no inlinePolicies": [
    each("aws:iam/role:Role", setting({ inlinePolicies: undefined })),
    "execution-role mandatory",
    ["a role with inlinePolicies"],
  ],
  "no executionRoleArn": [
    each("aws:ecs/taskDefinition:TaskDefinition", setting({ executionRoleArn: undefined })),
    "execution-role mandatory",
    [
      "a role with AWS's managed policy",
      "NotAction",
      "a public IP",
      "a transit gateway",
      "Fargate Spot",
      "a role with a path and a permissions boundary",
    ],
  ],
  "no executionRoleArn of aws-native": [
    each("aws-native:ecs:TaskDefinition", setting({ executionRoleArn: undefined })),
    "execution-role mandatory",
    ["aws-native throughout", "aws-native with a RolePolicy", "aws-native with a public IP"],
  ],
  "no policies of aws-native": [
    each("aws-native:iam:Role", setting({ managedPolicyArns: undefined, policies: undefined })),
    "execution-role mandatory",
    ["aws-native throughout", "aws-native with inline policies", "aws-native with a public IP"],
  ],
  "no egress": [
    each(open.type, (one) => (open.isOpen(one) ? setting({ egress: undefined })(one) : one)),
    "task-network mandatory",
    [
      "a public IP",
      "a route through a NAT gateway",
      "a transit gateway",
      "VPC endpoints",
      "IPv6",
      "Fargate Spot",
      "a task set with a public IP",
      "an event target with a NAT gateway",
      "a schedule with a NAT gateway",
      "a pipe of aws-native with a public IP",
      "awsx: a service in the private subnets",
      "interface endpoints, a gateway endpoint for S3, and egress to both",
      "endpoints for ECR in a public subnet",
      "a transit gateway of the program",
      "the default route table adopted, with its routes in it",
      "egress to the group itself and to that of the endpoints",
      "Fargate and Fargate Spot behind a NAT gateway",
      "a registry inside the VPC, in a public subnet",
    ],
  ],
  "no egress rule": [
    each("aws:ec2/securityGroupRule:SecurityGroupRule", () => undefined),
    "task-network mandatory",
    [
      "an egress rule of its own",
      "an egress rule through an apply",
      "ingress in the group, egress beside it",
    ],
  ],
  "no egress rule of the new kind": [
    each("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", () => undefined),
    "task-network mandatory",
    ["an egress rule of the new kind", "egress to a prefix list"],
  ],
  "no public IP": [
    each("aws:ecs/service:Service", (one) => {
      const network = one.props?.["networkConfiguration"] as object;
      return setting({ networkConfiguration: { ...network, assignPublicIp: false } })(one);
    }),
    "task-network mandatory",
    [
      "a public IP",
      "a public IP that is not known",
      "Fargate Spot",
      "blue/green deployments with a public IP",
      "a public IP of the configuration of another stack",
    ],
  ],
  "no VPC endpoint": [
    each("aws:ec2/vpcEndpoint:VpcEndpoint", () => undefined),
    "task-network mandatory",
    ["VPC endpoints", "endpoints for ECR in a public subnet", "an endpoint whose service is not known"],
  ],
  "no route at all": [
    each("aws:ec2/route:Route", () => undefined),
    "task-network mandatory",
    [
      "a transit gateway of the program",
      "a NAT instance by its network interface",
      "Cloud WAN",
      "split default routes through a VPN",
      "Fargate and Fargate Spot behind a NAT gateway",
      "a schedule with a NAT gateway",
      "an event rule of aws-native with a NAT gateway",
      "awsx: one NAT gateway for all zones",
    ],
  ],
  "a public image in place of one of the VPC": [
    each(
      "aws:ecs/taskDefinition:TaskDefinition",
      setting({ containerDefinitions: json([{ image: "nginx" }]) }),
    ),
    "task-network mandatory",
    ["a registry inside the VPC, in a public subnet", "a closed subnet and a registry inside the VPC"],
  ],
  "no public IP of a pipe": [
    each("aws:pipes/pipe:Pipe", (one) => {
      const { ecsTaskParameters } = one.props?.["targetParameters"] as { ecsTaskParameters: object };
      const networkConfiguration = {
        awsVpcConfiguration: { subnets: [ref("a")], assignPublicIp: "DISABLED" },
      };
      return setting({
        targetParameters: { ecsTaskParameters: { ...ecsTaskParameters, networkConfiguration } },
      })(one);
    }),
    "task-network mandatory",
    ["a pipe with a public IP", "a pipe with a public IP that is not known"],
  ],
  "an internet gateway in place of the NAT gateway": [
    (program) =>
      each(
        "aws:ec2/route:Route",
        setting({ natGatewayId: undefined, gatewayId: ref("igw") }),
      )([
        ...program.slice(0, 3),
        { type: "aws:ec2/internetGateway:InternetGateway", name: "igw", props: {} },
        ...program.slice(3),
      ]),
    "task-network mandatory",
    ["a route through a NAT gateway"],
  ],
};

const good: Record<string, Program> = {
  ...goodRoles,
  ...goodOddRoles,
  ...goodPolicyForms,
  ...goodCaches,
  ...goodNetworks,
  ...goodOddNetworks,
  ...goodNativeNetworks,
  ...goodOutputNetworks,
  ...goodTaskRuns,
  ...goodCommonNetworks,
  ...goodCommonTasks,
};

describe("a good program with one link broken", () => {
  for (const [link, [mutate, expected, titles]] of Object.entries(mutations))
    for (const title of titles)
      it(`is reported by the rule for it: ${title}, with ${link}`, async () => {
        const program = good[title]!;
        const broken = mutate(program);
        assert.ok(broken, "the program does not have that link");
        const found = verdicts(await violationsOf(broken, "first"));
        assert.ok(found.length > 0, "nothing is reported");
        assert.deepEqual(
          found.filter((one) => !one.startsWith(expected)),
          [],
        );
      });

  const policies = ["execution-role", "task-network"];
  for (const [link, [mutate, expected]] of Object.entries(mutations))
    it(`never triggers another rule: every good program, with ${link}`, async () => {
      const [wanted = ""] = expected.split(" ");
      const others = policies.filter((policy) => policy !== wanted);
      for (const [title, program] of Object.entries(good)) {
        const broken = mutate(program);
        if (broken === undefined) continue;
        const found = verdicts(await violationsOf(broken, "first"));
        assert.deepEqual(
          found.filter((one) => others.some((other) => one.startsWith(other))),
          [],
          title,
        );
      }
    });
});
