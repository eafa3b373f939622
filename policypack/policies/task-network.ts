import { referenceIn } from "../oci/reference";
import { service as serviceKind, taskDefinition } from "../program/kinds";
import { closedGroups, type DeadEnd, deadEnds, isOnFargate, networkOf } from "../program/network";
import { inputOf, type Program, type Resource } from "../program/program";
import { taskOf } from "../program/tasks";
import { noEgress, noWayOut } from "../report";
import { deploymentRisks, type ProgramFinding, type ProgramPolicyDefinition } from "./definition";

/** Says which services' tasks have no network path to a registry. */
export const taskNetwork: ProgramPolicyDefinition = {
  name: "task-network",
  displayName: "Every task reaches its registry",
  description: "The tasks of a service must be able to reach the registries of their images.",
  enforcementLevel: "mandatory",
  severity: "high",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images", "vpc"],
  remediationSteps: "Allow egress, and give the tasks a public IP or a route through a NAT gateway.",
  concerns: [serviceKind],
  judge: (program) => {
    const known = new Map<Resource, DeadEnd | undefined>();
    return program.ofKind(serviceKind).flatMap((service) => judge(program, service, known));
  },
};

function judge(
  program: Program,
  service: Resource,
  known: Map<Resource, DeadEnd | undefined>,
): ProgramFinding[] {
  const network = isOnFargate(service) ? networkOf(service) : undefined;
  if (network === undefined) return [];
  const groups = closedGroups(program, service, network);
  if (groups !== undefined) return [{ users: [service], message: () => noEgress(service, groups) }];
  const ends = deadEnds(program, service, network, known) ?? [];
  const [end] = ends;
  if (end === undefined || ends.some(({ kind }) => kind !== end.kind)) return [];
  const image = end.kind === "closed" ? publicImage(program, service) : undefined;
  if (end.kind === "closed" ? image === undefined : endpoints(program).length > 0) return [];
  const isLikely = ends.some((one) => one.isLikely);
  return [
    {
      users: [service],
      message: () => noWayOut(service, distinct(ends), end.kind, image, isLikely),
      ...(isLikely && { remark: true as const }),
    },
  ];
}

/** Many subnets may share a route table; each is named once. */
function distinct(ends: readonly DeadEnd[]): readonly DeadEnd[] {
  return [...new Map(ends.map((end) => [end.subnet.urn, end])).values()];
}

function endpoints(program: Program): Resource[] {
  return [...program.types()]
    .filter((type) => /vpc\/?endpoint/i.test(type))
    .flatMap((type) => program.ofKind({ types: [type] }));
}

/** Registries on the internet that AWS offers no endpoint for in a VPC. */
const publicRegistries: ReadonlySet<string> = new Set([
  "docker.io",
  "ghcr.io",
  "quay.io",
  "gcr.io",
  "mcr.microsoft.com",
  "public.ecr.aws",
  "registry.k8s.io",
  "registry.gitlab.com",
  "lscr.io",
  "nvcr.io",
  "docker.elastic.co",
  "registry.redhat.io",
  "registry.access.redhat.com",
  "container-registry.oracle.com",
  "cgr.dev",
]);

/** Registries of other clouds, one host for each customer or region: the same. */
const ofOtherClouds = /\.(?:gcr\.io|pkg\.dev|azurecr\.io)$/;

function isOnInternet(image: string): boolean {
  const { registry = "" } = referenceIn(image) ?? {};
  return publicRegistries.has(registry) || ofOtherClouds.test(registry);
}

const awsService = /^(?:cn\.)?com\.amazonaws\.[a-z]+(?:-[a-z]+)+-\d+\.(?!ecr-public)[a-z0-9.-]+$/;

/** An image of the service's task that only the internet has. Undefined if an endpoint of the program may reach it. */
function publicImage(program: Program, service: Resource): string | undefined {
  const lead = endpoints(program).some((endpoint) => {
    const name = inputOf(endpoint, "serviceName");
    return name.state !== "known" || typeof name.value !== "string" || !awsService.test(name.value);
  });
  if (lead) return undefined;
  const task = program.link(service, "taskDefinition", taskDefinition);
  if (task.state !== "found") return undefined;
  const images = (taskOf(task.resource).containers ?? []).flatMap(({ image }) => image ?? []);
  return images.find(isOnInternet);
}
