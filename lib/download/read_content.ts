import type { PxarAccessor, PxarNode } from "../pxar/mod.ts";
import { readAhead, type ReadPart } from "./_ahead.ts";
import { contentParts } from "./_content_parts.ts";
import { zeroPieces } from "./_zero_pieces.ts";
import type { ContentOptions } from "./content_options.ts";

/**
 * The content of a regular file, piece by piece; the pieces stay valid.
 *
 * @throws {CorruptDataError} if it is damaged; what came before that is right.
 */
export async function* readContent(
  accessor: PxarAccessor,
  { entry }: PxarNode,
  options: ContentOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const parts = contentParts(accessor, entry, options);
  yield* piecesOf(readAhead(parts, options.aheadBytes ?? 0));
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
