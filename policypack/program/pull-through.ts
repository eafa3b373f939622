import { type EcrHost, parseEcrHost } from "../aws/ecr-hosts";
import { accountsIn, regionIn } from "../aws/provider-settings";
import { type PullThroughRule, pullThroughRule, upstreamOf } from "../aws/pull-through";
import { textAt } from "../common/values";
import { referenceIn } from "../oci/reference";

/** A rule that a program makes, and where, as far as that is known. */
export interface PlacedRule extends PullThroughRule {
  /** Account ids: it is in one of them. */
  readonly accounts?: readonly string[];
  readonly region?: string;
}

const types: ReadonlySet<string> = new Set([
  "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
  "aws-native:ecr:PullThroughCacheRule",
]);

/**
 * The rule that a resource makes; undefined if it makes none, or if a part of the rule is not known yet.
 *
 * @param providerProps the inputs of its provider
 */
export function pullThroughRuleOf(
  type: string,
  props: unknown,
  providerProps?: unknown,
): PlacedRule | undefined {
  if (!types.has(type)) return undefined;
  const prefix = textAt(props, "ecrRepositoryPrefix");
  const registry = textAt(props, "upstreamRegistryUrl");
  if (prefix === undefined || registry === undefined) return undefined;
  const accounts = accountsIn(providerProps);
  // A resource may name a region of its own (the AWS provider since version 7).
  const region = regionIn(props) ?? regionIn(providerProps);
  return {
    ...pullThroughRule(prefix, registry, textAt(props, "upstreamRepositoryPrefix")),
    ...(accounts && { accounts }),
    ...(region !== undefined && { region }),
  };
}

/** Whether a rule may be one of this registry: nothing that is known of its place says otherwise. */
export function mayBeOf({ accounts, region }: PlacedRule, host: EcrHost): boolean {
  return (accounts?.includes(host.account) ?? true) && (region ?? host.region) === host.region;
}

/** Whether an image may come through one of the rules. */
export function mayBeCached(image: string, rules: readonly PlacedRule[]): boolean {
  const reference = referenceIn(image);
  const host = reference === undefined ? undefined : parseEcrHost(reference.registry);
  if (reference === undefined || host === undefined) return false;
  const held = rules.filter((rule) => mayBeOf(rule, host));
  return upstreamOf(reference, held) !== undefined;
}
