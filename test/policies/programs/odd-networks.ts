import { type Declared, json, mapped, ref } from "../../../support/engine/declared";
import { executionPolicy, nativeRole, nativeTask, hubImage } from "../../../support/engine/fragments";
import {
  type BrokenPrograms,
  any,
  app,
  closedNet,
  ecr,
  gateway,
  group,
  hub,
  ip,
  join,
  nat,
  publicNet,
  route,
  service,
  sg,
  subnet,
  table,
  vpc,
} from "./networks";

const external = { deploymentController: { type: "EXTERNAL" } };
const stack = (parameter: unknown) =>
  any("aws:cloudformation/stack:Stack", "stack", { parameters: { of: parameter }, templateBody: "{}" });
const attached = any("aws:ec2/internetGatewayAttachment:InternetGatewayAttachment", "attached", {
  vpcId: ref("vpc"),
  internetGatewayId: ref("igw"),
});
const strategies = (...names: string[]) => ({
  launchType: undefined,
  capacityProviderStrategies: names.map((capacityProvider) => ({ capacityProvider })),
});

/** Programs whose tasks reach their registries, or whose network cannot be judged, in shapes that few people write. */
export const goodOddNetworks: Record<string, readonly Declared[]> = {
  "an external deployment controller, whose task sets have a network": [
    ...ecr,
    ...publicNet,
    group(),
    service({}, external),
  ],
  "a deployment controller that is not known": [
    ...ecr,
    ...publicNet,
    group(),
    service({}, { deploymentController: { type: mapped([ref("vpc")], () => "EXTERNAL") } }),
  ],
  "a public IP in a private subnet": [
    ...ecr,
    ...closedNet,
    nat,
    route({ natGatewayId: ref("nat") }),
    sg,
    service(ip),
  ],
  "a stack of CloudFormation in the VPC": [...ecr, ...publicNet, stack(ref("vpc")), sg, service()],
  "a stack of CloudFormation in the subnet": [...ecr, ...publicNet, stack(ref("a")), sg, service()],
  "a route by Cloud Control": [
    ...hub,
    ...closedNet,
    any("aws:cloudcontrol/resource:Resource", "route", {
      typeName: "AWS::EC2::Route",
      desiredState: json({ RouteTableId: ref("rt"), NatGatewayId: "nat-1" }),
    }),
    sg,
    service(),
  ],
  "a firewall": [...ecr, ...closedNet, route({ vpcEndpointId: "vpce-1" }), sg, service()],
  "an egress rule of aws-native for a group of the classic provider": [
    ...ecr,
    ...publicNet,
    group(),
    any("aws-native:ec2:SecurityGroupEgress", "rule", { groupId: ref("sg"), ipProtocol: "-1" }),
    service(ip),
  ],
  "a group of aws-native without egress for a service of the classic provider": [
    ...ecr,
    ...publicNet,
    any("aws-native:ec2:SecurityGroup", "sg", { vpcId: ref("vpc") }),
    service({ ...ip, securityGroups: [ref("sg", "groupId")] }),
  ],
  "Fargate beside EC2 capacity": [...ecr, ...publicNet, group(), service({}, strategies("FARGATE", "asg"))],
  "a capacity provider that is not known": [
    ...ecr,
    ...publicNet,
    group(),
    service({}, strategies("FARGATE", mapped([ref("vpc")], () => "asg") as string)),
  ],
  "the default VPC": [
    ...ecr,
    any("aws:ec2/defaultVpc:DefaultVpc", "vpc"),
    any("aws:ec2/defaultSubnet:DefaultSubnet", "a", { availabilityZone: "eu-west-1a" }),
    sg,
    service(ip),
  ],
  "one of the subnets that the property depends on": [
    ...ecr,
    ...publicNet,
    subnet({}, "b"),
    sg,
    service({ subnets: [mapped([ref("a"), ref("b")], ([, b]) => b)] }),
  ],
  "a gateway that may be another": [
    ...ecr,
    vpc,
    gateway,
    any("aws:ec2/vpnGateway:VpnGateway", "vgw", { vpcId: ref("vpc") }),
    subnet(),
    table(),
    join(),
    route({ gatewayId: mapped([ref("igw"), ref("vgw")], ([, vgw]) => vgw) }),
    sg,
    service(),
  ],
  "an IPv6 block of its own and a way for it": [
    ...hub,
    ...closedNet,
    any("aws-native:ec2:SubnetCidrBlock", "block", { subnetId: ref("a"), ipv6CidrBlock: "fd00::/64" }),
    route({
      destinationCidrBlock: undefined,
      destinationIpv6CidrBlock: "::/0",
      egressOnlyGatewayId: "eigw-1",
    }),
    sg,
    service(),
  ],
  "ignored egress, written in brackets": [
    ...ecr,
    ...publicNet,
    { ...group(), ignoreChanges: ['["egress"][0]'] },
    service(ip),
  ],
  "a route of aws-native through a network interface": [
    nativeRole("exec", { managedPolicyArns: [executionPolicy] }),
    nativeTask("task", hubImage),
    ...closedNet,
    any("aws-native:ec2:NetworkInterface", "eni", { subnetId: "subnet-x" }),
    any("aws-native:ec2:Route", "route", {
      routeTableId: ref("rt"),
      destinationCidrBlock: "0.0.0.0/0",
      networkInterfaceId: ref("eni"),
    }),
    sg,
    service({}, { taskDefinition: ref("task", "taskDefinitionArn") }),
  ],
};

export const brokenOddNetworks: BrokenPrograms = {
  "a public subnet by an attachment of its own": [
    [
      ...ecr,
      vpc,
      any("aws:ec2/internetGateway:InternetGateway", "igw"),
      attached,
      subnet(),
      table(),
      route({ gatewayId: ref("attached", "internetGatewayId") }),
      join(),
      sg,
      service(),
    ],
    ["mandatory web"],
    ["advisory web"],
  ],
  ...Object.fromEntries(
    ["europe-docker.pkg.dev/team/repo/app:1", "team.azurecr.io/app:1", "cgr.dev/chainguard/nginx"].map(
      (image) => [
        `no route at all and the image ${image}`,
        [[...app(image), ...closedNet, sg, service()], ["mandatory web"], ["advisory web"]],
      ],
    ),
  ),
  "the deployments of CodeDeploy": [
    [...ecr, ...publicNet, sg, service({}, { deploymentController: { type: "CODE_DEPLOY" } })],
    ["mandatory web"],
    ["advisory web"],
  ],
  "Fargate and Fargate Spot": [
    [...ecr, ...publicNet, sg, service({}, strategies("FARGATE", "FARGATE_SPOT"))],
    ["mandatory web"],
    ["advisory web"],
  ],
  "two of two subnets": [
    [
      ...ecr,
      ...publicNet,
      subnet({}, "b"),
      join("join-b", "b"),
      sg,
      service({ subnets: [ref("a"), ref("b")] }),
    ],
    ["mandatory web"],
    ["advisory web"],
  ],
};
