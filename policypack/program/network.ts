import { isRecord, member, type Reading } from "../common/values";
import {
  internetGateway,
  routeTable as routeTableKind,
  route as routeKind,
  routeTableAssociation,
  securityGroup,
  subnet as subnetKind,
  vpc as vpcKind,
} from "./kinds";
import { exists, inputOf, type Program, type Resource } from "./program";
import { isTouched } from "./role-permissions";
import { inside, listIn, runsOnFargate } from "./tasks";

/** The network interface that a service gives its tasks (ECS API, `AwsVpcConfiguration`). */
export interface TaskNetwork {
  /** Unknown if their number is. */
  readonly subnets: readonly Reading[] | "unknown";
  readonly securityGroups: readonly Reading[];
  readonly hasPublicIp: "yes" | "no" | "unknown";
}

/** A subnet from which tasks without a public IP reach nothing: its routes use an internet gateway (`public`), or there are none (`closed`). */
export interface DeadEnd {
  readonly kind: "public" | "closed";
  readonly subnet: Resource;
  readonly routeTable: Resource;
  /** Something outside of the program may open a way. */
  readonly isLikely: boolean;
}

const networkKey = "networkConfiguration";

/** Undefined if the service says nothing of its network that is known. The task sets of an external controller have networks of their own. */
export function networkOf(service: Resource): TaskNetwork | undefined {
  const controller = inputOf(service, "deploymentController");
  const by = inside(controller, "type");
  if (by.state === "unknown" || (by.state === "known" && by.value === "EXTERNAL")) return undefined;
  const configuration = inputOf(service, networkKey);
  const isNative = service.type.startsWith("aws-native:");
  const holder = isNative ? inside(configuration, "awsvpcConfiguration") : configuration;
  if (holder.state !== "known" || !isRecord(holder.value)) return undefined;
  const publicIp = inside(holder, "assignPublicIp");
  const off = isNative ? "DISABLED" : false;
  const isOff =
    publicIp.state === "known" ? publicIp.value === off : publicIp.state === "absent" && !isNative;
  const subnets = inside(holder, "subnets");
  return {
    subnets: subnets.state === "unknown" ? "unknown" : (listIn(subnets) ?? []),
    securityGroups: listIn(inside(holder, "securityGroups")) ?? [],
    hasPublicIp: isOff ? "no" : publicIp.state === "known" ? "yes" : "unknown",
  };
}

/** Whether all tasks of a service run on Fargate's platform 1.4.0 or later, where they pull through their own network interface. */
export function isOnFargate(service: Resource): boolean {
  const version = inputOf(service, "platformVersion");
  const isRecent =
    version.state === "absent" ||
    (version.state === "known" && ["LATEST", "1.4.0", ""].includes(String(version.value)));
  return isRecent && runsOnFargate(service);
}

const egressRule = {
  "aws:ec2/securityGroupRule:SecurityGroupRule": "securityGroupId",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "securityGroupId",
  "aws-native:ec2:SecurityGroupEgress": "groupId",
} as const;

/** The security groups of a service, if none of them lets anything out. Undefined if that is not certain. */
export function closedGroups(
  program: Program,
  service: Resource,
  network: TaskNetwork,
): readonly Resource[] | undefined {
  if (network.securityGroups.length === 0) return undefined;
  const groups = program.links(service, networkKey, network.securityGroups, securityGroup);
  if (groups === undefined || [...program.types()].some((type) => /Exclusive$/.test(type))) return undefined;
  const isClosed = groups.every((group) => {
    const egress = inputOf(group, "egress");
    const none = egress.state === "absent" || (egress.state === "known" && listIn(egress)?.length === 0);
    return none && !exists(group, securityGroup) && !isTouched(program, group) && !hasRule(program, group);
  });
  return isClosed ? groups : undefined;
}

function hasRule(program: Program, group: Resource): boolean {
  return Object.entries(egressRule).some(([type, key]) =>
    program.ofKind({ types: [type] }).some((rule) => {
      const direction = inputOf(rule, "type");
      if (direction.state === "known" && direction.value === "ingress") return false;
      return program.relation(rule, key, group, securityGroup) !== "not";
    }),
  );
}

/**
 * What becomes of tasks in each subnet of a service. Undefined if one of them may have a way out.
 *
 * @param known subnets judged before: services share them
 */
export function deadEnds(
  program: Program,
  service: Resource,
  network: TaskNetwork,
  known: Map<Resource, DeadEnd | undefined>,
): readonly DeadEnd[] | undefined {
  if (network.hasPublicIp !== "no" || network.subnets.length === 0) return undefined;
  const subnets =
    network.subnets === "unknown"
      ? program.sources(service, networkKey, subnetKind, besidesSubnets)
      : program.links(service, networkKey, network.subnets, subnetKind);
  const ends = subnets?.map((subnet) => {
    if (!known.has(subnet)) known.set(subnet, deadEnd(program, subnet));
    return known.get(subnet);
  });
  return ends?.every((end) => end !== undefined) === true ? ends : undefined;
}

/** What a network configuration depends on without taking subnets from it. A VPC of awsx names the subnets that it gives. */
const besidesSubnets = /^(?:aws(?:-native)?:ec2[/:]securityGroup[/:]?|awsx:ec2:Vpc$)/i;

/** A subnet with any of these may reach more than its routes of IPv4 say. */
const special = [
  "ipv6CidrBlock",
  "ipv6Native",
  "assignIpv6AddressOnCreation",
  "ipv6IpamPoolId",
  "ipv6NetmaskLength",
  "outpostArn",
];

function deadEnd(program: Program, subnet: Resource): DeadEnd | undefined {
  if (special.some((key) => isSet(inputOf(subnet, key))) || isTouched(program, subnet)) return undefined;
  const mapsIp = inputOf(subnet, "mapPublicIpOnLaunch");
  const vpc = program.link(subnet, "vpcId", vpcKind);
  if (mapsIp.state === "unknown" || (vpc.state !== "found" && vpc.state !== "elsewhere")) return undefined;
  // Endpoints belong to the VPC.
  if (vpc.state === "found" && isTouched(program, vpc.resource)) return undefined;
  const associations = program
    .ofKind(routeTableAssociation)
    .filter((one) => program.relation(one, "subnetId", subnet, subnetKind) !== "not");
  const [association] = associations;
  if (association === undefined || associations.length > 1) return undefined;
  if (program.relation(association, "subnetId", subnet, subnetKind) !== "is") return undefined;
  const table = program.link(association, "routeTableId", routeTableKind);
  if (table.state !== "found") return undefined;
  const kind = routesOf(program, table.resource);
  if (kind === undefined) return undefined;
  const isLikely =
    vpc.state === "elsewhere" ||
    (mapsIp.state === "known" && mapsIp.value === true) ||
    exists(subnet, subnetKind) ||
    exists(table.resource, routeTableKind);
  return { kind, subnet, routeTable: table.resource, isLikely };
}

/** An attachment has the gateway's id as well. */
const leadsToInternet: readonly string[] = [
  ...internetGateway.types,
  "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment",
];

/** They add routes that do not stand in the program. */
const propagation = /vpnGatewayRoutePropagation|routeServerPropagation|GatewayRoutePropagation/i;

function routesOf(program: Program, table: Resource): DeadEnd["kind"] | undefined {
  if (isTouched(program, table) || isSet(inputOf(table, "propagatingVgws"))) return undefined;
  if ([...program.types()].some((type) => propagation.test(type))) return undefined;
  const inline = inputOf(table, "routes");
  const written = inline.state === "absent" ? [] : listIn(inline);
  const planned = listIn(member(table.outputs, "routes")) ?? [];
  if (written === undefined) return undefined;
  const isInternet = (urns: readonly string[]) =>
    urns.length > 0 && urns.every((urn) => leadsToInternet.includes(program.get(urn)?.type ?? ""));
  const targets: Target[] = [...written, ...planned.filter(({ state }) => state === "known")].map((one) =>
    targetOf(
      (key) => inside(one, key),
      () => isInternet(table.propertyDependencies["routes"] ?? []),
    ),
  );
  for (const one of program.ofKind(routeKind)) {
    const relation = program.relation(one, "routeTableId", table, routeTableKind);
    if (relation === "maybe") return undefined;
    if (relation === "is")
      targets.push(
        targetOf(
          (key) => inputOf(one, key),
          () => isInternet(one.propertyDependencies["gatewayId"] ?? []),
        ),
      );
  }
  if (targets.includes("other")) return undefined;
  return targets.includes("internet") ? "public" : "closed";
}

type Target = "local" | "internet" | "other";

/** The targets of a route other than an internet gateway (EC2 API, `CreateRoute`), and destinations other than the whole of IPv4. */
const elsewhere = [
  "natGatewayId",
  "transitGatewayId",
  "vpcPeeringConnectionId",
  "vpcEndpointId",
  "networkInterfaceId",
  "instanceId",
  "egressOnlyGatewayId",
  "egressOnlyInternetGatewayId",
  "carrierGatewayId",
  "coreNetworkArn",
  "localGatewayId",
  "odbNetworkArn",
  "destinationPrefixListId",
  "destinationIpv6CidrBlock",
  "ipv6CidrBlock",
];

function targetOf(get: (key: string) => Reading, isInternet: () => boolean): Target {
  if (elsewhere.some((key) => isSet(get(key)))) return "other";
  const gateway = get("gatewayId");
  if (gateway.state === "known" && gateway.value === "local") return "local";
  const destinations = [get("destinationCidrBlock"), get("cidrBlock")];
  if (!destinations.some((one) => one.state === "known" && one.value === "0.0.0.0/0")) return "other";
  const leads =
    gateway.state === "known"
      ? String(gateway.value).startsWith("igw-")
      : gateway.state === "unknown" && isInternet();
  return leads ? "internet" : "other";
}

/** An empty text, an empty list and false are what providers put for nothing. */
function isSet(reading: Reading): boolean {
  if (reading.state !== "known") return reading.state === "unknown";
  const { value } = reading;
  return !(value === "" || value === false || (Array.isArray(value) && value.length === 0));
}
