import { printableName } from "../oci/reference";
import { facts, named, type Named, quoted, wrapped } from "./layout";

/** A resource that runs tasks, and what AWS calls such a resource. */
interface Runner {
  readonly noun: string;
  readonly resource: Named;
}

/** A resource whose tasks have security groups that let nothing out. */
export function noEgress({ noun, resource }: Runner, groups: readonly Named[]): string {
  return [
    ...wrapped(
      `The tasks of this ${noun} cannot reach a registry: their security groups allow no outbound traffic. ` +
        "ECS stops them after a timeout: CannotPullContainerError.",
    ),
    "",
    ...facts([
      [noun, named(resource)],
      ["security groups", groups.map(({ name }) => quoted(name)).join(", ")],
    ]),
    "",
    "The AWS provider removes the egress rule that AWS gives a new security group.",
    "Fix: add it to one of them. In TypeScript:",
    '  egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],',
    "In YAML:",
    "  egress:",
    '    - { protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }',
  ].join("\n");
}

/**
 * A resource whose tasks are in subnets from which they reach no registry.
 *
 * @param isLikely that it is likely, but not proven
 */
export function noWayOut(
  { noun, resource, publicIp }: Runner & { readonly publicIp: string },
  ends: readonly { readonly subnet: Named; readonly routeTable: Named }[],
  kind: "public" | "closed",
  image: string | undefined,
  isLikely: boolean,
): string {
  const cause =
    kind === "public"
      ? `The tasks of this ${noun} cannot reach the internet: they have no public IP, and their subnets have ` +
        "a route through an internet gateway only, which requires one."
      : `The tasks of this ${noun} cannot reach the registry of their image: it is on the internet, and ` +
        "their subnets have no route to it.";
  return [
    ...wrapped(cause),
    ...wrapped(
      isLikely
        ? "Unless something outside this program adds a route or an endpoint, ECS stops them with CannotPullContainerError."
        : "ECS stops them after a timeout with CannotPullContainerError.",
    ),
    "",
    ...facts([
      [noun, named(resource)],
      ...ends
        .slice(0, 10)
        .map(
          ({ subnet, routeTable }, at) =>
            [
              at === 0 ? "subnets" : "",
              `${quoted(subnet.name)}, route table ${quoted(routeTable.name)}`,
            ] as const,
        ),
      ...(image === undefined ? [] : [["image", printableName(image)] as const]),
    ]),
    "",
    ...(kind === "public"
      ? [
          `Fix: give the tasks a public IP, in the ${noun}'s networkConfiguration:`,
          `  ${publicIp}`,
          "or run them in private subnets with a route through a NAT gateway:",
        ]
      : ["Fix: add a route through a NAT gateway of a public subnet:"]),
    '  new aws.ec2.Route("nat", {',
    "    routeTableId: privateRouteTable.id,",
    '    destinationCidrBlock: "0.0.0.0/0",',
    "    natGatewayId: natGateway.id,",
    "  });",
    ...(kind === "public"
      ? ["For images in ECR, VPC endpoints (ecr.api, ecr.dkr, s3) are enough."]
      : ["or push the image to ECR, and add VPC endpoints (ecr.api, ecr.dkr, s3)."]),
  ].join("\n");
}
