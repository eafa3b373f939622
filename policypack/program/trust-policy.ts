import { allowStatements, coversAction, type Principal } from "./policy-document";
import { inputOf, type Resource } from "./program";

const isEcsTasks = /^ecs-tasks\./i;

/**
 * The principals that may assume a role, if surely none of them is ECS; undefined if ECS may be among them. Each kind but services is named
 * once: what stands there may be anything.
 */
export function assumersWithoutEcs(role: Resource): Principal[] | undefined {
  const key = role.type.startsWith("aws-native:") ? "assumeRolePolicyDocument" : "assumeRolePolicy";
  const statements = allowStatements(inputOf(role, key));
  if (statements === undefined) return undefined;
  const assumers = new Map<string, Principal>();
  for (const { actions, principals } of statements) {
    if (actions === undefined || principals === undefined) return undefined;
    if (!coversAction(actions, "sts:AssumeRole")) continue;
    for (const { kind, value } of principals) {
      if (value.includes("*") || isEcsTasks.test(value)) return undefined;
      const isService = kind.toLowerCase() === "service";
      assumers.set(isService ? value : kind, isService ? { kind: "Service", value } : { kind, value: "" });
    }
  }
  return [...assumers.values()];
}
