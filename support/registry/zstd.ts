/** Block_Maximum_Size (RFC 8878 §3.1.1.2.4). */
const maximumBlock = 128 * 1024;

/**
 * A valid zstd frame that holds the bytes in raw blocks (RFC 8878 §3.1.1): Node 20 has no zstd encoder, and what
 * readers of layers look at are the frame's bytes, not how well it compresses.
 */
export function zstdFrame(bytes: Uint8Array): Buffer {
  // Frame_Header_Descriptor: single segment, content size of 4 bytes, no checksum, no dictionary.
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes.length, 5);
  const parts: Uint8Array[] = [head];
  for (let at = 0; at === 0 || at < bytes.length; at += maximumBlock) {
    const block = bytes.subarray(at, at + maximumBlock);
    const last = at + maximumBlock >= bytes.length ? 1 : 0;
    const size = Buffer.alloc(3);
    // Block_Type 0, Raw_Block.
    size.writeUIntLE((block.length << 3) | last, 0, 3);
    parts.push(size, block);
  }
  return Buffer.concat(parts);
}
