import { isObject, member } from "../common/values";
import { isBuildCompression, type BuildCompression } from "./predict-build";
import type { SafeSettings } from "./judge-build";
import { parseRawExport } from "./docker-build-settings";

/** The compression settings of the export at a path, dropped or not; empty if there are none that can be read. */
export function settingsSet(
  props: unknown,
  path: string,
): { compression?: BuildCompression; compressionLevel?: number } {
  const entry = entryAt(props, path);
  const options = entry === undefined ? undefined : optionsOf(entry);
  const attributes = options === undefined ? parseRawExport(rawOf(entry))?.attributes : undefined;
  const compression = attributes?.get("compression") ?? get(options, "compression");
  const level = Number(attributes?.get("compression-level") ?? get(options, "compressionLevel"));
  return {
    // The provider fills in gzip as the default, so gzip does not show a choice.
    ...(typeof compression === "string" &&
      compression !== "gzip" &&
      isBuildCompression(compression) && { compression }),
    ...(level > 0 && { compressionLevel: level }),
  };
}

/**
 * Sets safe settings on one push of a `docker-build:index:Image`, and nothing else, in its properties: where it writes, secrets stay
 * secret and unknown values stay unknown. An object's options are set, a raw export's attributes rewritten; `push: true` becomes an
 * export of its own, since the bare `type=registry` that it stands for takes no settings.
 *
 * @param path as `settingsOfDockerBuild` gives it
 * @returns false if there is no such export
 */
export function fixExport(props: object, path: string, safe: SafeSettings): boolean {
  if (path === "push") {
    const own = { registry: { push: true, ...safe } };
    const list = member(props, "exports");
    if (list.state === "absent") Reflect.set(props, "exports", [own]);
    else if (list.state === "known" && Array.isArray(list.value)) list.value.push(own);
    else return false;
    return Reflect.set(props, "push", false);
  }
  const entry = entryAt(props, path);
  if (entry === undefined) return false;
  const options = optionsOf(entry);
  if (options !== undefined) {
    for (const [key, value] of Object.entries(safe)) Reflect.set(options, key, value);
    return true;
  }
  const raw = rawOf(entry);
  return raw !== "" && Reflect.set(entry, "raw", mendRaw(raw, safe));
}

/** The change that fixes an export, as it would be written in a program. */
export function fixedSource(props: unknown, path: string, safe: SafeSettings): string {
  const entry = entryAt(props, path);
  const raw = rawOf(entry);
  if (raw !== "") return `raw: ${JSON.stringify(mendRaw(raw, safe))}`;
  const settings = Object.entries(safe).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return isObject(get(entry, "image"))
    ? `image: { push: true, ${settings.join(", ")} }`
    : `registry: { ${settings.join(", ")} }`;
}

const attributeOf: readonly (readonly [attribute: string, setting: keyof SafeSettings])[] = [
  ["compression", "compression"],
  ["compression-level", "compressionLevel"],
  ["force-compression", "forceCompression"],
  ["oci-mediatypes", "ociMediaTypes"],
];

/** Other attributes stay as they are written, quotes included. */
function mendRaw(raw: string, safe: SafeSettings): string {
  const kept = csvFields(raw).filter((field) => {
    const key = field.replace(/^"/, "").split("=", 1)[0]?.trim().toLowerCase() ?? "";
    return !attributeOf.some(([attribute]) => attribute === key);
  });
  const set = attributeOf.map(([attribute, setting]) => `${attribute}=${String(safe[setting])}`);
  return [...kept, ...set].join(",");
}

/** As written: a comma within quotes separates nothing. */
function csvFields(record: string): string[] {
  return record.match(/(?:"(?:[^"]|"")*"|[^,])+/g) ?? [];
}

function entryAt(props: unknown, path: string): object | undefined {
  const at = /^exports\[(\d+)\]$/.exec(path)?.[1];
  const entry = at === undefined ? undefined : get(get(props, "exports"), Number(at));
  return isObject(entry) ? entry : undefined;
}

function optionsOf(entry: object): object | undefined {
  return ["registry", "image"].map((exporter) => get(entry, exporter)).find(isObject);
}

function rawOf(entry: object | undefined): string {
  const raw = get(entry, "raw");
  return typeof raw === "string" ? raw : "";
}

/** Undefined if it is absent or not known yet. */
function get(holder: unknown, key: string | number): unknown {
  const found = member(holder, key);
  return found.state === "known" ? found.value : undefined;
}
