import { type Declared, json, mapped, ref } from "../../../support/engine/declared";
import { ecrImage, task } from "../../../support/engine/fragments";
import {
  any,
  app,
  builtApp,
  closedNet,
  ecr,
  endpoint,
  gateway,
  group,
  hub,
  ip,
  join,
  nat,
  publicNet,
  route,
  rule,
  service,
  sg,
  subnet,
  table,
  toInternet,
  vpc,
} from "./networks";

const egressRule = (props: object) =>
  any("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "rule", { ipProtocol: "-1", ...props });
const strategy = (...names: string[]) => ({
  launchType: undefined,
  capacityProviderStrategies: names.map((capacityProvider) => ({ capacityProvider, weight: 1 })),
});
export const existing = (one: Declared): Declared => ({ ...one, state: "existing" });
/** An image that is not known yet, and nothing tells its registry. */
export const unknownImage = [
  ...ecr.slice(0, 2),
  task("task", undefined, {
    containerDefinitions: json([{ name: "app", image: mapped([ref("exec")], () => ecrImage) }]),
  }),
];
export const toS3 = endpoint("com.amazonaws.eu-west-1.s3");

/** Groups, capacity and images as people write them: the tasks reach their registries, or nothing proves that they do not. */
export const goodCommonTasks: Record<string, readonly Declared[]> = {
  "egress to a prefix list": [
    ...ecr,
    ...publicNet,
    any("aws:ec2/managedPrefixList:ManagedPrefixList", "list", { addressFamily: "IPv4" }),
    group(),
    egressRule({ securityGroupId: ref("sg"), prefixListId: ref("list") }),
    service(ip),
  ],
  "egress to the group itself and to that of the endpoints": [
    ...ecr,
    ...closedNet,
    ...["ecr.api", "ecr.dkr", "s3"].map((name) => ({
      ...endpoint(`com.amazonaws.eu-west-1.${name}`),
      name,
    })),
    group({}, "endpoints"),
    group({ egress: [{ protocol: "-1", fromPort: 0, toPort: 0, securityGroups: [ref("endpoints")] }] }),
    service(),
  ],
  "an egress rule through an apply": [
    ...ecr,
    ...publicNet,
    group(),
    rule(
      "egress",
      mapped([ref("sg")], ([id]) => id),
    ),
    service(ip),
  ],
  "ingress in the group, egress beside it": [
    ...ecr,
    ...publicNet,
    group({ ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80, cidrBlocks: ["0.0.0.0/0"] }] }),
    rule("egress"),
    service(ip),
  ],
  "a rule whose direction is not known": [
    ...ecr,
    ...publicNet,
    group(),
    rule(mapped([ref("vpc")], () => "egress")),
    service(ip),
  ],
  "rules that an exclusive resource lists": [
    ...ecr,
    ...publicNet,
    group(),
    any("aws:vpc/securityGroupRulesExclusive:SecurityGroupRulesExclusive", "rules", {
      securityGroupId: ref("sg"),
      egressRuleIds: ["sgr-1"],
    }),
    service(ip),
  ],
  "a security group that exists": [...ecr, ...publicNet, existing(group()), service(ip)],
  "a network that others maintain": [
    ...ecr,
    ...publicNet,
    group(),
    { ...service(), ignoreChanges: ["networkConfiguration.assignPublicIp", "taskDefinition"] },
  ],
  "a public IP of the configuration of another stack": [
    ...hub,
    ...publicNet,
    sg,
    service({ assignPublicIp: mapped([ref("igw")], () => true) }),
  ],
  "external instances": [...ecr, ...publicNet, group(), service({}, { launchType: "EXTERNAL" })],
  "the default strategy of the cluster": [
    ...ecr,
    ...publicNet,
    group(),
    any("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "providers", {
      clusterName: "shop",
      capacityProviders: ["asg"],
      defaultCapacityProviderStrategies: [{ capacityProvider: "asg" }],
    }),
    service({}, { launchType: undefined }),
  ],
  "Fargate and Fargate Spot behind a NAT gateway": [
    ...hub,
    ...closedNet,
    nat,
    route({ natGatewayId: ref("nat") }),
    sg,
    service({}, strategy("FARGATE", "FARGATE_SPOT")),
  ],
  "blue/green deployments with a public IP": [
    ...hub,
    ...publicNet,
    sg,
    service(ip, { deploymentController: { type: "CODE_DEPLOY" } }),
  ],
  "a registry inside the VPC, in a public subnet": [
    ...app("registry.internal:5000/app:1"),
    ...publicNet,
    sg,
    service(),
  ],
  "a registry at a private address, in a public subnet": [
    ...app("10.0.3.7:5000/app:1"),
    ...publicNet,
    sg,
    service(),
  ],
  "an image that is not known, in a closed subnet": [...unknownImage, ...closedNet, sg, service()],
  "an image that the program builds, in a closed subnet": [...builtApp, ...closedNet, sg, service()],
  "a task definition of another stack, in a closed subnet": [
    ...closedNet,
    sg,
    service({}, { taskDefinition: "web:7" }),
  ],
  "images of ECR behind endpoints, in a subnet that exists": [
    ...ecr,
    ...[vpc, gateway, subnet(), table(), toInternet, join()].map(existing),
    existing(endpoint("com.amazonaws.eu-west-1.ecr.dkr")),
    sg,
    service(),
  ],
  "a subnet with two associations": [
    ...hub,
    ...publicNet,
    table({ routes: [{ cidrBlock: "0.0.0.0/0", natGatewayId: "nat-1" }] }, "private"),
    join("join-2", "a", "private"),
    sg,
    service(),
  ],
  "a gateway that others change": [
    ...hub,
    ...publicNet.map((one) => (one.name === "route" ? { ...one, ignoreChanges: ["gatewayId"] } : one)),
    sg,
    service(),
  ],
  "split default routes through a VPN": [
    ...hub,
    ...closedNet,
    any("aws:ec2/vpnGateway:VpnGateway", "vgw", { vpcId: ref("vpc") }),
    route({ gatewayId: ref("vgw") }, { destinationCidrBlock: "0.0.0.0/1" }),
    sg,
    service(),
  ],
  "routes that a VPN gateway propagates": [
    ...hub,
    ...closedNet,
    any("aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation", "vgw", {
      vpnGatewayId: "vgw-1",
      routeTableId: ref("rt"),
    }),
    sg,
    service(),
  ],
  "a route that a module of Terraform makes": [
    ...hub,
    ...closedNet,
    any("network:tf:aws_route", "module.network", { route_table_id: ref("rt"), nat_gateway_id: "nat-1" }),
    sg,
    service(),
  ],
  "an egress rule that a module of Terraform makes": [
    ...hub,
    ...publicNet,
    group(),
    any("rules:tf:aws_security_group_rule", "module.rules", { security_group_id: ref("sg") }),
    service(ip),
  ],
  "an endpoint that a module of Terraform makes": [
    ...hub,
    ...publicNet,
    any("endpoints:tf:aws_vpc_endpoint", "module.endpoints", { vpc_id: ref("vpc") }),
    sg,
    service(),
  ],
};
