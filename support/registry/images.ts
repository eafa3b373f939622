import { gzipSync } from "node:zlib";
import { digestOf, type TestRegistry } from "./registry";
import { tar } from "./tar";
import { zstdFrame } from "./zstd";

export type LayerCompression = "gzip" | "zstd" | "none";
export type Family = "docker" | "oci";

/** The layers of the error that people know: 3 != 15. */
export const threeGzipTwelveZstd: readonly LayerCompression[] = [
  ...Array<"gzip">(3).fill("gzip"),
  ...Array<"zstd">(12).fill("zstd"),
];

export interface ImageSpec {
  readonly layers: readonly LayerCompression[];
  readonly family: Family;
  /** Default: linux/amd64. */
  readonly platform?: ImagePlatform;
  /** What the layers' files hold, so that images differ. Default: "image". */
  readonly content?: string;
  /** The media types that the manifest gives the layers, where they are not true. */
  readonly mediaTypes?: readonly string[];
  /** The config's `history`. Default: a step for each layer. */
  readonly history?: readonly object[];
  /** How many diff_ids the config lacks. Default: 0. */
  readonly missingDiffIds?: number;
}

export interface ImagePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

export interface BuiltImage {
  readonly config: Blob;
  readonly layers: readonly Blob[];
  /** The manifest's bytes. */
  readonly manifest: Buffer;
  readonly mediaType: string;
  readonly digest: string;
  readonly platform: ImagePlatform;
}

/** Where images are pushed to. */
export type ImageStore = Pick<TestRegistry, "putManifest" | "putBlob">;

const types = {
  docker: {
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    index: "application/vnd.docker.distribution.manifest.list.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    layers: {
      gzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
      zstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
      none: "application/vnd.docker.image.rootfs.diff.tar",
    },
  },
  oci: {
    manifest: "application/vnd.oci.image.manifest.v1+json",
    index: "application/vnd.oci.image.index.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    layers: {
      gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
      zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
      none: "application/vnd.oci.image.layer.v1.tar",
    },
  },
} as const;

/** A real image: its layers are true archives, truly compressed, and its config holds their true diff_ids. */
export function buildImage(spec: ImageSpec): BuiltImage {
  const { family, platform = { os: "linux", architecture: "amd64" }, content = "image" } = spec;
  const { manifest: mediaType, config: configType, layers: layerTypes } = types[family];
  const built = spec.layers.map((compression, n) => {
    const archive = tar([{ name: `layer-${n + 1}`, body: `${content}, layer ${n + 1}\n` }]);
    const bytes = compress(archive, compression);
    return {
      diffId: digestOf(archive),
      blob: { mediaType: spec.mediaTypes?.[n] ?? layerTypes[compression], digest: digestOf(bytes), bytes },
    };
  });
  const { osVersion, ...named } = platform;
  const config = jsonBlob(configType, {
    ...named,
    ...(osVersion === undefined ? {} : { "os.version": osVersion }),
    config: {},
    rootfs: { type: "layers", diff_ids: built.map(({ diffId }) => diffId).slice(spec.missingDiffIds ?? 0) },
    history: spec.history ?? built.map((_, n) => ({ created_by: `layer ${n + 1}` })),
  });
  const layers = built.map(({ blob }) => blob);
  const document = {
    schemaVersion: 2,
    mediaType,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
  };
  const { bytes: manifest, digest } = jsonBlob(mediaType, document);
  return { config, layers, manifest, mediaType, digest, platform };
}

/** Pushes an image; gives its digest. */
export function pushImage(
  registry: ImageStore,
  repository: string,
  tag: string | undefined,
  image: BuiltImage,
): string {
  for (const { bytes } of [image.config, ...image.layers]) registry.putBlob(repository, bytes);
  return registry.putManifest(repository, tag, image.mediaType, image.manifest);
}

/** Pushes an image whose manifest says that its only layer has so many bytes. */
export function pushSized(registry: ImageStore, repository: string, tag: string, size: number): void {
  const { manifest, ...image } = buildImage({ layers: ["gzip"], family: "oci", content: tag });
  const { layers, ...document } = JSON.parse(manifest.toString()) as { layers: object[] };
  const sized = { ...document, layers: layers.map((layer) => ({ ...layer, size })) };
  pushImage(registry, repository, tag, { ...image, manifest: Buffer.from(JSON.stringify(sized)) });
}

/** Pushes images under one index, on demand with an attestation for each, as BuildKit adds them; gives its digest. */
export function pushIndex(
  registry: ImageStore,
  repository: string,
  tag: string | undefined,
  images: readonly BuiltImage[],
  { attestations = false, family = "oci" }: { attestations?: boolean; family?: Family } = {},
): string {
  const entries = images.map((image) => {
    pushImage(registry, repository, undefined, image);
    const { osVersion, ...platform } = image.platform;
    const described = { ...platform, ...(osVersion === undefined ? {} : { "os.version": osVersion }) };
    return {
      mediaType: image.mediaType,
      digest: image.digest,
      size: image.manifest.length,
      platform: described,
    };
  });
  const added = attestations ? images.map((image) => pushAttestation(registry, repository, image)) : [];
  const mediaType = types[family].index;
  return registry.putManifest(repository, tag, mediaType, {
    schemaVersion: 2,
    mediaType,
    manifests: [...entries, ...added],
  });
}

function pushAttestation(registry: ImageStore, repository: string, image: BuiltImage): object {
  const statement = jsonBlob("application/vnd.in-toto+json", {
    _type: "https://in-toto.io/Statement/v0.1",
    subject: [{ name: "_", digest: { sha256: image.digest.slice("sha256:".length) } }],
  });
  const config = jsonBlob(types.oci.config, {
    architecture: "unknown",
    os: "unknown",
    config: {},
    rootfs: { type: "layers", diff_ids: [statement.digest] },
  });
  const mediaType = types.oci.manifest;
  const document = {
    schemaVersion: 2,
    mediaType,
    config: descriptorOf(config),
    layers: [descriptorOf(statement)],
  };
  const { bytes: manifest, digest } = jsonBlob(mediaType, document);
  const platform = { os: "unknown", architecture: "unknown" };
  pushImage(registry, repository, undefined, {
    config,
    layers: [statement],
    manifest,
    mediaType,
    digest,
    platform,
  });
  const annotations = {
    "vnd.docker.reference.digest": image.digest,
    "vnd.docker.reference.type": "attestation-manifest",
  };
  return { mediaType, digest, size: manifest.length, annotations, platform };
}

function compress(archive: Buffer, compression: LayerCompression): Buffer {
  switch (compression) {
    case "gzip":
      return gzipSync(archive);
    case "zstd":
      return zstdFrame(archive);
    case "none":
      return archive;
  }
}

/** Pushes an index whose image mixes gzip and zstd for linux/arm64 only. */
export function pushMixedOnArm(registry: TestRegistry, repository: string, tag: string): void {
  const image = (layers: readonly LayerCompression[], architecture: string) =>
    buildImage({ layers, family: "oci", platform: { os: "linux", architecture } });
  pushIndex(registry, repository, tag, [image(["gzip"], "amd64"), image(["gzip", "zstd"], "arm64")]);
}

function descriptorOf({ mediaType, digest, bytes }: Blob): {
  mediaType: string;
  digest: string;
  size: number;
} {
  return { mediaType, digest, size: bytes.length };
}

function jsonBlob(mediaType: string, document: object): Blob {
  const bytes = Buffer.from(JSON.stringify(document), "utf8");
  return { mediaType, digest: digestOf(bytes), bytes };
}
