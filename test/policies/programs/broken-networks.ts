import { ref } from "../../../support/engine/declared";
import {
  type BrokenPrograms,
  vpc,
  gateway,
  subnet,
  table,
  join,
  toInternet,
  group,
  sg,
  rule,
  service,
  ecr,
  hub,
  publicNet,
  closedNet,
  endpoint,
  ip,
} from "./networks";

export const brokenNetworks: BrokenPrograms = {
  "a public subnet without a public IP": [
    [...ecr, ...publicNet, sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "an explicit assignPublicIp: false": [
    [...hub, ...publicNet, sg, service({ assignPublicIp: false })],
    ["mandatory web"],
    ["advisory web"],
  ],
  "an inline route to an internet gateway": [
    [
      ...ecr,
      vpc,
      gateway,
      subnet(),
      table({ routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: ref("igw") }] }),
      join(),
      sg,
      service(),
    ],
    ["mandatory web"],
    ["advisory web"],
  ],
  "a subnet that maps public IPs": [
    [...ecr, vpc, gateway, subnet({ mapPublicIpOnLaunch: true }), table(), toInternet, join(), sg, service()],
    ["advisory web"],
    ["advisory web"],
  ],
  "a literal VPC": [
    [...ecr, vpc, gateway, subnet({ vpcId: "vpc-1" }), table(), toInternet, join(), sg, service()],
    ["advisory web"],
    ["advisory web"],
  ],
  "no route at all and an image of Docker Hub": [
    [...hub, ...closedNet, sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "endpoints of AWS and an image of Docker Hub": [
    [...hub, ...closedNet, endpoint("com.amazonaws.eu-west-1.ecr.dkr"), sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "no egress": [[...ecr, ...publicNet, group(), service(ip)], ["mandatory web"], []],
  "an empty egress": [[...ecr, ...publicNet, group({ egress: [] }), service(ip)], ["mandatory web"], []],
  "ingress only": [[...ecr, ...publicNet, group(), rule("ingress"), service(ip)], ["mandatory web"], []],
  "the egress rule of another group": [
    [...ecr, ...publicNet, group(), group({}, "other"), rule("egress", ref("other")), service(ip)],
    ["mandatory web"],
    [],
  ],
  "no egress on Fargate Spot": [
    [
      ...ecr,
      ...publicNet,
      group(),
      service(ip, {
        launchType: undefined,
        capacityProviderStrategies: [{ capacityProvider: "FARGATE_SPOT" }],
      }),
    ],
    ["mandatory web"],
    [],
  ],
};
