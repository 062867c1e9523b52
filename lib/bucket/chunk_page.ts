import type { ListedPage } from "../s3/mod.ts";
import type { BucketKeys, ChunkKey } from "./bucket_keys.ts";

const DIGEST_BYTES = 32;
/** Place of a chunk that is none that verification has set aside. */
const NOT_BAD = 255;

/** A chunk, or one that was set aside, as a listing shows it. */
export interface ListedChunk extends ChunkKey {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Seconds since the epoch, by the store's clock. */
  readonly modificationTime: number;
}

/**
 * Chunks of a page of a listing in 45 bytes each: hundreds of pages wait for their turn at a time. What is no chunk
 * is left out.
 */
export class ChunkPage {
  /** The store's clock when it answered, seconds since the epoch; undefined if it does not tell. */
  readonly date: number | undefined;
  readonly #keys: BucketKeys;
  readonly #digests: Uint8Array;
  readonly #bad: Uint8Array;
  readonly #sizes: Float64Array;
  readonly #times: Float64Array;
  #count = 0;

  constructor(keys: BucketKeys, { objects, date }: ListedPage) {
    this.date = date;
    this.#keys = keys;
    this.#digests = new Uint8Array(objects.length * DIGEST_BYTES);
    this.#bad = new Uint8Array(objects.length);
    this.#sizes = new Float64Array(objects.length);
    this.#times = new Float64Array(objects.length);
    for (const { key, size, modificationTime } of objects) {
      const chunk = keys.parseChunk(key);
      if (chunk === undefined) continue;
      const i = this.#count++;
      this.#digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES).setFromHex(chunk.digest);
      this.#bad[i] = chunk.kind === "bad" ? Number(chunk.name[65]) : NOT_BAD;
      this.#sizes[i] = size;
      this.#times[i] = modificationTime;
    }
  }

  /** Number of the chunk folder of its first chunk; undefined if it has none. */
  get folder(): number | undefined {
    return this.#count === 0 ? undefined : this.#digests[0]! << 8 | this.#digests[1]!;
  }

  /** The chunks in the order of their keys. */
  *chunks(): Generator<ListedChunk> {
    const hex = this.#digests.subarray(0, this.#count * DIGEST_BYTES).toHex();
    for (let i = 0; i < this.#count; i++) {
      const digest = hex.slice(i * DIGEST_BYTES * 2, (i + 1) * DIGEST_BYTES * 2);
      const bad = this.#bad[i]!;
      const name = bad === NOT_BAD ? digest : `${digest}.${bad}.bad`;
      yield {
        kind: bad === NOT_BAD ? "chunk" : "bad",
        digest,
        name,
        key: this.#keys.besideChunk(name),
        size: this.#sizes[i]!,
        modificationTime: this.#times[i]!,
      };
    }
  }
}
