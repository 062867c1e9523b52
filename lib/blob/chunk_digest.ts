import { sha256 } from "../crypto/mod.ts";

/**
 * The digest that names a chunk (spec: datastore-formats.md §1.8).
 *
 * @param plain The chunk's plain bytes.
 * @param idKey Given if and only if the chunk is stored encrypted; sign-only chunks have none.
 * @returns 32 bytes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeHex } from "../bytes/mod.ts";
 * assertEquals(encodeHex(chunkDigest(new Uint8Array(4 << 20))).slice(0, 8), "bb9f8df6");
 * ```
 */
export function chunkDigest(plain: Uint8Array, idKey?: Uint8Array): Uint8Array<ArrayBuffer> {
  return idKey === undefined ? sha256(plain) : sha256(plain, idKey);
}
