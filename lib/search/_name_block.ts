import { CorruptDataError } from "../errors/mod.ts";

/** Letters of catalogs. */
const TYPES = "dflhbcps";
const HEAD_NUMBERS = 6;
/** Most entries in a segment. */
export const MAX_SEGMENT_ENTRIES = 64;
/** Bytes of a block that is not compressed. */
export const MAX_BLOCK_BYTES: number = 512 * 1024 * 1024;

/**
 * Names that one archive has added: columns of entries, cut into segments, and listings that refer to
 * segments. Segments and listings are numbered in the order of the file, over all blocks.
 */
export interface NameBlock {
  /** Of each listing how many segments it has. */
  readonly listings: Uint32Array;
  /** Numbers of the segments of all listings, in order; the next new one comes with its block's entries. */
  readonly references: Uint32Array;
  /** Of each new segment how many entries it has. */
  readonly segments: Uint8Array;
  /** Of each entry its letter, as its code. */
  readonly types: Uint8Array;
  readonly sizes: Float64Array;
  /** Seconds since the epoch. */
  readonly times: Float64Array;
  /** Number of a directory's listing plus one; 0 for everything else. */
  readonly children: Uint32Array;
  readonly nameLengths: Uint16Array;
  /** All names, one after the other. */
  readonly names: Uint8Array;
}

/** A block in bytes, all columns one after the other; little-endian, as all machines that it runs on. */
export function encodeNameBlock(block: NameBlock): Uint8Array {
  const columns = columnsOf(block);
  const head = Uint32Array.of(
    block.listings.length,
    block.references.length,
    block.segments.length,
    block.types.length,
    block.names.length,
    0,
  );
  const bytes = new Uint8Array(
    columns.reduce((sum, { byteLength }) => sum + byteLength, head.byteLength),
  );
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of [head, ...columns]) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

/** The columns in their order: those of wide numbers first, so that each is aligned. */
function columnsOf(block: NameBlock) {
  const { sizes, times, children, listings, references, nameLengths, segments, types, names } =
    block;
  return [sizes, times, children, listings, references, nameLengths, segments, types, names];
}

/** Segments and listings that come before a block. */
export interface NumbersBefore {
  readonly segments: number;
  readonly listings: number;
}

/**
 * Reads a block; its columns are views.
 *
 * @throws {CorruptDataError} if it is cut off, or refers to what does not come before.
 */
export function decodeNameBlock(bytes: Uint8Array, before: NumbersBefore): NameBlock {
  const own = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = own;
  if (byteLength < 4 * HEAD_NUMBERS) fail("is cut off");
  const [listings, references, segments, entries, nameBytes] = new Uint32Array(
    buffer,
    byteOffset,
    HEAD_NUMBERS,
  ) as unknown as [number, number, number, number, number];
  const expected = 4 * HEAD_NUMBERS + 16 * entries + 4 * (entries + listings + references) +
    2 * entries + segments + entries + nameBytes;
  if (expected !== byteLength) fail(`has ${byteLength} bytes instead of ${expected}`);
  let at = byteOffset + 4 * HEAD_NUMBERS;
  const place = (bytes: number) => {
    at += bytes;
    return at - bytes;
  };
  const block: NameBlock = {
    sizes: new Float64Array(buffer, place(8 * entries), entries),
    times: new Float64Array(buffer, place(8 * entries), entries),
    children: new Uint32Array(buffer, place(4 * entries), entries),
    listings: new Uint32Array(buffer, place(4 * listings), listings),
    references: new Uint32Array(buffer, place(4 * references), references),
    nameLengths: new Uint16Array(buffer, place(2 * entries), entries),
    segments: new Uint8Array(buffer, place(segments), segments),
    types: new Uint8Array(buffer, place(entries), entries),
    names: new Uint8Array(buffer, place(nameBytes), nameBytes),
  };
  checkBlock(block, before);
  return block;
}

function checkBlock(block: NameBlock, before: NumbersBefore): void {
  const { listings, references, segments, types, sizes, times, children, nameLengths } = block;
  let nameBytes = 0;
  for (let i = 0; i < types.length; i++) {
    nameBytes += nameLengths[i]!;
    if (nameLengths[i] === 0) fail("has a name of no bytes");
    if (!TYPES.includes(String.fromCharCode(types[i]!))) fail("has an entry of unknown type");
    if (!(sizes[i]! >= 0 && Number.isFinite(sizes[i])) || !Number.isFinite(times[i])) {
      fail("has numbers that are none");
    }
  }
  if (nameBytes !== block.names.length) fail("has other names than it says");
  let [reference, segment, entry] = [0, 0, 0];
  for (let listing = 0; listing < listings.length; listing++) {
    const end = reference + listings[listing]!;
    if (end > references.length) fail("refers to too few segments");
    for (; reference < end; reference++) {
      const next = before.segments + segment;
      const number = references[reference]!;
      if (number > next) fail("refers to a segment that comes later");
      if (number < next) continue;
      if (segment === segments.length) fail("lacks a segment");
      const entriesEnd = entry + segments[segment++]!;
      if (entriesEnd > types.length) fail("lacks entries");
      for (; entry < entriesEnd; entry++) {
        // Only what comes before, so that nothing leads in circles.
        if (children[entry]! > before.listings + listing) {
          fail("refers to a listing that comes later");
        }
      }
    }
  }
  if (reference !== references.length || segment !== segments.length || entry !== types.length) {
    fail("has more than it refers to");
  }
}

function fail(problem: string): never {
  throw new CorruptDataError(`block of names ${problem}`);
}
