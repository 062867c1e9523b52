import * as format from "./format.ts";
import type { EntryBuilder } from "./_entry_builder.ts";
import type { PxarEntry } from "./pxar_entry.ts";

/** An entry found by random access. */
export interface PxarNode {
  readonly entry: PxarEntry;
  /** Stream position after the entry; for a directory after its goodbye table. */
  readonly end: number;
  /** Bytes of its path, slashes included. */
  readonly pathLength: number;
}

/** An entry below a path of that length. @throws {CorruptDataError} if it lies too deep. */
export function checkedNode(entry: EntryBuilder, end: number, above: number): PxarNode {
  const pathLength = above + entry.name.byteLength + 1;
  if (entry.depth > format.MAX_DEPTH || pathLength > format.MAX_PATH_LENGTH) {
    entry.fail("directories are nested too deeply");
  }
  return { entry, end, pathLength };
}
