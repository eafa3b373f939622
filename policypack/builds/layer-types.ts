import type { Compression } from "../oci/compression";

/** Whose names an image's layers bear. */
export type LayerFamily = "docker" | "oci";

export type LayerCompression = Exclude<Compression, "unknown">;

export interface LayerType {
  readonly family: LayerFamily;
  readonly compression: LayerCompression;
}

/** What BuildKit writes (`util/compression/compression.go`, `toDockerLayerType` and `toOCILayerType`). */
const written: Readonly<Record<LayerFamily, Readonly<Record<LayerCompression, string>>>> = {
  docker: {
    none: "application/vnd.docker.image.rootfs.diff.tar",
    gzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
    zstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
  },
  oci: {
    none: "application/vnd.oci.image.layer.v1.tar",
    gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
    zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  },
};

/** What BuildKit reads; it is a table of exact strings there too. */
const read: ReadonlyMap<string, LayerType> = new Map<string, LayerType>([
  [written.docker.none, { family: "docker", compression: "none" }],
  [written.docker.gzip, { family: "docker", compression: "gzip" }],
  [written.docker.zstd, { family: "docker", compression: "zstd" }],
  [written.oci.none, { family: "oci", compression: "none" }],
  [written.oci.gzip, { family: "oci", compression: "gzip" }],
  [written.oci.zstd, { family: "oci", compression: "zstd" }],
  // Exported as ordinary layers, unless `prefer-nondist-layers` is on (`cache/refs.go`, `layerToDistributable`).
  ["application/vnd.docker.image.rootfs.foreign.diff.tar", { family: "docker", compression: "none" }],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", { family: "docker", compression: "gzip" }],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar", { family: "oci", compression: "none" }],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", { family: "oci", compression: "gzip" }],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", { family: "oci", compression: "zstd" }],
]);

/** A base layer as BuildKit understands it; undefined for types it passes on as they are (`convertLayerMediaType`). */
export function readLayerType(mediaType: string): LayerType | undefined {
  return read.get(mediaType);
}

export function writeLayerType({ family, compression }: LayerType): string {
  return written[family][compression];
}
