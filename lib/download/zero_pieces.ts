const ZEROS = new Uint8Array(64 * 1024);

/** So many zeros, in pieces that nobody may write into. */
export function* zeroPieces(length: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let left = length; left > 0; left -= ZEROS.length) {
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
  }
}
