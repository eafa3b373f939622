import { json, mapped, ref } from "../../../support/engine/declared";
import { ecrImage, hubImage, task } from "../../../support/engine/fragments";
import { awsxSubnets, awsxVpc } from "./common-networks";
import { existing, toS3, unknownImage } from "./common-tasks";
import {
  type BrokenPrograms,
  any,
  app,
  builtApp,
  ecr,
  endpoint,
  gateway,
  group,
  hub,
  ip,
  join,
  open,
  closedNet,
  publicNet,
  rule,
  service,
  sg,
  subnet,
  table,
  toInternet,
  vpc,
} from "./networks";

export const brokenCommonTasks: BrokenPrograms = {
  "awsx: the public subnets without a public IP": [
    [...ecr, ...awsxVpc(), sg, service({ subnets: awsxSubnets("public") })],
    ["advisory web"],
    ["advisory web"],
  ],
  "awsx: no NAT gateway and an image of Docker Hub": [
    [
      ...hub,
      ...awsxVpc({ natGateways: 0, endpoints: ["ecr.api", "ecr.dkr", "s3"] }),
      sg,
      service({ subnets: awsxSubnets("private") }),
    ],
    ["mandatory web"],
    ["advisory web"],
  ],
  "awsx: a group without egress": [
    [...ecr, ...awsxVpc(), group(), service({ subnets: awsxSubnets("private") })],
    ["mandatory web"],
    [],
  ],
  "an image that the program builds for ECR": [
    [...builtApp, ...publicNet, sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "an image that is not known": [
    [...unknownImage, ...publicNet, sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "a task definition of another stack": [
    [...publicNet, sg, service({}, { taskDefinition: "web:7" })],
    ["mandatory web"],
    ["advisory web"],
  ],
  "an image of a registry that has a public name": [
    [...app("acme.jfrog.io/docker/app:1"), ...publicNet, sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "an image of a registry on loopback": [
    [...app("127.0.0.1:5000/app:1"), ...publicNet, sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "an image of Docker Hub, and endpoints of AWS": [
    [...hub, ...publicNet, endpoint("com.amazonaws.eu-west-1.ecr.dkr"), sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "an image of ECR, and an endpoint of S3 alone": [
    [...ecr, ...publicNet, toS3, sg, service()],
    ["mandatory web"],
    ["advisory web"],
  ],
  "a sidecar of Docker Hub beside an image of ECR": [
    [
      ...ecr.slice(0, 2),
      task("task", undefined, {
        containerDefinitions: json([
          { name: "app", image: ecrImage },
          { name: "proxy", image: hubImage },
        ]),
      }),
      ...closedNet,
      sg,
      service(),
    ],
    ["mandatory web"],
    ["advisory web"],
  ],
  "a VPC that exists": [
    [...ecr, existing(vpc), gateway, subnet(), table(), toInternet, join(), sg, service()],
    ["advisory web"],
    ["advisory web"],
  ],
  // What an apply gives is known once the resources exist.
  "an association that an apply gives": [
    [
      ...hub,
      ...publicNet.filter(({ name }) => name !== "join"),
      any("aws:ec2/routeTableAssociation:RouteTableAssociation", "join", {
        subnetId: mapped([ref("a"), ref("igw")], ([id]) => id),
        routeTableId: ref("rt"),
      }),
      sg,
      service(),
    ],
    [],
    ["advisory web"],
  ],
  "a group that lets in only, beside an open one that the task does not use": [
    [...ecr, ...publicNet, group(), rule("ingress"), group(open, "lb"), service(ip)],
    ["mandatory web"],
    [],
  ],
};
