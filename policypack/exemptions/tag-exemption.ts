import { isDay } from "../common/dates";
import type { Exclusion } from "../settings";
import { isSecretTag, tagOf } from "../common/values";

/** The tag by which a program exempts one resource: `2027-01-31 why`. */
const exemptTag = "ecs-image-guard:exempt";

/** An exemption, or why the one that the program sets does not count. */
export type TagExemption = { readonly exclusion: Exclusion } | { readonly problem: string };

/**
 * What a resource's tags say of an exemption. It counts only if the configuration allows it: otherwise whoever writes
 * the program could switch off what the organization demands.
 */
export function tagExemptionOf(urn: string, props: unknown, allowed: boolean): TagExemption | undefined {
  const value = tagOf(props, exemptTag)?.trim();
  if (value === undefined) return undefined;
  if (!allowed)
    return {
      problem: `its tag ${exemptTag} has no effect: this configuration does not set allowTagExemptions.`,
    };
  if (isSecretTag(props, exemptTag))
    return {
      problem: `its tag ${exemptTag} has no effect: it is a secret, and a reason is there to be read.`,
    };
  const [, until, reason] = /^(\d{4}-\d{2}-\d{2})[\s:]+(\S.*)$/s.exec(value) ?? [];
  // The value is not shown: it may be a secret that the engine does not mark as one.
  return until === undefined || reason === undefined || !isDay(until)
    ? {
        problem: `its tag ${exemptTag} has no effect: it is not a last day and a reason, such as "2027-01-31 vendor image".`,
      }
    : { exclusion: { resource: urn, until, reason } };
}
