import { type Declared, mapped, ref } from "../../../support/engine/declared";
import {
  type BrokenPrograms,
  any,
  ecr,
  group,
  ip,
  join,
  nat,
  publicNet,
  rule,
  service,
  sg,
  subnet,
  table,
} from "./networks";

const awsx = any("awsx:ec2:Vpc", "awsx", { vpcId: ref("vpc") });

/** Subnets and security groups that are one output, unknown as a whole, from which a task may have a way out. */
export const goodOutputNetworks: Record<string, readonly Declared[]> = {
  "a list of subnets as an output, one of which has a way out": [
    ...ecr,
    ...publicNet,
    subnet({}, "b"),
    nat,
    table({ routes: [{ cidrBlock: "0.0.0.0/0", natGatewayId: ref("nat") }] }, "private"),
    join("join-b", "b", "private"),
    sg,
    service({ subnets: mapped([ref("a"), ref("b")], (ids) => ids) }),
  ],
  "a list of subnets as an output that also comes from elsewhere": [
    ...ecr,
    ...publicNet,
    any("aws:ram/resourceShare:ResourceShare", "shared", { name: "subnets" }),
    sg,
    service({ subnets: mapped([ref("a"), ref("shared", "arn")], () => ["subnet-1"]) }),
  ],
  "a list of subnets as an output of no subnet of the program": [
    ...ecr,
    ...publicNet,
    sg,
    service({ subnets: mapped([ref("vpc")], () => ["subnet-1"]) }),
  ],
  "a list of security groups as an output, one of which is open": [
    ...ecr,
    ...publicNet,
    group({}, "closed"),
    sg,
    service({ ...ip, securityGroups: mapped([ref("closed"), ref("sg")], (ids) => ids) }),
  ],
  "a list of security groups as an output that may hold the VPC's own": [
    ...ecr,
    ...publicNet,
    group(),
    service({
      ...ip,
      securityGroups: mapped([ref("sg"), ref("vpc", "defaultSecurityGroupId")], (ids) => ids),
    }),
  ],
  "a list of security groups as an output of a component that may hold others": [
    ...ecr,
    ...publicNet,
    awsx,
    group(),
    service({ ...ip, securityGroups: mapped([ref("awsx", "vpcId"), ref("sg")], ([, id]) => [id]) }),
  ],
  "a list of security groups as an output of a load balancer": [
    ...ecr,
    ...publicNet,
    group(),
    any("aws:lb/loadBalancer:LoadBalancer", "lb", { securityGroups: [ref("sg")] }),
    service({ ...ip, securityGroups: ref("lb", "securityGroups") }),
  ],
  "a list of security groups as an output, with a rule of its own": [
    ...ecr,
    ...publicNet,
    group(),
    rule("egress"),
    service({ ...ip, securityGroups: mapped([ref("sg")], (ids) => ids) }),
  ],
  // Of several values in one output, some may be literal: the engine shows what the others depend on.
  "a list of security groups as an output of closed groups, which may hold another": [
    ...ecr,
    ...publicNet,
    group(),
    group({}, "other"),
    service({ ...ip, securityGroups: mapped([ref("sg"), ref("other")], (ids) => ids) }),
  ],
  "a list of security groups as an output of a closed group and an open one from elsewhere": [
    ...ecr,
    ...publicNet,
    group(),
    service({ ...ip, securityGroups: mapped([ref("sg")], ([id]) => [id, "sg-open"]) }),
  ],
};

export const brokenOutputNetworks: BrokenPrograms = {
  "the list of subnets as an output, as components give it": [
    [...ecr, ...publicNet, sg, service({ subnets: mapped([ref("a")], ([a]) => [a]) })],
    ["mandatory web"],
    ["advisory web"],
  ],
  "the lists of subnets and of security groups as outputs": [
    [
      ...ecr,
      ...publicNet,
      group(),
      service({
        subnets: mapped([ref("a")], (ids) => ids),
        securityGroups: mapped([ref("sg")], (ids) => ids),
      }),
    ],
    ["mandatory web"],
    ["advisory web"],
  ],
  "the list of subnets as an output of awsx": [
    [
      ...ecr,
      ...publicNet,
      awsx,
      sg,
      service({ subnets: mapped([ref("awsx", "vpcId"), ref("a")], ([, a]) => [a]) }),
    ],
    ["mandatory web"],
    ["advisory web"],
  ],
};
