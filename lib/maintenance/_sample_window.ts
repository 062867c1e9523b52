import { DigestTable } from "../datastore/mod.ts";

const DIGEST_BYTES = 32;
/** No chunk is larger, whatever an index says. */
const MAX_SIZE = 2 ** 40;
const WANTED_PLAIN = 1;
const WANTED_ENCRYPTED = 2;

/** Chunk of a window, as the indexes describe it. */
export interface WantedChunk {
  /** 32 bytes. */
  readonly digest: Uint8Array;
  readonly size: number;
  /** Whether an archive without encryption names it. */
  readonly isWantedPlain: boolean;
  /** Whether an encrypted archive names it. */
  readonly isWantedEncrypted: boolean;
}

/** Number of the chunk folder of a digest. */
export function folderOf(digest: Uint8Array): number {
  return digest[0]! << 8 | digest[1]!;
}

/** Distinct chunks whose folders are in a range, in the order of their digests. */
export class SampleWindow {
  readonly #table = new DigestTable();
  #digests = new Uint8Array(1024 * DIGEST_BYTES);

  /** @param to Number of the first folder that is not in it. */
  constructor(readonly from: number, readonly to: number) {}

  /** Number of chunks. */
  get count(): number {
    return this.#table.count;
  }

  /** Adds a chunk, unless it is outside. */
  add(digest: Uint8Array, size: number, isEncrypted: boolean): void {
    const folder = folderOf(digest);
    if (folder < this.from || folder >= this.to) return;
    const wanted = isEncrypted ? WANTED_ENCRYPTED : WANTED_PLAIN;
    const known = this.#table.get(digest);
    if (known !== undefined) {
      if ((known & wanted) === 0) this.#table.set(digest, known + wanted);
      return;
    }
    const at = this.#table.count * DIGEST_BYTES;
    if (at === this.#digests.length) {
      const larger = new Uint8Array(at * 2);
      larger.set(this.#digests);
      this.#digests = larger;
    }
    this.#digests.set(digest, at);
    this.#table.set(digest, Math.min(size, MAX_SIZE) * 4 + wanted);
  }

  /** All chunks, sorted. */
  chunks(): { at(i: number): WantedChunk } {
    const keys = new Float64Array(this.count);
    const view = new DataView(this.#digests.buffer);
    for (let i = 0; i < keys.length; i++) {
      keys[i] = view.getUint32(i * DIGEST_BYTES) * 65536 + view.getUint16(i * DIGEST_BYTES + 4);
    }
    const order = Uint32Array.from(keys, (_, i) => i).sort((a, b) => keys[a]! - keys[b]!);
    return {
      at: (i) => {
        const at = order[i]! * DIGEST_BYTES;
        const digest = this.#digests.subarray(at, at + DIGEST_BYTES);
        const value = this.#table.get(digest)!;
        return {
          digest,
          size: Math.floor(value / 4),
          isWantedPlain: value % 2 === WANTED_PLAIN,
          isWantedEncrypted: value % 4 >= WANTED_ENCRYPTED,
        };
      },
    };
  }
}
