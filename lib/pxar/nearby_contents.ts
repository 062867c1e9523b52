import { CorruptDataError } from "../errors/mod.ts";
import * as format from "./format.ts";
import { checkPayloadHeader } from "./payload_decoder.ts";
import type { PxarAccessor } from "./pxar_accessor.ts";

/** Place of a regular file's content, as its entry tells. */
export interface ContentPlace {
  /** `payloadOffset` of its entry, or `contentPosition` where the content is in the stream of entries. */
  readonly position: number;
  /** Bytes. */
  readonly size: number;
}

/** Bytes that were read at once, and where the contents asked for begin in them. */
export interface NearbyContents {
  readonly bytes: Uint8Array;
  /** One for each place; undefined where there is no such content. */
  readonly starts: readonly (number | undefined)[];
}

/** Position after a content. @param isSplit Whether it has a header of its own in front of it. */
export function endOfContent({ position, size }: ContentPlace, isSplit: boolean): number {
  return position + (isSplit ? format.HEADER_SIZE : 0) + size;
}

/**
 * Reads contents that lie one behind the other, with what is between them, at once (spec: pxar.md §5).
 *
 * @param places In the order of their positions, at least one.
 * @throws {CorruptDataError} if they cannot be read.
 */
export async function readNearbyContents(
  tree: PxarAccessor,
  places: readonly ContentPlace[],
): Promise<NearbyContents> {
  const isSplit = tree.payload !== undefined;
  const access = tree.payload ?? tree.metadata;
  const first = places[0]!.position;
  const end = endOfContent(places.at(-1)!, isSplit);
  const bytes = await access.read(first, end - first);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = places.map(({ position, size }) => {
    const start = position - first;
    if (!isSplit) return start;
    return hasHeader(view, start, position, size) ? start + format.HEADER_SIZE : undefined;
  });
  return { bytes, starts };
}

function hasHeader(view: DataView, start: number, position: number, size: number): boolean {
  const { buffer, byteOffset } = view;
  try {
    const header = new DataView(buffer, byteOffset + start, format.HEADER_SIZE);
    checkPayloadHeader(header, position, format.PAYLOAD, size);
    return true;
  } catch (error) {
    if (error instanceof CorruptDataError || error instanceof RangeError) return false;
    throw error;
  }
}
