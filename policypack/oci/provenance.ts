import type { HistoryEntry } from "./image-config";

/**
 * The build step behind each layer, bottom first: those of a config's `history` that made one (image-spec `config.md`,
 * `empty_layer`). Undefined where their number is not that of the layers: then none can be told from another.
 */
export function stepsOf(history: readonly HistoryEntry[], layers: number): string[] | undefined {
  const steps = history.filter(({ emptyLayer }) => !emptyLayer).map(stepOf);
  return steps.length === layers && steps.some((step) => step !== unnamed) ? steps : undefined;
}

/**
 * The number of layers that probably are the base image's, or undefined where nothing tells. An image's last steps are
 * mostly its `CMD` or `ENTRYPOINT`: where steps that make layers follow one, a build went on from there.
 */
export function probableBaseEnd(history: readonly HistoryEntry[]): number | undefined {
  let layers = 0;
  let end: number | undefined;
  let candidate: number | undefined;
  for (const { createdBy = "", emptyLayer } of history) {
    if (!emptyLayer) {
      if (candidate !== undefined) end = candidate;
      candidate = undefined;
      layers++;
    } else if (/(?:^|#\(nop\)\s+)(?:CMD|ENTRYPOINT)\b/.test(createdBy)) candidate = layers;
  }
  return end === 0 ? undefined : end;
}

const unnamed = "(a step without a name)";

/**
 * A step as its Dockerfile has it. The builders' own words around it go, and with them the build arguments
 * (`RUN |1 TOKEN=… /bin/sh -c …`): they may be secrets. Each pattern takes time in the text's length alone: it may be a megabyte.
 */
function stepOf({ createdBy = "", comment = "" }: HistoryEntry): string {
  const text = createdBy
    .replace(/^(?:RUN )?\|\d+ .*?(?=\/bin\/(?:ba)?sh -\S*c )/s, "RUN ")
    .replace(/^(?:RUN )?\|\d+ .*$/s, "RUN …")
    .replace(/^(?:RUN )?\/bin\/(?:ba)?sh -\S*c #\(nop\)\s+/, "")
    .replace(/^(?:RUN )?\/bin\/(?:ba)?sh -\S*c /, "RUN ")
    .replace(/# buildkit$/, "")
    .replace(/\s+/g, " ")
    .trim();
  return text === "" ? comment.trim() || unnamed : text;
}
