import { concatBytes } from "../../lib/bytes/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";

/** Far longer than a line with a path in it. */
const MAX_LINE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The lines of a stream without their ends, as bytes; the last one need not have an end.
 *
 * @throws {UsageError} if one is longer than a megabyte.
 */
export async function* pipedLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array[] = [];
  let length = 0;
  for await (const piece of input) {
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      yield concatBytes([...begun, piece.subarray(start, end)]);
      begun = [];
      length = 0;
      start = end + 1;
    }
    length += piece.byteLength - start;
    if (length > MAX_LINE_BYTES) throw new UsageError("a line of the input is too long");
    begun.push(piece.slice(start));
  }
  if (length > 0) yield concatBytes(begun);
}
