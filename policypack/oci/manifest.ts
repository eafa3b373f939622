import {
  type Descriptor,
  optionalString,
  readDescriptor,
  readDescriptors,
  readIndexEntries,
} from "./descriptor";
import { failure, type Outcome, success } from "./failure";
import { malformed, readDocument, requireExactCase, string } from "./json-document";
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
import { printable } from "./text";

export type { Descriptor } from "./descriptor";

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

const fields = ["mediaType", "config", "layers", "manifests", "fsLayers", "artifactType"];

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
  requireExactCase(document, fields);
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
