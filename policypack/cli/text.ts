import { styleText } from "node:util";
import { printableName } from "../oci/reference";
import type { InspectedImage } from "../inspection/inspector";
import { formatPlatform } from "../oci/platform";
import { count } from "../common/text";
import { renderSteps, stepsOf } from "./explain";
import { findingsOf, type InspectedName, predictionsOf } from "./verdict";

/** For people: a line for each good image, a block for each other one; colour only where it was asked for. */
export function renderText(results: readonly InspectedName[], colour: boolean): string {
  const paint = (style: "green" | "red" | "yellow", words: string) =>
    colour ? styleText(style, words) : words;
  const blocks = results.map((result) => {
    const steps = stepsOf(result);
    const explanation = steps === undefined ? "" : `${renderSteps(result.image, steps)}\n`;
    return explanation + verdictOf(result);
  });
  return blocks.join("");

  function verdictOf(result: InspectedName): string {
    const name = printableName(result.image);
    // The first says it best: the others are for those who set their levels otherwise.
    const [finding] = findingsOf(result);
    if (result.inspection.ok && finding === undefined) {
      return `${paint("green", "ok")}       ${name}  ${layersInWords(result.inspection.value)}\n`;
    }
    const verdict = finding?.level === "mandatory" ? paint("red", "blocked") : paint("yellow", "unchecked");
    const message = [...(finding?.message ?? "").split("\n"), ...named(result)];
    return [`${verdict}  ${name}`, ...message.map((line) => (line === "" ? "" : `  ${line}`)), ""].join("\n");
  }
}

function layersInWords({ layers, platform }: InspectedImage): string {
  const kinds = [...new Set(layers.map(({ compression }) => compression))].join(", ");
  return `${formatPlatform(platform)}, ${count(layers.length, "layer")}${kinds === "" ? "" : `: ${kinds}`}`;
}

/** The runtimes that were asked for by name, each with its answer. */
function named(result: InspectedName): string[] {
  if (result.runtimes.length === 0) return [];
  const lines = predictionsOf(result).map(
    (prediction) => `${prediction.runtime}: ${prediction.pulls ? "pulls" : prediction.error}`,
  );
  return lines.length === 0 ? [] : ["", ...lines];
}
