import { isObject } from "../common/values";
import { type BuildSettings, isBuildCompression } from "./predict-build";

/** The properties of a `docker-build:index:Image` that say what is pushed; a null counts as absent. */
export interface DockerBuildProps {
  readonly exports?: unknown;
  readonly push?: unknown;
}

/** One push of the build, at its place in the resource such as `exports[1]`. */
export type DockerBuildExport =
  | {
      readonly path: string;
      readonly settings: BuildSettings;
      /** Settings of the resource that pulumi-docker-build does not pass to BuildKit. */
      readonly dropped: readonly ("compression" | "forceCompression")[];
    }
  /** Why the settings that are sent are unknown; never shows a value. */
  | { readonly path: string; readonly unreadable: string };

/** The exports besides `raw` (`provider/internal/export.go`), and whether they push where `push` is not given. */
const exporters = {
  registry: { pushes: true },
  image: { pushes: false },
  oci: undefined,
  docker: undefined,
  local: undefined,
  tar: undefined,
  cacheonly: undefined,
} as const satisfies Record<string, { pushes: boolean } | undefined>;

type ExporterName = keyof typeof exporters;

const exporterNames: readonly ExporterName[] = Object.keys(exporters).filter((name): name is ExporterName =>
  Object.hasOwn(exporters, name),
);

/**
 * What pulumi-docker-build 0.0.22 sends to BuildKit for each export that pushes, in the order in which it sends them. Exports that
 * do not push are left out: ECS will not meet their images. With or without the defaults that the provider's Check fills in.
 *
 * - An object drops `compression` and `forceCompression` with `compressionLevel: 0`, its default (`ExportWithCompression.String`).
 * - An object always sends `oci-mediatypes`, by default false.
 * - `raw` passes through.
 * - `push: true` is one more export, `type=registry` (`ImageArgs.normalize`).
 * - Provenance is turned off, for all of them.
 *
 * Values that are not known yet, and those that the provider refuses, make their own export `unreadable`. Never throws.
 */
export function settingsOfDockerBuild(props: DockerBuildProps): DockerBuildExport[] {
  const sent: DockerBuildExport[] = [];
  attempt("exports", sent, () => {
    const list = valueOf(props, "exports");
    if (list === undefined) return undefined;
    if (!Array.isArray(list)) throw new Unreadable("it is not a list");
    for (const index of list.keys())
      attempt(`exports[${index}]`, sent, (path) => exportOf(path, valueOf(list, index)));
    return undefined;
  });
  attempt("push", sent, (path) =>
    flag(props, "push") === true ? rawExport(path, "type=registry") : undefined,
  );
  return sent;
}

/** A reason to give up on one export, which is fit to be read. */
class Unreadable extends Error {}

function attempt(
  path: string,
  sent: DockerBuildExport[],
  read: (path: string) => DockerBuildExport | undefined,
): void {
  try {
    const found = read(path);
    if (found !== undefined) sent.push(found);
  } catch (error) {
    // The policy SDK's proxy throws if an unknown value is read.
    const unreadable = error instanceof Unreadable ? error.message : "part of it is not known yet";
    sent.push({ path, unreadable });
  }
}

/** Undefined if nothing is pushed. */
function exportOf(path: string, value: unknown): DockerBuildExport | undefined {
  if (!isObject(value)) throw new Unreadable("it is not an object");
  if (flag(value, "disabled") === true) return undefined;
  const raw = valueOf(value, "raw") ?? "";
  if (typeof raw !== "string") throw new Unreadable("its raw is not a string");
  const [exporter, ...others] = exporterNames.filter((name) => valueOf(value, name) !== undefined);
  if (others.length > 0 || (exporter !== undefined && raw !== ""))
    throw new Unreadable("it gives more than one export type");
  if (exporter === undefined) return rawExport(path, raw);

  const pushes = exporters[exporter]?.pushes;
  if (pushes === undefined) return undefined;
  const options = valueOf(value, exporter);
  if (!isObject(options)) throw new Unreadable(`its ${exporter} is not an object`);
  return (flag(options, "push") ?? pushes) ? objectExport(path, options) : undefined;
}

function objectExport(path: string, options: object): DockerBuildExport {
  const level = valueOf(options, "compressionLevel") ?? 0;
  if (typeof level !== "number") throw new Unreadable("its compressionLevel is not a number");
  const settings: BuildSettings = {
    ociMediaTypes: flag(options, "ociMediaTypes") ?? false,
    attestations: false,
  };
  if (level === 0) {
    const dropped: ("compression" | "forceCompression")[] = [];
    if (differs(() => valueOf(options, "compression") ?? "gzip", "gzip")) dropped.push("compression");
    if (differs(() => flag(options, "forceCompression") ?? false, false)) dropped.push("forceCompression");
    return { path, settings, dropped };
  }
  const compression = compressionOf(valueOf(options, "compression") ?? "gzip");
  const forceCompression = flag(options, "forceCompression") ?? false;
  return { path, settings: { ...settings, compression, forceCompression }, dropped: [] };
}

function rawExport(path: string, raw: string): DockerBuildExport | undefined {
  const parsed = raw.split("type=").length > 2 ? undefined : parseRawExport(raw);
  if (raw === "" || parsed === undefined) throw new Unreadable("it gives no export type that can be read");
  const { type, attributes } = parsed;
  if (type !== "image" && type !== "registry") return undefined;
  if (!(attribute("push") ?? type === "registry")) return undefined;

  const compression = attributes.get("compression");
  const forceCompression = attribute("force-compression");
  const ociMediaTypes = attribute("oci-mediatypes");
  const settings: BuildSettings = {
    ...(compression !== undefined && { compression: compressionOf(compression) }),
    ...(forceCompression !== undefined && { forceCompression }),
    ...(ociMediaTypes !== undefined && { ociMediaTypes }),
    attestations: false,
  };
  return { path, settings, dropped: [] };

  function attribute(name: string): boolean | undefined {
    const value = attributes.get(name);
    if (value === undefined) return undefined;
    const read = parseFlag(value);
    if (read === undefined) throw new Unreadable(`its ${name} is neither true nor false`);
    return read;
  }
}

/** A value that is not sent may be unknown or wrong. It counts as set, whatever it is. */
function differs(read: () => unknown, usual: unknown): boolean {
  try {
    return read() !== usual;
  } catch {
    return true;
  }
}

function compressionOf(value: unknown) {
  if (typeof value === "string" && isBuildCompression(value)) return value;
  throw new Unreadable("its compression is not one of BuildKit's");
}

function flag(holder: object, key: string): boolean | undefined {
  const value = valueOf(holder, key);
  if (value === undefined || typeof value === "boolean") return value;
  throw new Unreadable(`its ${key} is neither true nor false`);
}

function valueOf(holder: object, key: string | number): unknown {
  return Object.hasOwn(holder, key) ? (Reflect.get(holder, key) ?? undefined) : undefined;
}

/** One `--output` of `docker buildx build`, such as `type=registry,compression=zstd`. */
export interface RawExport {
  /** The exporter: `image`, `registry`, `oci`, `docker`, `local`, `tar`, … */
  readonly type: string;
  /** All others, keys in lower case. */
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * Reads one as `pulumi-docker-build` does (`provider/internal/export.go`, `parseExports`, which keeps buildx 0.18's ways): one
 * record of CSV with `key=value` fields. Anything else without `type=` in front is a folder to write to. Undefined if it is refused.
 */
export function parseRawExport(text: string): RawExport | undefined {
  const fields = csvFields(text);
  if (fields === undefined) return undefined;
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type="))
    return { type: text === "-" ? "tar" : "local", attributes: new Map() };

  const attributes = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf("=");
    if (equals === -1) return undefined;
    attributes.set(field.slice(0, equals).toLowerCase().trim(), field.slice(equals + 1));
  }
  const type = attributes.get("type") ?? "";
  attributes.delete("type");
  return type === "" ? undefined : { type, attributes };
}

/** The fields of one CSV record (RFC 4180 §2); undefined if a quote is out of place. */
function csvFields(record: string): string[] | undefined {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = field.exec(record);
    if (match === null) return undefined;
    const [, quoted, bare = "", separator] = match;
    fields.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (separator === "") return fields;
  }
}

/** A flag as BuildKit reads it: given without a value it is on; else Go's `strconv.ParseBool`. Undefined for other words. */
function parseFlag(value: string): boolean | undefined {
  if (["", "1", "t", "T", "TRUE", "true", "True"].includes(value)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(value) ? false : undefined;
}
