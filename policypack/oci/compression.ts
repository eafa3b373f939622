import { bareMediaType } from "./media-types";

/** How a layer is compressed; `unknown` if its media type does not say (encrypted, artifacts, foreign types). */
export type Compression = "gzip" | "zstd" | "none" | "unknown";

/** A layer as far as its compression is concerned; without `compression`, its media type decides. */
export interface CompressedLayer {
  readonly mediaType: string;
  readonly compression?: Compression;
}

/** Consecutive layers of one media type; `first` and `last` count from 1 and include both ends. */
export interface LayerRun {
  readonly first: number;
  readonly last: number;
  readonly compression: Compression;
  readonly mediaType: string;
}

/**
 * Layer types. Sources: image-spec `layer.md`; distribution `manifest-v2-2.md`; BuildKit `util/compression` for
 * docker's `.zstd`; containerd `images/mediatypes.go` for `+suffix` after a docker type.
 */
const layerTypes: ReadonlyMap<string, Compression> = new Map([
  ...["", "foreign."].flatMap((kind) =>
    typesOf(`application/vnd.docker.image.rootfs.${kind}diff.tar`, [".", "+"]),
  ),
  ...["", "nondistributable."].flatMap((kind) =>
    typesOf(`application/vnd.oci.image.layer.${kind}v1.tar`, ["+"]),
  ),
]);

function typesOf(tar: string, separators: readonly string[]): [mediaType: string, Compression][] {
  const compressed = separators.flatMap((separator) =>
    (["gzip", "zstd"] as const).map((one): [string, Compression] => [tar + separator + one, one]),
  );
  return [[tar, "none"], ...compressed];
}

/**
 * The compression that a layer's media type claims. Compared without regard to case, as media types are
 * (RFC 6838 §4.2); `runtimes/` models that containerd compares with case. eStargz is plain `+gzip`.
 */
export function compressionOf(mediaType: string): Compression {
  return layerTypes.get(mediaType) ?? layerTypes.get(bareMediaType(mediaType)) ?? "unknown";
}

/** At least one gzip and at least one zstd layer. */
export function isMixed(layers: readonly CompressedLayer[]): boolean {
  const used = new Set(layers.map(compressionOfLayer));
  return used.has("gzip") && used.has("zstd");
}

/** The layers in order, consecutive ones of the same media type (and compression) taken together. */
export function layerRuns(layers: readonly CompressedLayer[]): LayerRun[] {
  const runs: LayerRun[] = [];
  layers.forEach((layer, index) => {
    const { mediaType } = layer;
    const compression = compressionOfLayer(layer);
    const last = index + 1;
    const run = runs.at(-1);
    if (run?.mediaType === mediaType && run.compression === compression)
      runs[runs.length - 1] = { ...run, last };
    else runs.push({ first: last, last, compression, mediaType });
  });
  return runs;
}

/**
 * What the first bytes of a blob (four are enough) say of its compression: gzip's magic number with its only method
 * (RFC 1952 §2.3.1), a zstd frame or skippable frame (RFC 8878 §3.1). `none` is anything else: a tar has no magic number at its start.
 */
export function sniffCompression(firstBytes: Uint8Array): Compression {
  const [a, b, c, d] = firstBytes;
  if (a === 0x1f && b === 0x8b && c === 0x08) return "gzip";
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "zstd";
  // 0x184D2A50 to 0x184D2A5F, little-endian.
  if (a !== undefined && (a & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18) return "zstd";
  return "none";
}

function compressionOfLayer(layer: CompressedLayer): Compression {
  return layer.compression ?? compressionOf(layer.mediaType);
}

/** The bytes of a layer's beginning that show what it is: the size of a tar header (POSIX pax, "ustar Interchange Format"). */
export const sniffedBytes = 512;

/**
 * What a layer is by its first bytes (`sniffedBytes` of them, or all if it is shorter): compressed, a tar (`none`), or
 * `unknown`. An empty blob is an empty tar to those who read it.
 */
export function layerBytes(first: Uint8Array): LayerBytes {
  const compression = sniffCompression(first);
  if (compression === "zstd") return first[0] === 0x28 ? "zstd" : "zstd-skippable";
  if (compression === "gzip") return "gzip";
  return first.length === 0 || isTarHeader(first) ? "none" : "unknown";
}

/** The header's checksum: the sum of its bytes, those of the checksum itself taken as spaces. All zeros end an archive. */
function isTarHeader(bytes: Uint8Array): boolean {
  if (bytes.length < sniffedBytes) return false;
  const header = bytes.subarray(0, sniffedBytes);
  if (header.every((byte) => byte === 0)) return true;
  const field = Buffer.from(header.subarray(148, 156)).toString("latin1").replace(/[\0 ]/g, "");
  if (!/^[0-7]+$/.test(field)) return false;
  const wanted = parseInt(field, 8);
  let unsigned = 0;
  let signed = 0;
  header.forEach((byte, at) => {
    const counted = at >= 148 && at < 156 ? 0x20 : byte;
    unsigned += counted;
    signed += counted > 127 ? counted - 256 : counted;
  });
  // Old implementations summed signed characters; Go's reader takes both (archive/tar, `readHeader`).
  return wanted === unsigned || wanted === signed;
}

/** What the bytes of a layer may be besides what media types can say. */
export type LayerBytes = "gzip" | "zstd" | "zstd-skippable" | "none" | "unknown";
