import { parseEcrHost } from "../aws/ecr-hosts";
import { textAt } from "../common/values";
import { formatReference, referenceIn, withDefaultTag } from "../oci/reference";

/** A pull through cache rule: images below the prefix come from an upstream registry at their first pull. */
export interface PullThroughRule {
  readonly prefix: string;
  readonly registry: string;
  /** In the upstream registry; "" for the same path as in the cache. */
  readonly upstreamPrefix: string;
}

const types: ReadonlySet<string> = new Set([
  "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
  "aws-native:ecr:PullThroughCacheRule",
]);

/** ECR names Docker Hub by the host of its API (ECR API, `CreatePullThroughCacheRule`). */
const dockerHub = "registry-1.docker.io";
/** Stands for no prefix (the same). */
const root = "ROOT";

/** The rule that a resource makes; undefined if it makes none, or if a part of the rule is not known yet. */
export function pullThroughRuleOf(type: string, props: unknown): PullThroughRule | undefined {
  if (!types.has(type)) return undefined;
  const prefix = textAt(props, "ecrRepositoryPrefix");
  const registry = textAt(props, "upstreamRegistryUrl");
  if (prefix === undefined || registry === undefined) return undefined;
  const upstreamPrefix = textAt(props, "upstreamRepositoryPrefix") ?? root;
  return {
    prefix: prefix === root ? "" : prefix,
    registry: registry === dockerHub ? "docker.io" : registry,
    upstreamPrefix: upstreamPrefix === root ? "" : upstreamPrefix,
  };
}

/** The image that the first pull of an image in private ECR imports; the longest prefix counts. Undefined if no rule holds for it. */
export function upstreamOf(image: string, rules: readonly PullThroughRule[]): string | undefined {
  const reference = referenceIn(image);
  if (reference === undefined || parseEcrHost(reference.registry) === undefined) return undefined;
  const { repository } = reference;
  const [rule] = rules
    .filter(({ prefix }) => prefix === "" || repository.startsWith(`${prefix}/`))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  if (rule === undefined) return undefined;
  const path = rule.prefix === "" ? repository : repository.slice(rule.prefix.length + 1);
  const upstream = rule.upstreamPrefix === "" ? path : `${rule.upstreamPrefix}/${path}`;
  return formatReference(withDefaultTag({ ...reference, registry: rule.registry, repository: upstream }));
}
