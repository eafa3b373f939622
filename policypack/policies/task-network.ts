import { type DeadEnd, Network } from "../program/network";
import { inputOf, type Program } from "../program/program";
import { type TaskRun, taskRunning, taskRunsOf } from "../program/task-runs";
import { type ImageRegistry, registryOf } from "../program/task-registry";
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
    return taskRunsOf(program).flatMap((run) => judge(program, run, network));
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
  const registry = registryOf(program, run);
  if (mayReach(end.kind, registry, endpointsOf(program))) return [];
  const isLikely = ends.some((one) => one.isLikely);
  const image = end.kind === "closed" && typeof registry === "object" ? registry.image : undefined;
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

/** Whether tasks without a route that they can use may reach the registry all the same. */
function mayReach(kind: DeadEnd["kind"], registry: ImageRegistry, endpoints: Endpoints): boolean {
  if (registry === "internal" || endpoints === "unclear") return true;
  if (typeof registry === "object") return false;
  // Whoever closes a subnet may add endpoints to it elsewhere.
  return kind === "closed" || (registry === "ecr" ? endpoints.some(isOfEcr) : endpoints.length > 0);
}

/** Names of AWS's services to which the program's VPC endpoints lead; `unclear` if one may lead anywhere. */
type Endpoints = readonly string[] | "unclear";

function endpointsOf(program: Program): Endpoints {
  const names = program.matching(endpointTypes).map((endpoint) => {
    const name = inputOf(endpoint, "serviceName");
    return name.state === "known" && typeof name.value === "string" ? name.value : "";
  });
  return names.every((name) => awsService.test(name)) ? names : "unclear";
}

const endpointTypes = /vpc[/_]?endpoint/i;
const awsService = /^(?:cn\.)?com\.amazonaws\.[a-z]+(?:-[a-z]+)+-\d+\.(?!ecr-public)[a-z0-9.-]+$/;
const isOfEcr = (name: string): boolean => /\.ecr\b/.test(name);
