import type { Outcome } from "../common/outcome";
import { printable } from "../common/text";
import type { TraceStep } from "../common/trace";

/** By which way a registry is read, and why. */
export function registryStep(registry: string, mirrored: boolean, isEcr: boolean): TraceStep {
  const told = { step: "registry", registry } as const;
  if (mirrored) return { ...told, kind: "mirror", reason: "mirrors are declared for it, and come first" };
  return isEcr
    ? { ...told, kind: "ecr-api", reason: "its name is that of a private ECR registry" }
    : {
        ...told,
        kind: "distribution",
        reason: "it is not a private ECR registry, and no mirror is configured for it",
      };
}

export function secondWayStep(registry: string): TraceStep {
  const reason = "the ECR API denied the image, and there is a docker login for the host";
  return { step: "registry", registry, kind: "distribution", reason };
}

/** What a mirror answered; without an outcome it was skipped, because it could not be reached a moment ago. */
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
