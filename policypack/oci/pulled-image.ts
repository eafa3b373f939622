import { compressionOf } from "./compression";
import type { LayerBytes } from "./runtime-rules";
import { bareMediaType } from "./media-types";

/** A layer as a runtime meets it. */
export interface PulledLayer {
  readonly mediaType: string;
  /** What the blob really is, where someone looked; otherwise it is taken to be what its media type says. */
  readonly bytes?: LayerBytes;
  /** Bytes of the blob. Only matters below 512, a tar header's size. */
  readonly size?: number;
}

export interface PulledImage {
  readonly layers: readonly PulledLayer[];
  /** The number of the config's `rootfs.diff_ids`; null where nobody read it: it is then taken to be right. */
  readonly diffIds: number | null;
}

/** Whether a tar comes out, of a blob that is decoded by its magic number or read `raw`, as it is. */
export function isReadable(layer: PulledLayer, decoders: ReadonlySet<LayerBytes> | "raw"): boolean {
  const bytes = layer.bytes ?? claimedBytes(layer.mediaType);
  // A type that does not tell, over a blob that nobody looked at: it can be right wherever it is sniffed.
  if (bytes === undefined) return decoders !== "raw";
  return decoders === "raw" ? bytes === "none" : decoders.has(bytes);
}

/** How Go's `archive/tar` refuses a blob that is no tar. */
export function tarError(layer: PulledLayer): string {
  return layer.size !== undefined && layer.size < 512 ? "unexpected EOF" : "archive/tar: invalid tar header";
}

function claimedBytes(mediaType: string): LayerBytes | undefined {
  const compression = compressionOf(mediaType);
  if (compression !== "unknown") return compression;
  return bareMediaType(mediaType).endsWith("+encrypted") ? "unknown" : undefined;
}
