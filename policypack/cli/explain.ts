import { printableName } from "../oci/reference";
import { count } from "../common/text";
import type { RequestStep, TraceStep } from "../common/trace";
import type { JudgedName, Verdict } from "./verdict";

/** The last step. */
export interface VerdictStep {
  readonly step: "verdict";
  readonly verdict: Verdict;
  /** Why no image was read; null otherwise. */
  readonly reason: string | null;
}

/** With `--explain`, the steps with the verdict as the last. */
export function stepsOf({
  steps,
  inspection,
  verdict,
}: JudgedName): readonly (TraceStep | VerdictStep)[] | undefined {
  if (steps === undefined) return undefined;
  const failed = inspection === null || inspection.ok ? undefined : inspection.failure;
  const reason = failed === undefined ? null : `${failed.kind}: ${failed.message}`;
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
