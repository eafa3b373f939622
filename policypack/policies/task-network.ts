import { referenceIn } from "../oci/reference";
import { taskDefinition } from "../program/kinds";
import { type DeadEnd, Network } from "../program/network";
import { inputOf, type Program, type Resource } from "../program/program";
import { type TaskRun, taskRunning, taskRunOf } from "../program/task-runs";
import { taskOf } from "../program/tasks";
import { noEgress, noWayOut } from "../report";
import { deploymentRisks, type ProgramFinding, type ProgramPolicyDefinition } from "./definition";

/** Says which tasks have no network path to a registry. */
export const taskNetwork: ProgramPolicyDefinition = {
  name: "task-network",
  displayName: "Every task reaches its registry",
  description: "Tasks must be able to reach the registries of their images.",
  enforcementLevel: "mandatory",
  severity: "high",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images", "vpc"],
  remediationSteps: "Allow egress, and give the tasks a public IP or a route through a NAT gateway.",
  concerns: [taskRunning],
  judge: (program) => {
    const network = new Network(program);
    return program
      .ofKind(taskRunning)
      .flatMap((resource) => taskRunOf(resource) ?? [])
      .flatMap((run) => judge(program, run, network));
  },
};

function judge(program: Program, run: TaskRun, network: Network): ProgramFinding[] {
  if (!run.isOnFargate || run.network === undefined) return [];
  const { noun, resource } = run;
  const groups = network.closedGroups(run);
  if (groups !== undefined)
    return [{ users: [resource], message: () => noEgress({ noun, resource }, groups) }];
  const ends = network.deadEnds(run) ?? [];
  const [end] = ends;
  if (end === undefined || ends.some(({ kind }) => kind !== end.kind)) return [];
  const image = end.kind === "closed" ? publicImage(program, run) : undefined;
  if (end.kind === "closed" ? image === undefined : endpoints(program).length > 0) return [];
  const isLikely = ends.some((one) => one.isLikely);
  const { publicIp } = run.network;
  return [
    {
      users: [resource],
      message: () => noWayOut({ noun, resource, publicIp }, distinct(ends), end.kind, image, isLikely),
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

/** An image of the tasks that only the internet has. Undefined if an endpoint of the program may reach it. */
function publicImage(program: Program, run: TaskRun): string | undefined {
  const lead = endpoints(program).some((endpoint) => {
    const name = inputOf(endpoint, "serviceName");
    return name.state !== "known" || typeof name.value !== "string" || !awsService.test(name.value);
  });
  if (lead) return undefined;
  const [task] =
    program.links(run.resource, run.keys.taskDefinition, [run.taskDefinition], taskDefinition) ?? [];
  if (task === undefined) return undefined;
  const images = (taskOf(task).containers ?? []).flatMap(({ image }) => image ?? []);
  return images.find(isOnInternet);
}
