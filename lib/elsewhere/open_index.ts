import { type ChunkIndex, parseDynamicIndex, parseFixedIndex } from "../index/mod.ts";
import { archiveKind } from "../repository/mod.ts";

/** Opens an index by the kind that its name tells. @throws {CorruptDataError} if it is damaged. */
export function openIndex(bytes: Uint8Array, name: string): ChunkIndex {
  return archiveKind(name) === "fixed"
    ? parseFixedIndex(bytes, name)
    : parseDynamicIndex(bytes, name);
}
