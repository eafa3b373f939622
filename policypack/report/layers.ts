import { count, printable } from "../common/text";
import {
  type Compression,
  type CompressedLayer,
  compressionOf,
  type LayerRun,
  layerRuns,
} from "../oci/compression";
import { type HistoryEntry, probableBaseEnd, stepsOf } from "../oci/image-config";
import { columns, type Fact } from "./layout";

/** An image with alternating compressions could otherwise fill the screen with a line for each layer. */
const maximumRuns = 4;
/** Characters of the picture; more layers are counted: `z×112 ggg`. */
const maximumPicture = 60;

/**
 * The layers as a picture, bottom first, and as runs of one media type each. With a history: the step that made the first layer of a run, and
 * where the base image probably ends.
 */
export function layerFacts(
  layers: readonly CompressedLayer[],
  history: readonly HistoryEntry[] = [],
): Fact[] {
  const runs = layerRuns(layers);
  if (runs.length === 0) return [["layers", "none"]];
  const shown = runs.length > maximumRuns ? runs.slice(0, maximumRuns - 1) : runs;
  const numbers = (run: LayerRun) => (run.first === run.last ? `${run.first}` : `${run.first}–${run.last}`);
  const width = Math.max(...shown.map((run) => numbers(run).length));
  const rows = shown.map((run) => {
    const start = `${numbers(run).padEnd(width)}  ${words[run.compression].padEnd(4)}  `;
    return start + runInWords(run, layers.length, history, columns - "Fails on ".length - start.length);
  });
  const more = runs.length - shown.length;
  if (more > 0) rows.push(`… and ${count(more, "more run")} of layers`);
  return [["layers", layerPicture(layers)], ...rows.map((row) => ["", row, "unbroken"] as const)];
}

const words: Record<Compression, string> = { gzip: "gzip", zstd: "zstd", none: "tar", unknown: "?" };
const letters: Record<Compression, string> = { gzip: "g", zstd: "z", none: "t", unknown: "?" };

/** A letter for each layer, bottom first: `zzzzzzzzzzzz ggg`. */
export function layerPicture(layers: readonly CompressedLayer[]): string {
  const runs: { readonly letter: string; readonly length: number }[] = [];
  for (const { compression, mediaType } of layers) {
    const letter = letters[compression ?? compressionOf(mediaType)];
    const last = runs.at(-1);
    if (last?.letter === letter) runs[runs.length - 1] = { letter, length: last.length + 1 };
    else runs.push({ letter, length: 1 });
  }
  const whole = runs.map(({ letter, length }) => letter.repeat(length)).join(" ");
  if (whole.length <= maximumPicture) return whole;
  const short = runs.map(({ letter, length }) =>
    length > 5 ? `${letter}×${length}` : letter.repeat(length),
  );
  return printable(short.join(" "), maximumPicture);
}

function runInWords(run: LayerRun, layers: number, history: readonly HistoryEntry[], width: number): string {
  const type = typeInWords(run);
  const { first, last } = run;
  const end = probableBaseEnd(history);
  if (end === last) return `${type}, probably the base image`;
  if (end !== undefined && first <= end && end < last)
    return `${type}, the base image probably ends with layer ${end}`;
  const step = stepsOf(history, layers)?.[first - 1];
  const start = `${type}, first: `;
  return step === undefined ? type : `${start}${printable(step, Math.max(10, width - start.length))}`;
}

const families: Readonly<Record<string, string>> = {
  "application/vnd.docker.image.rootfs.diff.tar": "Docker type",
  "application/vnd.docker.image.rootfs.diff.tar.gzip": "Docker type",
  "application/vnd.docker.image.rootfs.diff.tar.zstd": "Docker type",
  "application/vnd.oci.image.layer.v1.tar": "OCI type",
  "application/vnd.oci.image.layer.v1.tar+gzip": "OCI type",
  "application/vnd.oci.image.layer.v1.tar+zstd": "OCI type",
};

/** The family of a usual media type; any other type as it is. If someone looked at the bytes, they decide: the type may say otherwise. */
function typeInWords({ mediaType, compression }: LayerRun): string {
  const type = Object.hasOwn(families, mediaType)
    ? families[mediaType]
    : printable(mediaType, 100) || "no media type";
  const claimed = compressionOf(mediaType);
  return claimed === "unknown" || claimed === compression
    ? `${type}`
    : `by its bytes; its ${type} says ${words[claimed]}`;
}

/** The layers, counted from 1, whose bytes are not what their media type says. */
export function mislabelledLayers(layers: readonly CompressedLayer[]): number[] {
  return layers.flatMap(({ mediaType, compression }, index) => {
    const claimed = compressionOf(mediaType);
    return claimed === "unknown" || compression === undefined || claimed === compression ? [] : [index + 1];
  });
}
