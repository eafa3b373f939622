import { referenceIn } from "../oci/reference";
import { ecrRepository, taskDefinition } from "./kinds";
import { type Program, type Resource, sourcesOf } from "./program";
import type { TaskRun } from "./task-runs";
import { isInPrivateEcr, taskOf } from "./tasks";

/** Where tasks pull an image from: the internet alone has it, private ECR does, a registry with an internal name, or any other. */
export type ImageRegistry = { readonly image: string } | "ecr" | "internal" | "other";

/** Where tasks pull their images from. Of several places, the internet comes first, then private ECR. */
export function registryOf(program: Program, run: TaskRun): ImageRegistry {
  const [task] =
    program.links(run.resource, run.keys.taskDefinition, [run.taskDefinition], taskDefinition) ?? [];
  if (task === undefined) return "other";
  const images = taskOf(task).containers?.map((container) => container.image) ?? [undefined];
  const known = images.filter((image) => image !== undefined);
  const image = known.find(isOnInternet);
  if (image !== undefined) return { image };
  if (known.some(isInPrivateEcr)) return "ecr";
  if (known.some(hasInternalName)) return "internal";
  return known.length < images.length && usesOwnRepository(program, task) ? "ecr" : "other";
}

/** What builds and pushes an image. Of an image that is not known yet, it tells the repository. */
const builds: ReadonlySet<string> = new Set([
  "docker-build:index:Image",
  "docker-build:index:Index",
  "docker:index/image:Image",
  "docker:index/registryImage:RegistryImage",
]);

/** Whether the program creates the ECR repository of a task definition: its containers depend on the repository, or on a build for it. */
function usesOwnRepository(program: Program, task: Resource): boolean {
  const isRepository = (urn: string) => ecrRepository.types.includes(program.get(urn)?.type ?? "");
  return sourcesOf(task, "containerDefinitions").some((urn) => {
    const source = program.get(urn);
    return (
      isRepository(urn) ||
      (source !== undefined &&
        builds.has(source.type) &&
        source.dependencies.some((one) => isRepository(one.urn)))
    );
  });
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

/** Names that the internet's DNS does not have (RFC 6762 appendix G, RFC 8375, `.internal` by ICANN), and addresses. */
const internalName =
  /^(?:[^.:]+|.*\.(?:internal|intranet|private|corp|home|lan|local|home\.arpa)|[\d.]+|\[.*\])(?::\d+)?$/;

/** Whether a registry may be inside a VPC, by its name: loopback addresses never are. */
function hasInternalName(image: string): boolean {
  const { registry = "" } = referenceIn(image) ?? {};
  return internalName.test(registry) && !/^(?:localhost|127\.[\d.]+|\[::1\])(?::|$)/.test(registry);
}
