import { type Outcome, success } from "../common/outcome";
import { array, readDocument, record, string } from "./json-document";
import type { Platform } from "./platform";
import { isRecord } from "../common/values";

/** What a step of the build says of itself. */
export interface HistoryEntry {
  readonly createdBy?: string;
  readonly comment?: string;
  /** The step made no layer. */
  readonly emptyLayer: boolean;
}

/** The parts of an image's config that the guard uses (image-spec `config.md`). */
export interface ImageConfig {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly osVersion?: string;
  /** How many `rootfs.diff_ids` there are. */
  readonly diffIds: number;
  /** Oldest step first; empty where the config has none that can be read. */
  readonly history: readonly HistoryEntry[];
}

const maximumEntries = 10_000;

/** Tolerant of all but `rootfs.diff_ids`, on which runtimes depend. @returns a failure of kind `malformed` that names the field */
export function parseImageConfig(bytes: Uint8Array): Outcome<ImageConfig> {
  return readDocument(bytes, "its config", (document) => {
    const rootfs = record(document["rootfs"], "rootfs");
    const diffIds = array(rootfs["diff_ids"], "rootfs.diff_ids", maximumEntries);
    diffIds.forEach((diffId, i) => string(diffId, `rootfs.diff_ids[${i}]`));
    return success({
      ...(isText(document["os"]) && { os: document["os"] }),
      ...(isText(document["architecture"]) && { architecture: document["architecture"] }),
      ...(isText(document["variant"]) && { variant: document["variant"] }),
      ...(isText(document["os.version"]) && { osVersion: document["os.version"] }),
      diffIds: diffIds.length,
      history: historyOf(document["history"]),
    });
  });
}

/** The platform that an image was built for, as far as its config tells; "" for what it does not. */
export function platformOf({ os = "", architecture = "", variant, osVersion }: ImageConfig): Platform {
  return { os, architecture, ...(variant && { variant }), ...(osVersion && { osVersion }) };
}

/** Fields that nobody relies on may hold anything; only text is taken over. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Entries belong to layers by their order, so one that is no object makes all of them worthless. */
function historyOf(value: unknown): HistoryEntry[] {
  if (!Array.isArray(value) || value.length > maximumEntries || !value.every(isRecord)) return [];
  return value.map((entry) => ({
    ...(isText(entry["created_by"]) && { createdBy: entry["created_by"] }),
    ...(isText(entry["comment"]) && { comment: entry["comment"] }),
    emptyLayer: entry["empty_layer"] === true,
  }));
}

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
