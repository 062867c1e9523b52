import { CorruptDataError } from "../errors/mod.ts";
import { encodeHex } from "../bytes/mod.ts";

const DIGEST_BYTES = 32;
/** A candidate in a shard: its digest, then the bytes of its object as a little-endian number. */
export const CANDIDATE_BYTES = 36;

/** Candidates in the order of their digests, as they lie in an object. */
export class SortedDigests {
  readonly #bytes: Uint8Array;

  /** @throws {CorruptDataError} if the bytes are no digests in their order. */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    if (bytes.length % CANDIDATE_BYTES !== 0) {
      throw new CorruptDataError(`"${name}" is damaged: ${bytes.length} bytes are no candidates`);
    }
    for (let i = 1; i < this.count; i++) {
      if (this.#compare(i, this.at(i - 1)) <= 0) {
        throw new CorruptDataError(`"${name}" is damaged: its digests are not in order`);
      }
    }
  }

  get count(): number {
    return this.#bytes.length / CANDIDATE_BYTES;
  }

  at(i: number): Uint8Array {
    return this.#bytes.subarray(i * CANDIDATE_BYTES, i * CANDIDATE_BYTES + DIGEST_BYTES);
  }

  /** Bytes of an object. */
  sizeAt(i: number): number {
    const { buffer, byteOffset } = this.#bytes;
    return new DataView(buffer, byteOffset + i * CANDIDATE_BYTES).getUint32(DIGEST_BYTES, true);
  }

  /** Whether a digest is among them. */
  has(digest: Uint8Array): boolean {
    return this.find(digest) >= 0;
  }

  /** Place of a digest; -1 if it is not among them. */
  find(digest: Uint8Array): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = this.#compare(middle, digest);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  #compare(i: number, digest: Uint8Array): number {
    const at = i * CANDIDATE_BYTES;
    for (let k = 0; k < DIGEST_BYTES; k++) {
      const difference = this.#bytes[at + k]! - digest[k]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }
}

/** Puts digests one behind the other. */
export function joinDigests(digests: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(digests.length * DIGEST_BYTES);
  for (const [i, digest] of digests.entries()) bytes.set(digest, i * DIGEST_BYTES);
  return bytes;
}

/** Hex digits of all digests in bytes. @throws {CorruptDataError} if they are none. */
export function parseDigests(bytes: Uint8Array, name: string): string[] {
  if (bytes.length % DIGEST_BYTES !== 0) {
    throw new CorruptDataError(`"${name}" is damaged: ${bytes.length} bytes are no digests`);
  }
  return Array.from(
    { length: bytes.length / DIGEST_BYTES },
    (_, i) => encodeHex(bytes.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES)),
  );
}
