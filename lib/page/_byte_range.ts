/** A part of a content. */
export interface ByteRange {
  readonly start: number;
  /** Not included. */
  readonly end: number;
}

/**
 * Reads a `range` field.
 *
 * @param size Bytes of the content.
 * @returns undefined if all of it is wanted, as where the field is not understood; `unsatisfiable` if
 *   it lies outside.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseByteRange("bytes=2-", 10), { start: 2, end: 10 });
 * assertEquals(parseByteRange("bytes=-3", 10), { start: 7, end: 10 });
 * assertEquals(parseByteRange("bytes=10-", 10), "unsatisfiable");
 * assertEquals(parseByteRange("bytes=0-1,4-5", 10), undefined);
 * ```
 */
export function parseByteRange(
  field: string | undefined,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(field?.trim() ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}
