import type { LayerBytes } from "./runtime-rules";
import { sniffCompression } from "./compression";

/** So many bytes of a layer's beginning tell what it is: a tar header's size (POSIX pax, "ustar Interchange Format"). */
export const sniffedBytes = 512;

/**
 * What a layer is by its first bytes (`sniffedBytes` of them, or all where it is shorter): compressed, a tar (`none`), or
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
