import { createHash } from "node:crypto";
import { writeU64 } from "./_header.ts";
import { DYNAMIC_ENTRY_LENGTH, END_OFFSET_LENGTH } from "./format.ts";

/**
 * The checksum of an index that is growing chunk by chunk, for an uploader that never has the whole
 * index (spec: datastore-formats.md §2.1, §2.2). A dynamic one covers end offset and digest of every
 * chunk, a fixed one the digests alone.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sha256 } from "../crypto/mod.ts";
 * const checksum = new IndexChecksum("fixed");
 * checksum.add(4, new Uint8Array(32));
 * assertEquals(checksum.digest(), sha256(new Uint8Array(32)));
 * ```
 */
export class IndexChecksum {
  readonly #hash = createHash("sha256");
  readonly #entry = new Uint8Array(DYNAMIC_ENTRY_LENGTH);
  readonly #view = new DataView(this.#entry.buffer);

  constructor(readonly kind: "dynamic" | "fixed") {}

  /**
   * Adds the next chunk in stream order.
   *
   * @param end Offset after the chunk's last byte.
   * @param digest 32 bytes.
   */
  add(end: number, digest: Uint8Array): void {
    if (this.kind === "fixed") {
      this.#hash.update(digest);
      return;
    }
    writeU64(this.#view, 0, end);
    this.#entry.set(digest, END_OFFSET_LENGTH);
    this.#hash.update(this.#entry);
  }

  /** The checksum so far, 32 bytes; more chunks may follow. */
  digest(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#hash.copy().digest());
  }
}
