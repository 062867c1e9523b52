import {
  type ContentRange,
  PAYLOAD_HEADER_BYTES,
  type PxarAccessor,
  type PxarEntry,
  type RandomAccess,
} from "../pxar/mod.ts";
import type { ContentOptions } from "./content_options.ts";

/** Bytes that are read at a time. */
const PIECE_BYTES = 1024 * 1024;

/** A part of a content: a piece that can be read, or zeros that need not be. */
export interface ContentPart {
  readonly kind: "content";
  readonly length: number;
  /** Absent for zeros. */
  readonly read?: () => Promise<Uint8Array>;
}

/**
 * The parts of a regular file, in order. Nothing is read before it is asked for.
 *
 * @param range Within the file, bytes; all of it if absent.
 */
export function contentParts(
  accessor: PxarAccessor,
  file: PxarEntry,
  { zerosWithin }: ContentOptions,
  range: { readonly start: number; readonly end: number } = { start: 0, end: file.size },
): Generator<ContentPart> {
  const { payloadOffset, contentPosition } = file;
  const first = payloadOffset < 0 ? contentPosition : payloadOffset + PAYLOAD_HEADER_BYTES;
  const [start, end] = [first + range.start, first + range.end];
  // Looks at the content's header, once.
  let content: Promise<ContentRange> | undefined;
  return cut({
    start,
    end,
    zeros: zerosWithin?.(start, end) ?? [],
    read: async (offset, length) => {
      const { access } = await (content ??= accessor.content(file));
      return await access.read(offset, length);
    },
  });
}

/** The parts of a stretch of a stream, in order. */
export function rangeParts(
  access: RandomAccess,
  start: number,
  end: number,
  { zerosWithin }: ContentOptions,
): Generator<ContentPart> {
  const zeros = zerosWithin?.(start, end) ?? [];
  return cut({ start, end, zeros, read: (offset, length) => access.read(offset, length) });
}

/** A stretch of a stream that is to be cut into parts. */
interface Range {
  readonly start: number;
  readonly end: number;
  readonly zeros: readonly { readonly start: number; readonly end: number }[];
  read(offset: number, length: number): Promise<Uint8Array>;
}

function* cut({ start, end, zeros, read }: Range): Generator<ContentPart> {
  let at = start;
  for (const hole of [...zeros, { start: end, end }]) {
    while (at < hole.start) {
      const offset = at;
      const length = Math.min(PIECE_BYTES, hole.start - offset);
      at += length;
      yield { kind: "content", length, read: () => read(offset, length) };
    }
    const length = hole.end - at;
    at = hole.end;
    if (length > 0) yield { kind: "content", length };
  }
}
