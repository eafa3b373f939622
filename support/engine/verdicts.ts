import assert from "node:assert/strict";
import { ecsImagePolicies } from "../../policypack";
import { programDefinitions } from "../../policypack/policies";
import { type Declared, registered, type Stage } from "./declared";
import { analyze, type Violation } from "./fake-engine";

const names = programDefinitions.map(({ name }) => name);

/** What the policies over programs say of one in a preview; images are not looked up. */
export function violationsOf(
  program: readonly Declared[],
  stage: Stage,
  config: Record<string, object> = {},
): Promise<Violation[]> {
  const policies = ecsImagePolicies().filter(({ name }) => names.includes(name));
  return analyze("preview", registered(program, stage), config, policies);
}

/** `policy level name` of each. */
export function verdicts(violations: readonly Violation[]): string[] {
  return violations
    .map(({ policy, level, urn }) => `${policy} ${level} ${urn.split("::").at(-1) ?? ""}`)
    .sort();
}

/** No program policy says anything of the program, in any preview, in an analysis, or in an update. */
export async function assertSilent(program: readonly Declared[]): Promise<void> {
  for (const stage of ["first", "second", "analysis"] as const)
    assert.deepEqual(verdicts(await violationsOf(program, stage)), [], stage);
  const policies = ecsImagePolicies().filter(({ name }) => names.includes(name));
  assert.deepEqual(await analyze("update", registered(program, "second"), {}, policies), []);
}
