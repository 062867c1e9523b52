import { ByteWriter, concatBytes } from "../bytes/mod.ts";
import { ConflictError } from "../errors/mod.ts";
import { checkDigest, type IndexOrigin, writeHeader } from "./_header.ts";
import { DYNAMIC_INDEX_MAGIC, INDEX_HEADER_LENGTH } from "./format.ts";
import { IndexChecksum } from "./index_checksum.ts";

/**
 * Builds a `.didx` file chunk by chunk (spec: datastore-formats.md §2.3). Small ones come out whole
 * with `toBytes`; a writer of large ones leaves room for the header, appends what `takeEntries`
 * gives from time to time, and puts `header` in front at the end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const builder = new DynamicIndexBuilder("root.pxar.didx");
 * builder.append(0, 9, new Uint8Array(32));
 * builder.append(9, 10, new Uint8Array(32));
 * assertEquals([builder.size, builder.toBytes().length], [19, 4096 + 80]);
 * ```
 */
export class DynamicIndexBuilder {
  readonly #origin: IndexOrigin;
  readonly #checksum = new IndexChecksum("dynamic");
  readonly #entries = new ByteWriter(4096);
  #taken = false;
  #chunkCount = 0;
  #size = 0;

  /** @param name What messages call it. */
  constructor(readonly name: string, origin: IndexOrigin = {}) {
    this.#origin = origin;
  }

  /** Chunks appended so far. */
  get chunkCount(): number {
    return this.#chunkCount;
  }

  /** End of the last chunk. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends a chunk.
   *
   * @param start Offset of its first byte: where the last one ended.
   * @param sizeBytes Number of its plain bytes, at least 1.
   * @param digest 32 bytes.
   * @throws {ConflictError} if it does not follow the last one.
   */
  append(start: number, sizeBytes: number, digest: Uint8Array): void {
    if (start !== this.#size) {
      throw new ConflictError(
        `index "${this.name}" ends at ${this.#size}, a chunk at offset ${start} cannot follow`,
      );
    }
    const end = start + sizeBytes;
    if (!(Number.isSafeInteger(end) && end > start)) {
      throw new ConflictError(`index "${this.name}": no chunk can have ${sizeBytes} bytes`);
    }
    checkDigest(digest);
    this.#entries.u64(end);
    this.#entries.bytes(digest);
    this.#checksum.add(end, digest);
    this.#chunkCount++;
    this.#size = end;
  }

  /** Checksum of the chunks so far, 32 bytes. */
  checksum(): Uint8Array<ArrayBuffer> {
    return this.#checksum.digest();
  }

  /** The 4096 bytes in front of the entries, with the checksum of the chunks so far. */
  header(): Uint8Array<ArrayBuffer> {
    return writeHeader(DYNAMIC_INDEX_MAGIC, this.#origin, this.checksum());
  }

  /** The entries since the last call, for the end of the file; forgets them. */
  takeEntries(): Uint8Array<ArrayBuffer> {
    const entries = this.#entries.finish();
    this.#entries.clear();
    this.#taken = true;
    return entries;
  }

  /** Offset at which `takeEntries` puts its first entry. */
  static readonly entriesOffset = INDEX_HEADER_LENGTH;

  /** The whole file. Not together with `takeEntries`. */
  toBytes(): Uint8Array<ArrayBuffer> {
    if (this.#taken) throw new TypeError("the entries of this index were taken away already");
    return concatBytes([this.header(), this.#entries.view()]);
  }
}
