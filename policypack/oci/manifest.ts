/**
 * Manifests and indexes as container runtimes decode them (containerd and dockerd with the types of image-spec `specs-go/v1`). Which of
 * the two a document is read as, and what a runtime demands of it, belongs to `runtimes/`.
 */
import {
  goBytes,
  goInt,
  goMap,
  goPointer,
  goPresence,
  goSlice,
  goString,
  goStruct,
  type GoType,
  unmarshal,
} from "./go-types";
import { GoJsonError, JsonLimitError, JsonText } from "./json-parser";
import { bareMediaType, ociIndex, ociManifest } from "./media-types";
import type { Platform } from "./platform";

/** A reference to content (image-spec `descriptor.md`). Fields that the document leaves out have Go's zero value. */
export interface Descriptor {
  /** As the document writes it: containerd regards its case. */
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly urls: readonly string[] | null;
  readonly annotations: ReadonlyMap<string, string> | null;
  /** Only entries of an index should have one. */
  readonly platform: DescribedPlatform | null;
  readonly artifactType: string;
}

/** A platform with every field; "" for those that the document leaves out. */
export interface DescribedPlatform extends Platform {
  readonly variant: string;
  readonly osVersion: string;
  readonly osFeatures: readonly string[] | null;
}

/** One image for one platform, or an artifact in its form (image-spec `manifest.md`, docker `manifest-v2-2.md`). */
export interface ImageManifest {
  /** What the document says of itself; "" if nothing. */
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[] | null;
  readonly artifactType: string;
  /** Only OCI manifests have them. */
  readonly annotations?: ReadonlyMap<string, string> | null;
}

/** The images of one name, one for each platform (image-spec `image-index.md`, docker's manifest list). */
export interface ImageIndex {
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[] | null;
}

/** Which keys a document has, whatever their values (containerd `core/images/image.go`, `unknownDocument`). */
export interface DocumentKeys {
  readonly mediaType: string;
  readonly config: boolean;
  readonly layers: boolean;
  readonly manifests: boolean;
  readonly fsLayers: boolean;
}

const strings = goSlice(goString);

const platformType: GoType<DescribedPlatform> = goStruct<DescribedPlatform>({
  os: ["os", goString],
  architecture: ["architecture", goString],
  variant: ["variant", goString],
  osVersion: ["os.version", goString],
  osFeatures: ["os.features", strings],
});

const descriptorFields = {
  mediaType: ["mediaType", goString],
  digest: ["digest", goString],
  size: ["size", goInt],
  urls: ["urls", strings],
  annotations: ["annotations", goMap(goString)],
  platform: ["platform", goPointer(platformType)],
} as const;

const noArtifactType: readonly [string, GoType<string>] = ["artifactType", { zero: "", decode: () => "" }];

/** `Descriptor` of image-spec, by which containerd reads. */
const ociDescriptor = goStruct<Descriptor & { readonly data: string | null }>({
  ...descriptorFields,
  artifactType: ["artifactType", goString],
  data: ["data", goBytes],
});

/** `Descriptor` of distribution 2.8, by which dockerd reads. */
const dockerDescriptor = goStruct<Descriptor>({ ...descriptorFields, artifactType: noArtifactType });

type Annotations = ReadonlyMap<string, string> | null;

const documentFields = {
  schemaVersion: ["schemaVersion", goInt],
  mediaType: ["mediaType", goString],
} as const;
const annotations = ["annotations", goMap(goString)] as const;
const subject = ["subject", goPointer(ociDescriptor)] as const;

interface Versioned {
  readonly schemaVersion: number;
}

interface Attached extends Versioned {
  readonly subject: Descriptor | null;
  readonly annotations: Annotations;
}

const ociManifestType = goStruct<ImageManifest & Attached>({
  ...documentFields,
  artifactType: ["artifactType", goString],
  config: ["config", ociDescriptor],
  layers: ["layers", goSlice<Descriptor>(ociDescriptor)],
  subject,
  annotations,
});

const ociIndexType = goStruct<ImageIndex & Attached & { readonly artifactType: string }>({
  ...documentFields,
  artifactType: ["artifactType", goString],
  manifests: ["manifests", goSlice<Descriptor>(ociDescriptor)],
  subject,
  annotations,
});

const dockerManifestFields = {
  ...documentFields,
  artifactType: noArtifactType,
  config: ["config", dockerDescriptor],
  layers: ["layers", goSlice(dockerDescriptor)],
} as const;

/** `manifest/schema2` of distribution 2.8. */
const schema2Type = goStruct<ImageManifest & Versioned>(dockerManifestFields);

/** `manifest/ocischema` of distribution 2.8. */
const ocischemaType = goStruct<ImageManifest & Versioned & { readonly annotations: Annotations }>({
  ...dockerManifestFields,
  annotations,
});

/** An entry of a manifest list: its platform is a struct, not a pointer, so null keeps the value of a duplicate. */
const dockerEntry = goStruct<Descriptor>({
  ...descriptorFields,
  platform: ["platform", platformType],
  artifactType: noArtifactType,
});

/** `manifest/manifestlist` of distribution 2.8, for both families. */
const manifestListType = goStruct<ImageIndex & Versioned>({
  ...documentFields,
  manifests: ["manifests", goSlice(dockerEntry)],
});

const keysType = goStruct<DocumentKeys>({
  mediaType: ["mediaType", goString],
  config: ["config", goPresence],
  layers: ["layers", goPresence],
  manifests: ["manifests", goPresence],
  fsLayers: ["fsLayers", goPresence],
});

/**
 * A manifest as containerd reads it.
 *
 * @throws {GoJsonError} or {JsonLimitError}
 */
export function readManifest(document: Uint8Array | JsonText): ImageManifest {
  return bounded(unmarshal(document, ociManifestType));
}

/** An index as containerd reads it; throws as `readManifest`. */
export function readIndex(document: Uint8Array | JsonText): ImageIndex {
  return bounded(unmarshal(document, ociIndexType));
}

/** A manifest of Docker's type as dockerd reads it; throws as `readManifest`. */
export function readSchema2(document: Uint8Array | JsonText): ImageManifest {
  return bounded(unmarshal(document, schema2Type));
}

/** A manifest of OCI's type as dockerd reads it; throws as `readManifest`. */
export function readOcischema(document: Uint8Array | JsonText): ImageManifest {
  return bounded(unmarshal(document, ocischemaType));
}

/** An index of either type as dockerd reads it; throws as `readManifest`. */
export function readManifestList(document: Uint8Array | JsonText): ImageIndex {
  return bounded(unmarshal(document, manifestListType));
}

/** The keys that containerd looks at before it decodes a document; throws as `readManifest`. */
export function readKeys(document: Uint8Array | JsonText): DocumentKeys {
  return unmarshal(document, keysType);
}

/**
 * What a manifest or index says of itself: its media type, or the OCI type of its shape if it leaves that out, as OCI documents may.
 * Undefined if it says neither, or cannot be read.
 */
export function ownMediaType(bytes: Uint8Array): string | undefined {
  try {
    const { mediaType, manifests, layers, config } = readKeys(JsonText.of(bytes));
    if (mediaType !== "") return bareMediaType(mediaType);
    if (manifests === (layers || config)) return undefined;
    return manifests ? ociIndex : ociManifest;
  } catch (error) {
    if (error instanceof GoJsonError || error instanceof JsonLimitError) return undefined;
    throw error;
  }
}

/** The most layers, or entries of an index, that are read; real images have at most 127 layers. */
const maximumDescriptors = 10_000;

function bounded<T extends Partial<ImageManifest & ImageIndex>>(document: T): T {
  const { layers, manifests } = document;
  if ((layers ?? manifests ?? []).length > maximumDescriptors)
    throw new JsonLimitError(
      `it has more than ${maximumDescriptors.toLocaleString("en-US")} layers or entries`,
    );
  return document;
}

/** Provenance or an SBOM that BuildKit stores beside the images: runtimes recognise it by its platform alone. */
export function isAttestation({ platform }: Descriptor): boolean {
  return platform?.os === "unknown" && platform.architecture === "unknown";
}

/** What a registry says of a tag or digest. */
export interface FetchedManifest {
  /** The bare content type that the registry states; may be "". */
  readonly mediaType: string;
  /** The digest of the bytes: the requested or the stated one, else their sha256. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** What a tag names at the moment. */
export interface ResolvedTag {
  readonly digest: string;
  /** The bare content type that the registry states; may be "". */
  readonly mediaType: string;
}
