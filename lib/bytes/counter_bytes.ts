/**
 * Contents of what is measured: a little-endian counter of 32 bits (spec: client-pipeline.md §8).
 *
 * @param length Bytes, a multiple of 4.
 */
export function counterBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < length; at += 4) view.setUint32(at, at / 4, true);
  return bytes;
}
