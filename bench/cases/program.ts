import { type Declared, ref, registered } from "../../support/engine/declared";
import { attach, role, task } from "../../support/engine/fragments";
import type { Bench, Case, CaseReport } from "../case";
import { addedTime } from "../figure";
import { alternate } from "../measurement";
import { PackProcess } from "../pack-process";

const tasks = 100;
const roles = 20;
const networks = 3;
const rounds = 15;

/** What the policies over whole programs cost a program that has much for them to follow, and no fault. */
export const program: Case = {
  name: "program",
  title: `${tasks} task definitions and services, ${roles} roles, ${networks} VPCs`,
  measure,
};

const overPrograms = ["execution-role", "task-network"];
/** Every other policy, save one without any work here: so the pack runs in both cases. */
const disabled = [
  "mixed-layer-compression",
  "unpullable-layers",
  "platform-mismatch",
  "image-name",
  "registry-login",
  "image-size",
  "missing-image",
  "unverified-image",
];

async function measure(bench: Bench): Promise<CaseReport> {
  const { folder } = await bench.installed();
  const resources = registered(fleet(), "first");
  const preview = (left: readonly string[]) => async () => {
    const pack = await PackProcess.start(folder);
    try {
      return await pack.preview(resources, [...disabled, ...left]);
    } finally {
      await pack.stop();
    }
  };
  const times = await alternate(rounds, { guard: preview([]), base: preview(overPrograms) });
  const base = { name: "the same without these policies", times: times.base };
  return {
    figures: [addedTime(`preview of ${resources.length} new resources`, times.guard, base, 50)],
    remarks: [
      `Medians of ${rounds} alternating previews after one to warm up, each by a pack just started: a preview runs once.`,
      "From the first resource to the end of the stack, over gRPC as the engine sends it. Policies over images are disabled in both.",
      "Services in private subnets with a NAT gateway, images in private ECR, roles with AWS's managed policy.",
    ],
  };
}

/** Services in private subnets behind NAT gateways; every role serves several task definitions. */
function fleet(): Declared[] {
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
  return [
    ...numbers(networks).flatMap(network),
    ...numbers(roles).flatMap((n) => [role(`role-${n}`), attach(`attach-${n}`, ref(`role-${n}`, "name"))]),
    ...numbers(tasks).flatMap((n) => [
      task(`task-${n}`, undefined, { executionRoleArn: ref(`role-${n % roles}`, "arn") }),
      service(n, `vpc-${n % networks}`),
    ]),
  ];
}

function service(n: number, vpc: string): Declared {
  return any("aws:ecs/service:Service", `service-${n}`, {
    launchType: "FARGATE",
    taskDefinition: ref(`task-${n}`, "arn"),
    networkConfiguration: {
      subnets: [ref(`${vpc}-private-0`), ref(`${vpc}-private-1`)],
      securityGroups: [ref(`${vpc}-group`)],
    },
  });
}

function network(n: number): Declared[] {
  const vpc = `vpc-${n}`;
  const tables = ["public", "private"].flatMap((kind): Declared[] => [
    any("aws:ec2/routeTable:RouteTable", `${vpc}-${kind}`, { vpcId: ref(vpc) }),
    ...[0, 1].flatMap((zone) => [
      any("aws:ec2/subnet:Subnet", `${vpc}-${kind}-${zone}`, {
        vpcId: ref(vpc),
        cidrBlock: `10.${n}.${zone}.0/24`,
      }),
      any("aws:ec2/routeTableAssociation:RouteTableAssociation", `${vpc}-${kind}-${zone}-join`, {
        subnetId: ref(`${vpc}-${kind}-${zone}`),
        routeTableId: ref(`${vpc}-${kind}`),
      }),
    ]),
  ]);
  const route = (kind: string, target: object) =>
    any("aws:ec2/route:Route", `${vpc}-${kind}-route`, {
      routeTableId: ref(`${vpc}-${kind}`),
      destinationCidrBlock: "0.0.0.0/0",
      ...target,
    });
  return [
    any("aws:ec2/vpc:Vpc", vpc, { cidrBlock: `10.${n}.0.0/16` }),
    any("aws:ec2/internetGateway:InternetGateway", `${vpc}-igw`, { vpcId: ref(vpc) }),
    ...tables,
    any("aws:ec2/natGateway:NatGateway", `${vpc}-nat`, { subnetId: ref(`${vpc}-public-0`) }),
    route("public", { gatewayId: ref(`${vpc}-igw`) }),
    route("private", { natGatewayId: ref(`${vpc}-nat`) }),
    any("aws:ec2/securityGroup:SecurityGroup", `${vpc}-group`, {
      vpcId: ref(vpc),
      egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
    }),
  ];
}

function any(type: string, name: string, props: object): Declared {
  return { type, name, props: { ...props } };
}
