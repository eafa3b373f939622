import type { Reference, RepositoryName } from "../oci/reference";

/** A pull through cache rule: images below the prefix come from an upstream registry at their first pull. */
export interface PullThroughRule {
  /** "" for the whole registry. */
  readonly prefix: string;
  readonly registry: string;
  /** In the upstream registry; "" for the same path as in the cache. */
  readonly upstreamPrefix: string;
}

/** ECR names Docker Hub by the host of its API (ECR API, `CreatePullThroughCacheRule`). */
const dockerHub = "registry-1.docker.io";
/** Stands for no prefix (the same). */
const root = "ROOT";

/** Without the slash that ECR takes at its end, and supposes there. */
function prefixOf(given: string): string {
  return given === root ? "" : given.replace(/\/$/, "");
}

/** The rule of `ecrRepositoryPrefix`, `upstreamRegistryUrl` and `upstreamRepositoryPrefix`, as ECR's API writes them. */
export function pullThroughRule(
  prefix: string,
  registry: string,
  upstreamPrefix: string = root,
): PullThroughRule {
  return {
    prefix: prefixOf(prefix),
    registry: registry === dockerHub ? "docker.io" : registry,
    upstreamPrefix: prefixOf(upstreamPrefix),
  };
}

/** The repository that the first pull imports from; the longest prefix counts. Undefined if no rule holds for it. */
export function upstreamOf(
  { repository }: Pick<Reference, "repository">,
  rules: readonly PullThroughRule[],
): RepositoryName | undefined {
  const [rule] = rules
    .filter(({ prefix }) => prefix === "" || repository.startsWith(`${prefix}/`))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  if (rule === undefined) return undefined;
  const path = rule.prefix === "" ? repository : repository.slice(rule.prefix.length + 1);
  const { registry, upstreamPrefix } = rule;
  return { registry, repository: upstreamPrefix === "" ? path : `${upstreamPrefix}/${path}` };
}

/** Whether ECR imports nothing from there: of Docker Hub, it wants official images by their full name, `library/nginx` (Amazon ECR user guide). */
export function lacksLibrary({ registry, repository }: RepositoryName): boolean {
  return registry === "docker.io" && !repository.includes("/");
}
