import { count, printable } from "../common/text";
import { type CompressedLayer, compressionOf, type LayerRun, layerRuns } from "../oci/compression";
import { type HistoryEntry, probableBaseEnd, stepsOf } from "../oci/image-config";

/** An image with alternating compressions could otherwise fill the screen with a line for each layer. */
const maximumRuns = 12;
const maximumSteps = 3;

/** The layers as runs of one media type each, and where a history is given, the build steps that they come from. */
export function layerLines(
  layers: readonly CompressedLayer[],
  history: readonly HistoryEntry[] = [],
): string[] {
  const runs = layerRuns(layers);
  const shown = runs.length > maximumRuns ? runs.slice(0, maximumRuns - 1) : runs;
  const width = Math.max(0, ...shown.map((run) => labelOf(run).length));
  const lines = shown.map(
    (run) => `${labelOf(run).padEnd(width)}  ${printable(run.mediaType, 100)}${claim(run)}`,
  );
  const more = runs.length - shown.length;
  return [
    ...lines,
    ...(more === 0 ? [] : [`… and ${count(more, "more run")} of layers`]),
    ...(runs.length === 1 ? [] : origin(shown, layers.length, history)),
  ];
}

function labelOf({ first, last, compression }: LayerRun): string {
  return first === last ? `layer ${first} ${compression}` : `layers ${first}–${last} ${compression}`;
}

/** Where someone looked at the bytes and they are not what the type says. */
function claim({ mediaType, compression }: LayerRun): string {
  const claimed = compressionOf(mediaType);
  return claimed === "unknown" || claimed === compression ? "" : " (not what its bytes are)";
}

/** The steps of the build behind the layers of each run, and where the base image probably ends. */
function origin(runs: readonly LayerRun[], layers: number, history: readonly HistoryEntry[]): string[] {
  const steps = stepsOf(history, layers);
  if (steps === undefined) return [];
  const end = probableBaseEnd(history);
  const base = end === undefined ? "" : `; the base image probably ends with layer ${end}`;
  return [
    "",
    `Made by these steps of the build${base}:`,
    ...runs.flatMap(({ first, last, compression }) => {
      const shown = last - first >= maximumSteps ? maximumSteps - 1 : last - first + 1;
      const lines = steps
        .slice(first - 1, first - 1 + shown)
        .map(
          (step, i) => `  ${compression.padEnd(7)} ${String(first + i).padStart(2)} ${printable(step, 66)}`,
        );
      const more = last - first + 1 - shown;
      return more === 0 ? lines : [...lines, `  ${"".padEnd(10)} … and ${count(more, "more step")}`];
    }),
  ];
}
