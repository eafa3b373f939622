import { type Declared, mapped, ref } from "../../../support/engine/declared";
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
  service,
  sg,
  subnet,
  table,
  vpc,
} from "./networks";

const numbers = [0, 1];

/** What `new awsx.ec2.Vpc` registers for two zones: a table for each subnet, and a NAT gateway for each zone or for all. */
export function awsxVpc({ natGateways = 2, endpoints = [] as readonly string[] } = {}): Declared[] {
  const zone = (n: number, kind: string, target?: object): Declared[] => {
    const name = `shop-${kind}-${n + 1}`;
    return [
      subnet(
        {
          cidrBlock: `10.0.${n}.0/24`,
          availabilityZone: `eu-west-1${"ab"[n] ?? ""}`,
          mapPublicIpOnLaunch: kind === "public",
        },
        name,
      ),
      table({}, `${name}-table`),
      join(`${name}-join`, name, `${name}-table`),
      ...(target === undefined
        ? []
        : [
            any("aws:ec2/route:Route", `${name}-route`, {
              routeTableId: ref(`${name}-table`),
              destinationCidrBlock: "0.0.0.0/0",
              ...target,
            }),
          ]),
    ];
  };
  const nats = numbers.slice(0, natGateways);
  return [
    any("awsx:ec2:Vpc", "shop", { numberOfAvailabilityZones: 2 }),
    vpc,
    gateway,
    ...numbers.flatMap((n) => zone(n, "public", { gatewayId: ref("igw") })),
    ...nats.flatMap((n) => [
      any("aws:ec2/eip:Eip", `shop-${n + 1}`),
      any("aws:ec2/natGateway:NatGateway", `shop-${n + 1}-nat`, { subnetId: ref(`shop-public-${n + 1}`) }),
    ]),
    ...numbers.flatMap((n) => {
      const from = nats[n] ?? nats[0];
      return zone(
        n,
        "private",
        from === undefined ? undefined : { natGatewayId: ref(`shop-${from + 1}-nat`) },
      );
    }),
    ...endpoints.map((name) => ({
      ...endpoint(`com.amazonaws.eu-west-1.${name}`),
      name: `endpoint-${name}`,
    })),
  ];
}

/** A list of the subnets of such a VPC, as its outputs give it: it depends on the component too. */
export const awsxSubnets = (kind: "public" | "private"): unknown =>
  mapped([ref("shop"), ref(`shop-${kind}-1`), ref(`shop-${kind}-2`)], ([, ...ids]) => ids);

const component = any("awsx:ecs:FargateService", "web", { desiredCount: 1 });
const interfaces = ["ecr.api", "ecr.dkr", "logs"];

/** Programs as people write them, whose tasks reach their registries, or whose network cannot be judged. */
export const goodCommonNetworks: Record<string, readonly Declared[]> = {
  "awsx: a service in the private subnets": [
    ...ecr,
    ...awsxVpc(),
    sg,
    component,
    service({ subnets: awsxSubnets("private") }),
  ],
  "awsx: one NAT gateway for all zones": [
    ...hub,
    ...awsxVpc({ natGateways: 1 }),
    sg,
    service({ subnets: awsxSubnets("private") }),
  ],
  "awsx: the public subnets and a public IP": [
    ...hub,
    ...awsxVpc(),
    sg,
    component,
    service({ subnets: awsxSubnets("public"), ...ip }),
  ],
  "awsx: no NAT gateway, endpoints for images of ECR": [
    ...ecr,
    ...awsxVpc({ natGateways: 0, endpoints: [...interfaces, "s3"] }),
    sg,
    service({ subnets: awsxSubnets("private") }),
  ],
  "awsx: a service in the default VPC": [
    ...ecr,
    any("awsx:ec2:DefaultVpc", "default"),
    group({
      vpcId: "vpc-1",
      egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
    }),
    component,
    service({ subnets: ["subnet-1", "subnet-2"], assignPublicIp: true }),
  ],
  "the default VPC, its subnets and its security group adopted": [
    ...ecr,
    any("aws:ec2/defaultVpc:DefaultVpc", "vpc"),
    any("aws:ec2/defaultSubnet:DefaultSubnet", "a", { availabilityZone: "eu-west-1a" }),
    any("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "sg", { vpcId: ref("vpc") }),
    service(),
  ],
  "a VPC that another account shares": [
    ...hub,
    group({ vpcId: "vpc-shared", egress: [{ protocol: "-1", fromPort: 0, toPort: 0 }] }),
    service({ subnets: ["subnet-shared-1", "subnet-shared-2"] }),
  ],
  "interface endpoints, a gateway endpoint for S3, and egress to both": [
    ...ecr,
    ...closedNet,
    ...interfaces.map((name) => ({ ...endpoint(`com.amazonaws.eu-west-1.${name}`), name })),
    { ...endpoint("com.amazonaws.eu-west-1.s3"), name: "s3" },
    group({
      egress: [
        { protocol: "tcp", fromPort: 443, toPort: 443, prefixListIds: ["pl-6da54004"] },
        { protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["10.0.0.0/16"] },
      ],
    }),
    service(),
  ],
  "endpoints for ECR in a public subnet": [
    ...builtApp,
    ...publicNet,
    endpoint("com.amazonaws.eu-west-1.ecr.dkr"),
    sg,
    service(),
  ],
  "an endpoint whose service is not known": [
    ...hub,
    ...publicNet,
    any("aws:ec2/vpcEndpoint:VpcEndpoint", "endpoint", {
      vpcId: ref("vpc"),
      serviceName: mapped([ref("igw")], () => "com.amazonaws.vpce.eu-west-1.vpce-svc-1"),
    }),
    sg,
    service(),
  ],
  "a transit gateway of the program": [
    ...hub,
    ...closedNet,
    any("aws:ec2transitgateway/transitGateway:TransitGateway", "tgw"),
    any("aws:ec2transitgateway/vpcAttachment:VpcAttachment", "attachment", {
      transitGatewayId: ref("tgw"),
      subnetIds: [ref("a")],
      vpcId: ref("vpc"),
    }),
    route({ transitGatewayId: ref("tgw") }),
    sg,
    service(),
  ],
  "a NAT instance by its network interface": [
    ...hub,
    ...closedNet,
    any("aws:ec2/instance:Instance", "nat", { ami: "ami-1", sourceDestCheck: false }),
    route({ networkInterfaceId: ref("nat", "primaryNetworkInterfaceId") }),
    sg,
    service(),
  ],
  "dual stack with an egress-only gateway": [
    ...hub,
    vpc,
    any("aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", "eigw", { vpcId: ref("vpc") }),
    subnet({ ipv6CidrBlock: mapped([ref("vpc", "ipv6CidrBlock")], () => "2001:db8::/64") }),
    table(),
    route({
      destinationCidrBlock: undefined,
      destinationIpv6CidrBlock: "::/0",
      egressOnlyGatewayId: ref("eigw"),
    }),
    join(),
    sg,
    service(),
  ],
  "a peered VPC that has the registry": [
    ...app("registry.internal/app:1"),
    ...closedNet,
    any("aws:ec2/vpcPeeringConnection:VpcPeeringConnection", "peering", {
      vpcId: ref("vpc"),
      peerVpcId: "vpc-2",
    }),
    route({ vpcPeeringConnectionId: ref("peering") }, { destinationCidrBlock: "10.1.0.0/16" }),
    sg,
    service(),
  ],
  "Cloud WAN": [
    ...hub,
    ...closedNet,
    route({ coreNetworkArn: "arn:aws:networkmanager::1:core-network/c-1" }),
    sg,
    service(),
  ],
  "an endpoint of a gateway load balancer": [
    ...hub,
    ...publicNet.filter(({ name }) => name !== "route"),
    any("aws:ec2/vpcEndpoint:VpcEndpoint", "gwlbe", {
      vpcId: ref("vpc"),
      vpcEndpointType: "GatewayLoadBalancer",
      serviceName: "com.amazonaws.vpce.eu-west-1.vpce-svc-1",
    }),
    route({ vpcEndpointId: "vpce-1" }),
    sg,
    service(),
  ],
  "a main route table by an association": [
    ...hub,
    vpc,
    nat,
    subnet(),
    table(),
    route({ natGatewayId: ref("nat") }),
    any("aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation", "main", {
      vpcId: ref("vpc"),
      routeTableId: ref("rt"),
    }),
    sg,
    service(),
  ],
  "the default route table adopted, with its routes in it": [
    ...hub,
    vpc,
    nat,
    subnet(),
    any("aws:ec2/defaultRouteTable:DefaultRouteTable", "rt", {
      defaultRouteTableId: ref("vpc", "defaultRouteTableId"),
      routes: [{ cidrBlock: "0.0.0.0/0", natGatewayId: ref("nat") }],
    }),
    join(),
    sg,
    service(),
  ],
  "a route of the VPC's main table, which a subnet uses": [
    ...hub,
    ...closedNet.filter(({ name }) => name !== "join"),
    nat,
    route({ natGatewayId: ref("nat") }, { routeTableId: ref("vpc", "mainRouteTableId") }),
    sg,
    service(),
  ],
  "routes in the table and beside it": [
    ...hub,
    vpc,
    nat,
    subnet(),
    table({ routes: [{ cidrBlock: "10.1.0.0/16", vpcPeeringConnectionId: "pcx-1" }] }),
    route({ natGatewayId: ref("nat") }),
    join(),
    sg,
    service(),
  ],
  "routes that are not known": [
    ...hub,
    vpc,
    nat,
    subnet(),
    table({ routes: mapped([ref("nat")], ([id]) => [{ cidrBlock: "0.0.0.0/0", natGatewayId: id }]) }),
    join(),
    sg,
    service(),
  ],
};
