import type { Measured } from "./markdown";

/** A figure to reach, and the figure of a case that measures it. */
export interface Goal {
  readonly goal: string;
  /** The name of the case. */
  readonly case: string;
  /** What its figure is called there (`what`). */
  readonly figure: string;
}

/** The figures that the project promises. The bar of each stands in its case. */
export const goals: readonly Goal[] = [
  {
    goal: "`npm install` without a registry takes 3 s",
    case: "install",
    figure: "wall time of `npm install`",
  },
  { goal: "`npm install` fetches no package", case: "install", figure: "packages fetched" },
  { goal: "8 MB on disk", case: "install", figure: "on disk" },
  { goal: "40 files on disk", case: "install", figure: "files on disk" },
  { goal: "a tarball of 1.5 MB", case: "install", figure: "tarball" },
  { goal: "a start in 0.45 of an empty ordinary pack's", case: "start", figure: "spawn to port" },
  {
    goal: "a preview without ECS resources takes 0.6 s more than without a pack",
    case: "start",
    figure: "whole preview without ECS resources",
  },
  { goal: "`inspect` takes a quarter of crane's time", case: "inspect", figure: "wall time" },
  { goal: "the same over TLS", case: "tls", figure: "wall time" },
  {
    goal: "515 requests for 200 images",
    case: "inspect",
    figure: "requests, if the token service grants all scopes",
  },
  {
    goal: "720 if only the first scope is granted",
    case: "inspect",
    figure: "requests, if it grants only the first scope",
  },
  {
    goal: "half the CPU time for a request",
    case: "inspect",
    figure: "CPU time of the command for a request",
  },
  {
    goal: "a cold preview takes 0.5 s more than with an empty pack",
    case: "preview",
    figure: "preview, nothing known",
  },
  { goal: "a warm preview takes 0.2 s less", case: "preview", figure: "second preview, warm disk cache" },
  {
    goal: "an update takes 0.3 s more",
    case: "preview",
    figure: "update after its preview, all resources new",
  },
  { goal: "10 calls of ECR for 100 images", case: "ecr", figure: "calls of BatchGetImage in a preview" },
  { goal: "three round trips to ECR", case: "ecr", figure: "calls that follow one another" },
  {
    goal: "30 of 30 images with a verdict behind 3 requests a second",
    case: "rate-limit",
    figure: "images with a verdict within the time budget of 60 s",
  },
];

/** The goals of these cases that none of their figures measures. A case that failed has no figures. */
export function missingGoals(measured: readonly Measured[]): Goal[] {
  return goals.filter((goal) => {
    const one = measured.find(({ name }) => name === goal.case);
    if (one === undefined) return false;
    return "error" in one || !one.report.figures.some(({ what }) => what === goal.figure);
  });
}
