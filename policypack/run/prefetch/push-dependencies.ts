import type { PolicyResource } from "@pulumi/policy";

/**
 * AWS's own resources push no image while they are created, but for those that run something of the user's choice.
 * Of other packages (docker, docker-build, command, dynamic providers, …) any resource may.
 */
const harmless = /^(?:aws|aws-native|random|tls|pulumi):/;
const runsSomething =
  /^aws(?:-native)?:(?:cloudformation|codebuild|codepipeline|imagebuilder|lambda|ssm|stepfunctions|sfn|batch)[:/]/;

/**
 * Whether an update may push an image before it comes to this resource: one of those that it waits for may do so. What a
 * tag names is then not known before the resource's own turn.
 */
export function mayFollowPush(resource: PolicyResource): boolean {
  const waiting: PolicyResource[] = [resource];
  const met = new Set<string>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const other of dependenciesOf(next)) {
      if (met.has(other.urn)) continue;
      met.add(other.urn);
      if (!harmless.test(other.type) || runsSomething.test(other.type)) return true;
      waiting.push(other);
    }
  }
  return false;
}

/** A program's dependencies may be missing: `pulumi policy analyze` and older engines do not tell them. */
function dependenciesOf(resource: PolicyResource): PolicyResource[] {
  const { dependencies, propertyDependencies } = resource as Partial<PolicyResource>;
  return [...(dependencies ?? []), ...Object.values(propertyDependencies ?? {}).flat()];
}
