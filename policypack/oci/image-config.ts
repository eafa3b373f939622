import { type Outcome, success } from "./failure";
import { array, readDocument, record, string } from "./json-document";
import type { Platform } from "./platform";
import { isRecord } from "./text";

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
