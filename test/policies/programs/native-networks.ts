import { type Declared, ref } from "../../../support/engine/declared";
import {
  ecrImage,
  executionPolicy,
  hubImage,
  nativeRole,
  nativeTask,
} from "../../../support/engine/fragments";
import { type BrokenPrograms, any } from "./networks";

/** Parts of programs with a network of aws-native. */
const app = (image: string): Declared[] => [
  nativeRole("exec", { managedPolicyArns: [executionPolicy] }),
  nativeTask("task", image),
];
const vpc = any("aws-native:ec2:Vpc", "vpc", { cidrBlock: "10.0.0.0/16" });
const gateway = any("aws-native:ec2:InternetGateway", "igw");
const attached = any("aws-native:ec2:VpcGatewayAttachment", "attached", {
  vpcId: ref("vpc", "vpcId"),
  internetGatewayId: ref("igw", "internetGatewayId"),
});
const subnet = (props: object = {}) =>
  any("aws-native:ec2:Subnet", "a", { vpcId: ref("vpc", "vpcId"), cidrBlock: "10.0.0.0/24", ...props });
const table = any("aws-native:ec2:RouteTable", "rt", { vpcId: ref("vpc", "vpcId") });
const join = any("aws-native:ec2:SubnetRouteTableAssociation", "join", {
  subnetId: ref("a", "subnetId"),
  routeTableId: ref("rt", "routeTableId"),
});
const route = (target: object) =>
  any("aws-native:ec2:Route", "route", {
    routeTableId: ref("rt", "routeTableId"),
    destinationCidrBlock: "0.0.0.0/0",
    ...target,
  });
const toInternet = route({ gatewayId: ref("igw", "internetGatewayId") });
const sg = any("aws-native:ec2:SecurityGroup", "sg", { groupDescription: "web", vpcId: ref("vpc", "vpcId") });
const closed = [vpc, subnet(), table, join];
const open = [vpc, gateway, attached, subnet(), table, toInternet, join];
const service = (network: object = {}, props: object = {}) =>
  any("aws-native:ecs:Service", "web", {
    launchType: "FARGATE",
    taskDefinition: ref("task", "taskDefinitionArn"),
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [ref("a", "subnetId")],
        securityGroups: [ref("sg", "groupId")],
        assignPublicIp: "DISABLED",
        ...network,
      },
    },
    ...props,
  });
const spot = { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT" }] };

export const goodNativeNetworks: Record<string, readonly Declared[]> = {
  "aws-native with a public IP": [...app(ecrImage), ...open, sg, service({ assignPublicIp: "ENABLED" })],
  // AWS's own default depends on the platform version, so it counts only as written.
  "aws-native with AWS's own default for the public IP": [
    ...app(ecrImage),
    ...open,
    sg,
    service({ assignPublicIp: undefined }),
  ],
  "aws-native with a NAT gateway": [
    ...app(hubImage),
    ...closed,
    any("aws-native:ec2:NatGateway", "nat", { subnetId: "subnet-x" }),
    route({ natGatewayId: ref("nat", "natGatewayId") }),
    sg,
    service(),
  ],
  "aws-native with a closed subnet and images in ECR": [...app(ecrImage), ...closed, sg, service()],
  "aws-native with a VPC endpoint": [
    ...app(ecrImage),
    ...open,
    any("aws-native:ec2:VpcEndpoint", "endpoint", { serviceName: "com.amazonaws.eu-west-1.ecr.dkr" }),
    sg,
    service(),
  ],
  "aws-native with EC2 capacity": [...app(ecrImage), ...open, sg, service({}, { launchType: "EC2" })],
  // Unlike the classic provider, aws-native leaves AWS's own egress rule in place.
  "aws-native with a security group that says nothing of egress": [
    ...app(ecrImage),
    ...open,
    sg,
    service({ assignPublicIp: "ENABLED" }, spot),
  ],
};

export const brokenNativeNetworks: BrokenPrograms = {
  "aws-native in a public subnet without a public IP": [
    [...app(ecrImage), ...open, sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "aws-native on Fargate Spot in a public subnet without a public IP": [
    [...app(ecrImage), ...open, sg, service({}, spot)],
    ["mandatory web"],
    ["advisory web"],
  ],
  "aws-native without any route and an image of Docker Hub": [
    [...app(hubImage), ...closed, sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "aws-native in a subnet that maps public IPs": [
    [
      ...app(ecrImage),
      vpc,
      gateway,
      attached,
      subnet({ mapPublicIpOnLaunch: true }),
      table,
      toInternet,
      join,
      sg,
      service(),
    ],
    ["advisory web"],
    ["advisory web"],
  ],
};
