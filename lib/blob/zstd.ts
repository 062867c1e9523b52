import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { concatBytes } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { ZSTD_FRAME_MAGIC, ZSTD_LEVEL, ZSTD_SKIPPABLE_MAGIC } from "./format.ts";

/**
 * Output buffers of the default size at least: smaller ones come out of a pool and cannot be given
 * back.
 */
const CHUNK_SIZE_MIN = 16 * 1024;

/** Node's option that makes the encoder write the content size; the type declarations lack it. */
type CompressOptions = Parameters<typeof zstdCompressSync>[1] & { pledgedSrcSize: number };

/** One zstd frame, with the content size in its header and without a checksum. */
export function compressZstd(data: Uint8Array): Uint8Array {
  const options: CompressOptions = {
    params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
    pledgedSrcSize: data.byteLength,
  };
  return asBytes(zstdCompressSync(data, options));
}

/**
 * Decompresses any number of zstd frames, whether they state their content size or not.
 *
 * @param payload Nothing but frames.
 * @param maxSizeBytes More output than this is refused before it takes memory.
 * @param name What the messages call it.
 * @throws {CorruptDataError} if a frame is damaged or cut off, or the output too large.
 */
export function decompressZstd(
  payload: Uint8Array,
  maxSizeBytes: number,
  name: string,
): Uint8Array {
  const frames = listFrames(payload, name);
  if (frames.length === 0) throw new CorruptDataError(`${name} has no zstd frame in it`);
  const parts: Uint8Array[] = [];
  let left = maxSizeBytes;
  for (const frame of frames) {
    const part = decompressFrame(frame, left, maxSizeBytes, name);
    left -= part.byteLength;
    parts.push(part);
  }
  return parts.length === 1 ? parts[0]! : concatBytes(parts);
}

/**
 * Size of the plain bytes as far as the first frame tells it, without a look at the rest: what memory
 * the decompression is going to need.
 *
 * @returns In bytes; `undefined` if the frame does not state it.
 */
export function statedPlainSize(payload: Uint8Array): number | undefined {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (view.byteLength < 5 || !isFrame(view, 0)) return undefined;
  const header = parseFrameDescriptor(view.getUint8(4));
  const at = header.length - header.sizeLength;
  if (header.length > view.byteLength) return undefined;
  switch (header.sizeLength) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
    default:
      return undefined;
  }
}

function decompressFrame(
  frame: Uint8Array,
  left: number,
  maxSizeBytes: number,
  name: string,
): Uint8Array {
  const tooLarge = () =>
    new CorruptDataError(`${name} is larger than ${maxSizeBytes} bytes when decompressed`);
  const stated = statedPlainSize(frame);
  if (stated !== undefined && stated > left) throw tooLarge();
  let plain: Uint8Array;
  try {
    plain = asBytes(zstdDecompressSync(frame, {
      maxOutputLength: Math.max(1, left),
      // All in one piece, where the size is known: pieces would be in memory twice for a while.
      ...stated === undefined ? {} : { chunkSize: Math.max(CHUNK_SIZE_MIN, stated) },
    }));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") {
      throw tooLarge();
    }
    // A runtime without zstd throws type errors: no reason to call the data damaged.
    if (cause instanceof TypeError) throw cause;
    throw new CorruptDataError(`${name} is damaged: decompression failed`, { cause });
  }
  if (plain.byteLength > left) throw tooLarge();
  return plain;
}

/** A Buffer's own methods differ from those of byte arrays (`slice` is a view): not handed out. */
function asBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/**
 * Splits the payload at frame ends by walking over the block headers. Node's decoder stops silently
 * after the first frame and at a cut-off one, so this is what makes both an error.
 */
function listFrames(payload: Uint8Array, name: string): Uint8Array[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const frames: Uint8Array[] = [];
  let start = 0;
  while (start < payload.byteLength) {
    const end = frameEnd(view, start, name);
    if (isFrame(view, start)) frames.push(payload.subarray(start, end));
    start = end;
  }
  return frames;
}

function isFrame(view: DataView, start: number): boolean {
  return view.getUint32(start, true) === ZSTD_FRAME_MAGIC;
}

/** Offset after the frame that starts at `start` (RFC 8878 §3.1.1, §3.1.2). */
function frameEnd(view: DataView, start: number, name: string): number {
  const need = (end: number): number => {
    if (end > view.byteLength) {
      throw new CorruptDataError(`${name} is damaged: its zstd frame is cut off`);
    }
    return end;
  };
  need(start + 4);
  if (!isFrame(view, start)) {
    const magic = view.getUint32(start, true);
    if (((magic & 0xfffffff0) >>> 0) !== ZSTD_SKIPPABLE_MAGIC) {
      throw new CorruptDataError(`${name} is damaged: no zstd frame at payload offset ${start}`);
    }
    need(start + 8);
    return need(start + 8 + view.getUint32(start + 4, true));
  }
  need(start + 5);
  const { length, checksumLength } = parseFrameDescriptor(view.getUint8(start + 4));
  let at = start + length;
  for (let last = false; !last;) {
    need(at + 3);
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    last = (header & 1) !== 0;
    const blockType = (header >> 1) & 3;
    // A run-length block stores one byte whatever size it states.
    at = need(at + 3 + (blockType === 1 ? 1 : header >> 3));
  }
  return need(at + checksumLength);
}

/** Description of a frame in the byte after the magic number (RFC 8878 §3.1.1.1.1). */
function parseFrameDescriptor(descriptor: number): {
  /** Bytes of the frame header with its magic number; the content size is at its end. */
  readonly length: number;
  readonly sizeLength: number;
  readonly checksumLength: number;
} {
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeCode = descriptor >> 6;
  const sizeLength = sizeCode === 0 ? (singleSegment ? 1 : 0) : 1 << sizeCode;
  const dictionaryIdLength = [0, 1, 2, 4][descriptor & 3]!;
  const checksumLength = (descriptor & 0x04) !== 0 ? 4 : 0;
  const length = 5 + (singleSegment ? 0 : 1) + dictionaryIdLength + sizeLength;
  return { length, sizeLength, checksumLength };
}
