import { styleText } from "node:util";
import { count } from "../common/text";
import type { InspectedImage } from "../inspection/inspector";
import { formatPlatform } from "../oci/platform";
import { printableName } from "../oci/reference";
import { explainedBy } from "./causes";
import { renderSteps, stepsOf } from "./explain";
import { type JudgedName, predictionsOf, shownFindings, type Verdict } from "./verdict";

/** How a report in text looks. */
export interface TextOptions {
  readonly color: boolean;
  /** Show only blocked and unverified images. */
  readonly quiet: boolean;
}

const styles = {
  ok: "green",
  exempt: "green",
  warning: "yellow",
  unverified: "yellow",
  blocked: "red",
} as const;

/** For people: a line for each good image, a message for each cause, and a line for each other image with the same cause. */
export function renderText(results: readonly JudgedName[], { color, quiet }: TextOptions): string {
  const explained = explainedBy(results);
  return results
    .filter((result) => !quiet || isBad(result))
    .map((result) => `${explanationOf(result)}${blockOf(result, explained.get(result), color)}\n`)
    .join("");
}

/** Whether an image is blocked or could not be checked. */
export function isBad({ verdict }: Pick<JudgedName, "verdict">): boolean {
  return verdict === "blocked" || verdict === "unverified";
}

function explanationOf(result: JudgedName): string {
  const steps = stepsOf(result);
  return steps === undefined ? "" : `${renderSteps(result.image ?? "", steps)}\n`;
}

function blockOf(result: JudgedName, explainedAt: JudgedName | undefined, color: boolean): string {
  const { verdict, inspection } = result;
  const headline = `${labelOf(verdict, color)}  ${subjectOf(result)}`;
  if (verdict === "ok" && inspection?.ok) return `${headline}  ${layersInWords(inspection.value)}`;
  if (explainedAt !== undefined) return `${headline}  same cause as ${subjectOf(explainedAt)}`;
  const messages = shownFindings(result).map(({ message }) => message);
  const lines = [...messages.join("\n\n").split("\n"), ...named(result)];
  return [headline, ...lines.map((line) => (line === "" ? "" : `  ${line}`))].join("\n");
}

/** As wide as `blocked`, so that names stand in one column. */
function labelOf(verdict: Verdict, color: boolean): string {
  const label = color ? styleText(styles[verdict], verdict, { validateStream: false }) : verdict;
  return `${label}${" ".repeat(Math.max(0, "blocked".length - verdict.length))}`;
}

/** The image; without one, the container that should have one. */
export function subjectOf({ image, users }: JudgedName): string {
  if (image !== null) return printableName(image);
  return users.map(({ workload, use }) => `${use.container} (${workload.name})`).join(", ");
}

/** `linux/amd64, 3 layers: gzip`. */
export function layersInWords({ layers, platform }: InspectedImage): string {
  const kinds = [...new Set(layers.map(({ compression }) => compression))].join(", ");
  return `${formatPlatform(platform)}, ${count(layers.length, "layer")}${kinds === "" ? "" : `: ${kinds}`}`;
}

/** The runtimes that were named on the command line, each with what it does. */
function named(result: JudgedName): string[] {
  if (result.runtimes.length === 0) return [];
  const lines = predictionsOf(result).map(
    (prediction) => `${prediction.runtime}: ${prediction.pulls ? "pulls" : prediction.error}`,
  );
  return lines.length === 0 ? [] : ["", ...lines];
}
