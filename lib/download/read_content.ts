import type { PxarAccessor, PxarNode } from "../pxar/mod.ts";
import { readAhead, type ReadPart } from "./_ahead.ts";
import { contentParts } from "./_content_parts.ts";
import { zeroPieces } from "./zero_pieces.ts";
import type { ContentOptions } from "./content_options.ts";
import { damageOf } from "./_damaged_file.ts";

/** The part of a file that is read, and how. */
export interface FileOptions extends ContentOptions {
  /** Offset in the file; 0 if absent. */
  readonly start?: number;
  /** Offset after the last byte, within the file; its size if absent. */
  readonly end?: number;
  /** Path for messages; the file's name if absent. */
  readonly path?: Uint8Array;
}

/**
 * The content of a regular file, piece by piece; the pieces stay valid.
 *
 * @throws {CorruptDataError} if it is damaged, naming it; what came before that is right.
 */
export async function* readContent(
  accessor: PxarAccessor,
  { entry }: PxarNode,
  options: FileOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { start = 0, end = entry.size, path = entry.name, aheadBytes = 0 } = options;
  const parts = contentParts(accessor, entry, options, { start, end });
  try {
    yield* piecesOf(readAhead(parts, aheadBytes));
  } catch (error) {
    throw damageOf(path, error) ?? error;
  }
}

/** The bytes of parts that are being read. */
export async function* piecesOf(
  parts: AsyncIterable<ReadPart>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const { bytes, length } of parts) {
    if (bytes === undefined) yield* zeroPieces(length);
    else yield await bytes as Uint8Array<ArrayBuffer>;
  }
}
