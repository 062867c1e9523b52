import { gzipSync } from "node:zlib";

/** A text as `gzip -9n` leaves it: without name and time. */
export function compress(content: Uint8Array | string): Uint8Array {
  const bytes = new Uint8Array(gzipSync(content, { level: 9 }));
  // The system that wrote it: unknown, whatever the compressor says.
  bytes[9] = 255;
  return bytes;
}
