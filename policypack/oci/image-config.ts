/**
 * An image's config (image-spec `config.md`). Container runtimes decode all of it, so a field of the wrong kind stops them even if nothing
 * uses it.
 */
import { goBool, goMap, goSlice, goString, goStruct, goTime, type GoType, unmarshal } from "./go-types";
import type { JsonText } from "./json-parser";
import type { DescribedPlatform } from "./manifest";
import type { Platform } from "./platform";

/** What a step of the build says of itself. */
export interface HistoryEntry {
  readonly createdBy: string;
  readonly comment: string;
  /** The step made no layer. */
  readonly emptyLayer: boolean;
}

export interface Rootfs {
  /** One for each layer, bottom first. */
  readonly diffIds: readonly string[] | null;
  /** The key is absent, or null comes last: dockerd, to which it is a pointer, has no root file system then; containerd keeps what it read. */
  readonly isNil: boolean;
}

/** The parts of a config that the guard uses. Fields that it leaves out have Go's zero value. */
export interface ImageConfig extends DescribedPlatform {
  readonly rootfs: Rootfs;
  /** Oldest step first. */
  readonly history: readonly HistoryEntry[] | null;
}

interface WholeHistoryEntry extends HistoryEntry {
  readonly created: string | null;
  readonly author: string;
}

const strings = goSlice(goString);
const emptyObject: GoType<object> = goStruct<object>({});

const historyType = goSlice(
  goStruct<WholeHistoryEntry>({
    created: ["created", goTime],
    createdBy: ["created_by", goString],
    author: ["author", goString],
    comment: ["comment", goString],
    emptyLayer: ["empty_layer", goBool],
  }),
);

const rootfsFields = goStruct<{ type: string; diffIds: readonly string[] | null }>({
  type: ["type", goString],
  diffIds: ["diff_ids", strings],
});

const rootfsType: GoType<Rootfs> = {
  zero: { diffIds: null, isNil: true },
  decode: (value, previous, path) => {
    const { diffIds } = rootfsFields.decode(value, { ...rootfsFields.zero, ...previous }, path);
    return { diffIds, isNil: value === null };
  },
};

/** `strslice.StrSlice` of moby: a list, or one string. */
const stringOrStrings: GoType<readonly string[] | null> = {
  zero: null,
  decode: (value, previous, path) =>
    typeof value === "string" ? [value] : strings.decode(value, previous, path),
};

/** A config whose commands are of this type. How a container is run is decoded for its errors alone. */
function configType(commands: GoType<readonly string[] | null>): GoType<ImageConfig> {
  const run = goStruct<Record<string, unknown>>({
    user: ["User", goString],
    exposedPorts: ["ExposedPorts", goMap(emptyObject)],
    env: ["Env", strings],
    entrypoint: ["Entrypoint", commands],
    cmd: ["Cmd", commands],
    volumes: ["Volumes", goMap(emptyObject)],
    workingDir: ["WorkingDir", goString],
    labels: ["Labels", goMap(goString)],
    stopSignal: ["StopSignal", goString],
    argsEscaped: ["ArgsEscaped", goBool],
  });
  return goStruct<WholeConfig>({
    os: ["os", goString],
    architecture: ["architecture", goString],
    variant: ["variant", goString],
    osVersion: ["os.version", goString],
    osFeatures: ["os.features", strings],
    created: ["created", goTime],
    author: ["author", goString],
    config: ["config", run],
    rootfs: ["rootfs", rootfsType],
    history: ["history", historyType],
  });
}

interface WholeConfig extends ImageConfig {
  readonly created: string | null;
  readonly author: string;
  readonly config: Record<string, unknown>;
}

const ociConfigType = configType(strings);
const dockerConfigType = configType(stringOrStrings);

/**
 * A config as containerd reads it.
 *
 * @throws {GoJsonError} or {JsonLimitError}
 */
export function readImageConfig(document: Uint8Array | JsonText): ImageConfig {
  return unmarshal(document, ociConfigType);
}

/** A config as dockerd reads it; throws as `readImageConfig`. */
export function readDockerConfig(document: Uint8Array | JsonText): ImageConfig {
  return unmarshal(document, dockerConfigType);
}

/** The platform that an image was built for, as its config names it; "" for what it does not name. */
export function platformOf({ os, architecture, variant, osVersion }: ImageConfig): Platform {
  return { os, architecture, ...(variant && { variant }), ...(osVersion && { osVersion }) };
}

/**
 * The build step behind each layer, bottom first: those of a config's `history` that made one (image-spec `config.md`,
 * `empty_layer`). Undefined if their number is not that of the layers: then they cannot be matched.
 */
export function stepsOf(history: readonly HistoryEntry[], layers: number): string[] | undefined {
  const steps = history.filter(({ emptyLayer }) => !emptyLayer).map(stepOf);
  return steps.length === layers && steps.some((step) => step !== unnamed) ? steps : undefined;
}

/**
 * The number of layers that probably are the base image's, or undefined if nothing shows it. An image's last steps are
 * mostly its `CMD` or `ENTRYPOINT`: where steps that make layers follow one, a build went on from there.
 */
export function probableBaseEnd(history: readonly HistoryEntry[]): number | undefined {
  let layers = 0;
  let end: number | undefined;
  let candidate: number | undefined;
  for (const { createdBy, emptyLayer } of history) {
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
function stepOf({ createdBy, comment }: HistoryEntry): string {
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
