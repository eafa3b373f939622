import { failure, type Outcome, success } from "../common/outcome";
import { printable } from "../common/text";
import { isDigest } from "./digest";
import { array, malformed, readDocument, record, requireExactCase, string, wrong } from "./json-document";
import {
  bareMediaType,
  dockerManifest,
  dockerManifestList,
  isIndexType,
  isManifestType,
  isSchema1Type,
  ociIndex,
  ociManifest,
} from "./media-types";
import type { Platform } from "./platform";

/** One image for one platform, or an artifact in its form (image-spec `manifest.md`, docker `manifest-v2-2.md`). */
export interface ImageManifest {
  readonly kind: "manifest";
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly artifactType?: string;
}

/** The images of one name, one for each platform (image-spec `image-index.md`, docker's manifest list). */
export interface ImageIndex {
  readonly kind: "index";
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

const documentFields = ["mediaType", "config", "layers", "manifests", "fsLayers", "artifactType"];

/** Content types that say nothing of the document: object stores and plain file servers send them. */
const genericTypes: ReadonlySet<string> = new Set([
  "",
  "application/json",
  "application/octet-stream",
  "binary/octet-stream",
  "text/plain",
]);

/**
 * Reads a manifest or an index. What the `Content-Type` header, the body's `mediaType` and its fields say must agree:
 * a document that two clients could read as two different images is refused, as containerd refuses it
 * (`validateMediaType` in `core/images/image.go`, GHSA-5j5w-g665-5m35).
 *
 * @returns a failure of kind `malformed` that names the field, or `unsupported` for schema 1 and unknown types
 */
export function parseDocument(
  bytes: Uint8Array,
  contentType: string | undefined,
): Outcome<ImageManifest | ImageIndex> {
  const header = bareMediaType(contentType ?? "");
  if (header === "text/html" || header === "application/xhtml+xml") {
    return failure("malformed", "the registry answered with a web page, not a manifest");
  }
  if (isSchema1Type(header)) return schema1();
  if (!genericTypes.has(header) && !isDocumentType(header)) return unknownType(header);
  return readDocument(bytes, "its manifest", (document) =>
    read(document, genericTypes.has(header) ? undefined : header),
  );
}

/** Provenance or an SBOM that BuildKit stores beside the images (BuildKit `docs/attestations/attestation-storage.md`). */
export function isAttestation(descriptor: Descriptor): boolean {
  if (descriptor.annotations?.["vnd.docker.reference.type"] === "attestation-manifest") return true;
  const { platform } = descriptor;
  return platform?.os === "unknown" && platform.architecture === "unknown";
}

/** The entries of an index that may be images. */
export function imageCandidates(index: ImageIndex): Descriptor[] {
  return index.manifests.filter((entry) => !isAttestation(entry));
}

function read(
  document: Record<string, unknown>,
  header: string | undefined,
): Outcome<ImageManifest | ImageIndex> {
  requireExactCase(document, documentFields);
  const body =
    document["mediaType"] === undefined ? "" : bareMediaType(string(document["mediaType"], "mediaType"));
  if (isSchema1(document, body)) return schema1();
  if (body !== "" && header !== undefined && body !== header) {
    malformed(`is ${header} by its Content-Type header but ${printable(body, 100)} by its mediaType`);
  }
  if (body !== "" && !isDocumentType(body)) return unknownType(body);

  const index = Object.hasOwn(document, "manifests");
  const manifest = Object.hasOwn(document, "layers") || Object.hasOwn(document, "config");
  if (index && manifest)
    malformed("has manifests as an index and layers or config as an image: it could be read as either");
  if (!index && !manifest) malformed("has neither layers nor manifests");

  // OCI documents may leave their media type out; their shape tells then.
  const mediaType = header ?? (body === "" ? (index ? ociIndex : ociManifest) : body);
  if (isIndexType(mediaType) !== index) {
    malformed(
      `has ${index ? "the manifests of an index" : "the layers of an image"} but says it is ${mediaType}`,
    );
  }
  return success(index ? readIndex(document, mediaType) : readManifest(document, mediaType));
}

function readManifest(document: Record<string, unknown>, mediaType: string): ImageManifest {
  const artifactType = optionalString(document["artifactType"], "artifactType");
  return {
    kind: "manifest",
    mediaType,
    config: readDescriptor(document["config"], "config"),
    layers: readDescriptors(document["layers"], "layers"),
    ...(artifactType === undefined || artifactType === "" ? {} : { artifactType }),
  };
}

function readIndex(document: Record<string, unknown>, mediaType: string): ImageIndex {
  return { kind: "index", mediaType, manifests: readIndexEntries(document["manifests"], "manifests") };
}

function isDocumentType(mediaType: string): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType);
}

function isSchema1(document: Record<string, unknown>, mediaType: string): boolean {
  return isSchema1Type(mediaType) || Object.hasOwn(document, "fsLayers");
}

function schema1(): Outcome<never> {
  return failure(
    "unsupported",
    "its manifest is of the retired Docker schema 1, which current container runtimes refuse; push the image again",
    "no-image",
  );
}

function unknownType(mediaType: string): Outcome<never> {
  const known = [dockerManifest, dockerManifestList, ociManifest, ociIndex];
  const shown = printable(mediaType, 100);
  return failure("unsupported", `its media type is \`${shown}\`, which is none of ${known.join(", ")}`);
}

/** What a registry says of a tag or digest. */
export interface FetchedManifest {
  /** The bare content type that the registry states; may be "". */
  readonly mediaType: string;
  /** The digest of the bytes: the requested or the stated one where there is one, else their sha256. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** What a tag names at the moment. */
export interface ResolvedTag {
  readonly digest: string;
  /** The bare content type that the registry states; may be "". */
  readonly mediaType: string;
}

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

const descriptorFields = ["mediaType", "digest", "size", "platform", "annotations", "artifactType"];

/** @param path the field's place, such as `layers`; entries are named `layers[3]` */
function readDescriptors(value: unknown, path: string): Descriptor[] {
  return array(value, path, maximumDescriptors).map((entry, i) => readDescriptor(entry, `${path}[${i}]`));
}

/** An entry of an index: a descriptor that may say which platform it is for. */
function readIndexEntries(value: unknown, path: string): Descriptor[] {
  return array(value, path, maximumDescriptors).map((entry, i) => {
    const descriptor = readDescriptor(entry, `${path}[${i}]`);
    const platform = readPlatform(record(entry, path)["platform"], `${path}[${i}].platform`);
    return platform === undefined ? descriptor : { ...descriptor, platform };
  });
}

function readDescriptor(value: unknown, path: string): Descriptor {
  const entry = record(value, path);
  requireExactCase(entry, descriptorFields, `${path}.`);
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
function optionalString(value: unknown, path: string): string | undefined {
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
