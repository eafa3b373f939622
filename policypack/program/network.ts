import { madeOnce, member, type Reading } from "../common/values";
import {
  cluster,
  encryptionKey,
  internetGateway,
  queue,
  role,
  routeTable as routeTableKind,
  route as routeKind,
  routeTableAssociation,
  securityGroup,
  subnet as subnetKind,
  taskDefinition,
  vpc as vpcKind,
} from "./kinds";
import { exists, ignoresChanges, inputOf, type Program, type Resource, sourcesOf } from "./program";
import { isTouched } from "./role-permissions";
import { inside, listIn } from "./tasks";
import type { TaskRun } from "./task-runs";

/** A subnet from which tasks without a public IP reach nothing: its routes use an internet gateway (`public`), or there are none (`closed`). */
export interface DeadEnd {
  readonly kind: "public" | "closed";
  readonly subnet: Resource;
  readonly routeTable: Resource;
  /** Something outside of the program may open a way. */
  readonly isLikely: boolean;
}

/** What a program proves of its network. Services share subnets and security groups: each is judged once. */
export class Network {
  readonly #program: Program;
  readonly #ends = new Map<Resource, DeadEnd | undefined>();
  readonly #closed = new Map<Resource, boolean>();

  constructor(program: Program) {
    this.#program = program;
  }

  /**
   * The security groups of tasks, if none of them lets anything out. Undefined if that is not certain, such as for a list that is one
   * unknown output: it may also hold the literal id of a group from elsewhere, which no dependency shows.
   */
  closedGroups({ resource, network, keys }: TaskRun): readonly Resource[] | undefined {
    const named = network && listIn(network.securityGroups);
    const groups = named && this.#program.links(resource, keys.network, named, securityGroup);
    if (groups === undefined || groups.length === 0) return undefined;
    const isClosed = groups.every((group) =>
      madeOnce(this.#closed, group, () => isShut(this.#program, group)),
    );
    return isClosed ? groups : undefined;
  }

  /** What becomes of tasks in each of their subnets. Undefined if one of them may have a way out. */
  deadEnds({ resource, network, keys }: TaskRun): readonly DeadEnd[] | undefined {
    if (network?.hasPublicIp !== "no") return undefined;
    const named = network.subnets;
    const subnets =
      named.state === "unknown"
        ? this.#program.sources(resource, keys.network, subnetKind, besidesSubnets)
        : this.#program.links(resource, keys.network, listIn(named) ?? [], subnetKind);
    const ends = subnets?.map((subnet) => madeOnce(this.#ends, subnet, () => deadEnd(this.#program, subnet)));
    return ends?.every((end) => end !== undefined) === true ? ends : undefined;
  }
}

/**
 * What an input with a network depends on besides the subnets that it takes: none of these gives subnets, and a VPC of awsx names those
 * that it gives.
 */
const besidesSubnets: ReadonlySet<string> = new Set([
  ...[securityGroup, cluster, taskDefinition, role, queue, encryptionKey].flatMap(({ types }) => types),
  "aws-native:ec2:SecurityGroup",
  "awsx:ec2:Vpc",
]);

const egressRules = [
  {
    kind: {
      types: [
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      ],
    },
    key: "securityGroupId",
  },
  { kind: { types: ["aws-native:ec2:SecurityGroupEgress"] }, key: "groupId" },
];

/** They make rules in ways that are not worth following; a module of Terraform shows its resources as `name:tf:type`. */
const opaqueRules = /Exclusive$|:tf:aws_.*security_group/;

/** Whether a security group surely lets nothing out. */
function isShut(program: Program, group: Resource): boolean {
  if (program.matching(opaqueRules).length > 0) return false;
  const egress = inputOf(group, "egress");
  const none = egress.state === "absent" || (egress.state === "known" && listIn(egress)?.length === 0);
  return none && !exists(group, securityGroup) && !isTouched(program, group) && !hasRule(program, group);
}

function hasRule(program: Program, group: Resource): boolean {
  return egressRules
    .flatMap(({ kind, key }) => program.related(kind, key, group, securityGroup))
    .some(({ resource }) => {
      const direction = inputOf(resource, "type");
      return direction.state !== "known" || direction.value !== "ingress";
    });
}

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
  const own = vpc.state === "found" ? vpc.resource : undefined;
  // Endpoints belong to the VPC.
  if (own !== undefined && isTouched(program, own)) return undefined;
  const associations = program.related(routeTableAssociation, "subnetId", subnet, subnetKind);
  const [association] = associations;
  if (association?.relation !== "is" || associations.length > 1) return undefined;
  const table = program.link(association.resource, "routeTableId", routeTableKind);
  if (table.state !== "found") return undefined;
  const kind = routesOf(program, table.resource);
  if (kind === undefined) return undefined;
  const isLikely =
    own === undefined ||
    exists(own, vpcKind) ||
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
const propagation =
  /vpnGatewayRoutePropagation|routeServerPropagation|GatewayRoutePropagation|:tf:aws_route/i;

function routesOf(program: Program, table: Resource): DeadEnd["kind"] | undefined {
  if (isTouched(program, table) || isSet(inputOf(table, "propagatingVgws"))) return undefined;
  if (program.matching(propagation).length > 0) return undefined;
  const inline = inputOf(table, "routes");
  const written = inline.state === "absent" ? [] : listIn(inline);
  const planned = listIn(member(table.outputs, "routes")) ?? [];
  if (written === undefined) return undefined;
  const isInternet = (urns: readonly string[]) =>
    urns.length > 0 && urns.every((urn) => leadsToInternet.includes(program.get(urn)?.type ?? ""));
  const targets: Target[] = [...written, ...planned.filter(({ state }) => state === "known")].map((one) =>
    targetOf(
      (key) => inside(one, key),
      () => isInternet(sourcesOf(table, "routes")),
    ),
  );
  for (const { resource, relation } of program.related(routeKind, "routeTableId", table, routeTableKind)) {
    if (relation === "maybe") return undefined;
    targets.push(
      targetOf(
        (key) => inputOf(resource, key),
        () => !ignoresChanges(resource, "gatewayId") && isInternet(sourcesOf(resource, "gatewayId")),
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
