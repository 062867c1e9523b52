import type { RandomAccess } from "../pxar/mod.ts";
import { readAhead } from "./_ahead.ts";
import { rangeParts } from "./_content_parts.ts";
import type { ContentOptions } from "./content_options.ts";
import { piecesOf } from "./read_content.ts";

/**
 * A stretch of a stream, such as an image, piece by piece; the pieces stay valid.
 *
 * @param start Offset of its first byte.
 * @param end Offset after its last byte, within the stream.
 * @throws {CorruptDataError} if it is damaged; what came before that is right.
 */
export async function* readRange(
  access: RandomAccess,
  start: number,
  end: number,
  options: ContentOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const parts = rangeParts(access, start, end, options);
  yield* piecesOf(readAhead(parts, options.aheadBytes ?? 0));
}
