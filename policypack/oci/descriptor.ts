import { isDigest } from "./digest";
import { array, malformed, record, requireExactCase, string, wrong } from "./json-document";
import type { Platform } from "./platform";

/** A reference to content (image-spec `descriptor.md`). */
export interface Descriptor {
  /** As the document writes it: runtimes regard its case. */
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** Only of an index's entries. */
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
}

/** The most layers, or entries of an index, that are read; real images have at most 127 layers. */
const maximumDescriptors = 10_000;

const fields = ["mediaType", "digest", "size", "platform", "annotations", "artifactType"];

/** @param path the field's place, such as `layers`; entries are named `layers[3]` */
export function readDescriptors(value: unknown, path: string): Descriptor[] {
  return array(value, path, maximumDescriptors).map((entry, i) => readDescriptor(entry, `${path}[${i}]`));
}

/** An entry of an index: a descriptor that may say which platform it is for. */
export function readIndexEntries(value: unknown, path: string): Descriptor[] {
  return array(value, path, maximumDescriptors).map((entry, i) => {
    const descriptor = readDescriptor(entry, `${path}[${i}]`);
    const platform = readPlatform(record(entry, path)["platform"], `${path}[${i}].platform`);
    return platform === undefined ? descriptor : { ...descriptor, platform };
  });
}

export function readDescriptor(value: unknown, path: string): Descriptor {
  const entry = record(value, path);
  requireExactCase(entry, fields, `${path}.`);
  const annotations = readAnnotations(entry["annotations"], `${path}.annotations`);
  const artifactType = optionalString(entry["artifactType"], `${path}.artifactType`);
  return {
    mediaType: string(entry["mediaType"], `${path}.mediaType`),
    digest: readDigest(entry["digest"], `${path}.digest`),
    size: readSize(entry["size"], `${path}.size`),
    ...(annotations === undefined ? {} : { annotations }),
    ...(artifactType === undefined ? {} : { artifactType }),
  };
}

/** Go's clients write `null` for an optional field without a value. */
export function optionalString(value: unknown, path: string): string | undefined {
  return value === undefined || value === null ? undefined : string(value, path);
}

function readDigest(value: unknown, path: string): string {
  const digest = string(value, path);
  return isDigest(digest) ? digest : wrong(path, "a sha256, sha384 or sha512 digest", digest);
}

function readSize(value: unknown, path: string): number {
  const legal = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  return legal ? value : wrong(path, "a number of bytes", value);
}

function readAnnotations(value: unknown, path: string): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined;
  const entries = Object.entries(record(value, path));
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === "string")) {
    return malformed(`has a wrong ${path}: all its values must be strings`);
  }
  // fromEntries defines properties, so that a key such as `__proto__` is a key like any other.
  return Object.fromEntries(entries);
}

function readPlatform(value: unknown, path: string): Platform | undefined {
  if (value === undefined || value === null) return undefined;
  const platform = record(value, path);
  const variant = optionalString(platform["variant"], `${path}.variant`);
  const osVersion = optionalString(platform["os.version"], `${path}["os.version"]`);
  return {
    // As for containerd: a missing os is the host's own, a missing architecture matches none.
    os: optionalString(platform["os"], `${path}.os`) ?? "",
    architecture: optionalString(platform["architecture"], `${path}.architecture`) ?? "",
    ...(variant === undefined || variant === "" ? {} : { variant }),
    ...(osVersion === undefined || osVersion === "" ? {} : { osVersion }),
  };
}
