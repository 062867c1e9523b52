import { type ChunkIndex, parseDynamicIndex, parseFixedIndex } from "../index/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { archiveKind } from "../repository/mod.ts";

/**
 * Reads the bytes of an index file.
 *
 * @param name Its file name, which tells the kind; may be a path.
 * @throws {UsageError} if it is not the name of an index.
 * @throws {CorruptDataError} if the index is damaged.
 */
export function readIndex(bytes: Uint8Array, name: string): ChunkIndex {
  const kind = archiveKind(name);
  if (kind === "dynamic") return parseDynamicIndex(bytes, name);
  if (kind === "fixed") return parseFixedIndex(bytes, name);
  throw new UsageError(`"${name}" is not the name of an index`);
}
