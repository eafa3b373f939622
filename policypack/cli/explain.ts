import { Inspector, type InspectorOptions } from "../inspection/inspector";
import { printableName } from "../oci/reference";
import type { Platform } from "../oci/platform";
import { count } from "../common/text";
import { TraceLog, type RequestStep, type TraceStep } from "../common/trace";
import { findingsOf, type InspectedName } from "./verdict";

/** The end of the way. */
export interface VerdictStep {
  readonly step: "verdict";
  readonly verdict: "ok" | "blocked" | "unchecked";
  /** Why no image was read; null otherwise. */
  readonly reason: string | null;
}

/** Inspects one image with an inspector of its own, so that the steps of several do not mix. */
export async function inspectExplained(
  image: string,
  platform: Platform,
  options: InspectorOptions,
): Promise<Pick<InspectedName, "inspection" | "steps">> {
  const trace = new TraceLog();
  const inspector = new Inspector({ ...options, trace });
  try {
    const inspection = await inspector.inspect(image, platform);
    return { inspection, steps: trace.steps };
  } finally {
    await inspector.close();
  }
}

/** The steps where they were asked for, with the verdict as the last. */
export function stepsOf(result: InspectedName): readonly (TraceStep | VerdictStep)[] | undefined {
  const { steps, inspection } = result;
  if (steps === undefined) return undefined;
  const blocked = findingsOf(result).some(({ level }) => level === "mandatory");
  const reason = inspection.ok ? null : `${inspection.failure.kind}: ${inspection.failure.message}`;
  const verdict = blocked ? "blocked" : inspection.ok ? "ok" : "unchecked";
  return [...steps, { step: "verdict", verdict, reason }];
}

/** The steps for people: what happened on the left, in the order in which it did. */
export function renderSteps(image: string, steps: readonly (TraceStep | VerdictStep)[]): string {
  const rows = steps.flatMap((step) =>
    linesOf(step).map((line, i) => `  ${(i === 0 ? step.step : "").padEnd(10)}  ${line}`.trimEnd()),
  );
  return [`explain  ${printableName(image)}`, ...rows, ""].join("\n");
}

function linesOf(step: TraceStep | VerdictStep): string[] {
  switch (step.step) {
    case "reference": {
      const { registry, repository, tag, digest, canonical } = step;
      const names = [`registry ${registry}`, `repository ${repository}`, `tag ${tag ?? "none"}`];
      return [canonical, names.join(", "), `digest ${digest ?? "none"}`];
    }
    case "registry":
      return [`${step.registry} by ${ways[step.kind]}: ${step.reason}`];
    case "credential":
      return [
        `for ${step.registry}`,
        ...step.places.map(({ place, outcome, reason }) => {
          const link = outcome === "used" ? ": " : " ";
          return `${outcomes[outcome].padEnd(6)}  ${place}${link}${reason}`;
        }),
      ];
    case "request":
      return requestLines(step);
    case "mirror":
      return [`${step.mirror} ${step.outcome}${step.reason === null ? "" : `: ${step.reason}`}`];
    case "index": {
      const offered = step.offered.slice(0, 20).map(({ platform }) => platform ?? "no platform");
      const more = step.offered.length > 20 ? [`${step.offered.length - 20} more`] : [];
      const aside = step.attestations > 0 ? ` (and ${count(step.attestations, "attestation")})` : "";
      return [
        `wanted  ${step.wanted}`,
        `there   ${[...offered, ...more].join(", ") || "nothing"}${aside}`,
        `chosen  ${step.chosen?.digest ?? "none"}`,
        `why     ${step.reason}`,
      ];
    }
    case "manifest":
      return [step.digest, `${step.mediaType}, ${count(step.layers, "layer")}`];
    case "verdict":
      return [`${step.verdict}${step.reason === null ? "" : `: ${step.reason}`}`];
  }
}

const ways = {
  "ecr-api": "the ECR API",
  distribution: "the distribution API",
  mirror: "its mirrors",
} as const;

const outcomes = { used: "used", none: "none", fault: "broken", "not-asked": "unread" } as const;

/** `200     12 ms  GET https://ghcr.io/v2/… with a bearer token`. */
function requestLines(step: RequestStep): string[] {
  const { status, ms, method, scheme, host, path, operation, credentials } = step;
  const what = operation === null ? "" : `${operation}: `;
  const first = `${String(status ?? "---")}  ${`${ms} ms`.padStart(8)}  ${what}${method} ${scheme}://${host}${path}`;
  const indent = " ".repeat(15);
  return [
    first,
    `${indent}${carried[credentials]}`,
    ...(step.redirect === null ? [] : [`${indent}redirects to ${step.redirect}`]),
    ...(step.failure === null ? [] : [`${indent}${step.failure}`]),
  ];
}

const carried: Readonly<Record<RequestStep["credentials"], string>> = {
  none: "without credentials",
  basic: "with a user name and password",
  bearer: "with a bearer token",
  "refresh-token": "with an identity token",
  "aws-signature": "signed by the AWS identity",
  "presigned-url": "by a presigned URL, without credentials",
  other: "with credentials of another scheme",
};
