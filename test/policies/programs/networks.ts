import { type Declared, json, mapped, ref } from "../../../support/engine/declared";
import { attach, ecrImage, hubImage, role, task } from "../../../support/engine/fragments";

/**
 * Programs whose tasks have no path to a registry, by title, each with its findings (`mandatory web`): `first` in a preview of a new stack,
 * `second` once all resources exist.
 */
export type BrokenPrograms = Record<
  string,
  readonly [program: readonly Declared[], first: string[], second: string[]]
>;

/** Parts of programs with a network. */
export const any = (type: string, name: string, props: object = {}): Declared => ({
  type,
  name,
  props: { ...props },
});
export const vpc = any("aws:ec2/vpc:Vpc", "vpc", { cidrBlock: "10.0.0.0/16" });
export const gateway = any("aws:ec2/internetGateway:InternetGateway", "igw", { vpcId: ref("vpc") });
export const nat = any("aws:ec2/natGateway:NatGateway", "nat", { subnetId: "subnet-x" });
export const subnet = (props: object = {}, name = "a") =>
  any("aws:ec2/subnet:Subnet", name, { vpcId: ref("vpc"), cidrBlock: "10.0.0.0/24", ...props });
export const table = (props: object = {}, name = "rt") =>
  any("aws:ec2/routeTable:RouteTable", name, { vpcId: ref("vpc"), ...props });
export const join = (name = "join", subnetName = "a", tableName = "rt") =>
  any("aws:ec2/routeTableAssociation:RouteTableAssociation", name, {
    subnetId: ref(subnetName),
    routeTableId: ref(tableName),
  });
export const route = (target: object, more: object = {}) =>
  any("aws:ec2/route:Route", "route", {
    routeTableId: ref("rt"),
    destinationCidrBlock: "0.0.0.0/0",
    ...target,
    ...more,
  });
export const toInternet = route({ gatewayId: ref("igw") });
export const open = { egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }] };
export const group = (props: object = {}, name = "sg") =>
  any("aws:ec2/securityGroup:SecurityGroup", name, { vpcId: ref("vpc"), ...props });
export const sg = group(open);
export const rule = (type: unknown, of: unknown = ref("sg")) =>
  any("aws:ec2/securityGroupRule:SecurityGroupRule", "rule", { type, securityGroupId: of, protocol: "-1" });
export const service = (network: object = {}, props: object = {}) =>
  any("aws:ecs/service:Service", "web", {
    launchType: "FARGATE",
    taskDefinition: ref("task", "arn"),
    networkConfiguration: { subnets: [ref("a")], securityGroups: [ref("sg")], ...network },
    ...props,
  });
export const app = (image: string) => [
  role("exec"),
  attach("exec-policy", ref("exec", "name")),
  task("task", image),
];
export const ecr = app(ecrImage);
export const hub = app(hubImage);
export const publicNet = [vpc, gateway, subnet(), table(), toInternet, join()];
export const closedNet = [vpc, subnet(), table(), join()];
export const endpoint = (serviceName: string) =>
  any("aws:ec2/vpcEndpoint:VpcEndpoint", "endpoint", { vpcId: ref("vpc"), serviceName });
export const ip = { assignPublicIp: true };
/** A repository, an image that is built for it, and a task of that image. */
const built = [
  ...ecr.slice(0, 2),
  any("aws:ecr/repository:Repository", "repository", {
    url: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/repository",
  }),
  any("docker-build:index:Image", "image", {
    tags: [mapped([ref("repository", "repositoryUrl")], ([url]) => `${String(url)}:1`)],
  }),
];
export const builtApp = [
  ...built,
  task("task", undefined, {
    containerDefinitions: json([{ name: "app", image: ref("image", "ref") }]),
  }),
];
