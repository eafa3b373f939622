import { closest, printable } from "../common/text";
import { readSettings, type Settings } from "../settings";
import type { ImagePolicy } from "./policy-adapter";
import { isRecord } from "../common/values";

/** What another team's pack sets in its code. What the engine gives as configuration comes on top. */
export interface PolicyOptions {
  /** The settings of the configuration, for every policy. */
  readonly settings?: Partial<Settings>;
  /** Policy → its level where the configuration gives none. A policy that is not named keeps its own. */
  readonly enforcementLevels?: Readonly<Record<string, PolicyLevel>>;
}

const levels = ["advisory", "mandatory", "remediate", "disabled"] as const;

/** A level of enforcement; `remediate` fixes only what `build-compression` finds. */
export type PolicyLevel = (typeof levels)[number];

/** The options of `ecsImagePolicies` cannot be used; the message says which and why. */
export class PolicyOptionsError extends Error {
  override readonly name = "PolicyOptionsError";
  /** The mark of a `RunError` of `@pulumi/pulumi` (`errors.ts`), whose message Pulumi prints without a stack trace. */
  readonly __pulumiRunError = true;
}

/**
 * The settings that the options give: a pack may be written in JavaScript, so they are checked as a configuration is.
 *
 * @throws PolicyOptionsError
 */
export function settingsOf(options: PolicyOptions): Partial<Settings> {
  for (const key of Object.keys(options)) requireKnown(key, ["settings", "enforcementLevels"], "option");
  if (!isRecord(options.settings ?? {}))
    throw new PolicyOptionsError("ecsImagePolicies: `settings` must be an object.");
  const { settings, problems } = readSettings(options.settings);
  if (problems.length > 0) throw new PolicyOptionsError(`ecsImagePolicies: ${problems.join(" ")}`);
  return settings;
}

/**
 * The policies at the levels of the options.
 *
 * @throws PolicyOptionsError
 */
export function atLevels(policies: readonly ImagePolicy[], options: PolicyOptions): ImagePolicy[] {
  const given = Object.entries(options.enforcementLevels ?? {});
  const names = policies.map(({ name }) => name);
  for (const [name, level] of given) {
    requireKnown(name, names, "policy");
    if (!levels.includes(level))
      throw new PolicyOptionsError(
        `ecsImagePolicies: the level of \`${name}\` must be one of ${levels.join(", ")}.`,
      );
  }
  const chosen = new Map(given);
  return policies.map((policy) => {
    const enforcementLevel = chosen.get(policy.name);
    return enforcementLevel === undefined ? policy : { ...policy, enforcementLevel };
  });
}

function requireKnown(word: string, known: readonly string[], noun: string): void {
  if (known.includes(word)) return;
  const near = closest(word, known);
  const hint = near === undefined ? `Known: ${known.join(", ")}.` : `Did you mean \`${near}\`?`;
  throw new PolicyOptionsError(`ecsImagePolicies: unknown ${noun} \`${printable(word, 60)}\`. ${hint}`);
}
