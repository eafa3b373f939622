import type { Outcome } from "../../oci/failure";
import { printable } from "../../oci/text";
import type { TraceStep } from "./trace";

/** How a mirror did; without an outcome it was left alone, because it could not be reached a moment ago. */
export function mirrorStep(
  registry: string,
  mirror: string,
  outcome: Outcome<unknown> | undefined,
): TraceStep {
  const told = { step: "mirror", registry, mirror: printable(mirror, 200) } as const;
  if (outcome === undefined)
    return { ...told, outcome: "skipped", reason: "it could not be reached a moment ago" };
  return outcome.ok
    ? { ...told, outcome: "answered", reason: null }
    : { ...told, outcome: "failed", reason: `${outcome.failure.kind}: ${outcome.failure.message}` };
}
