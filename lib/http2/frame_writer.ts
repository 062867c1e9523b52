import { FRAME_HEADER_BYTES, FrameFlag, FrameType } from "./http2_format.ts";

/** The fields of a frame header (RFC 9113 §4.1). */
export interface FrameHeaderFields {
  /** Length of the payload, in bytes. */
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
}

/**
 * Writes a frame header.
 *
 * @param offset First byte in the target, in bytes.
 * @returns Offset after the header.
 */
export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  { length, type, flags, streamId }: FrameHeaderFields,
): number {
  target[offset] = length >>> 16;
  target[offset + 1] = length >>> 8;
  target[offset + 2] = length;
  target[offset + 3] = type;
  target[offset + 4] = flags;
  writeUint32(target, offset + 5, streamId);
  return offset + FRAME_HEADER_BYTES;
}

/** A SETTINGS frame with the given identifiers and values. */
export function settingsFrame(
  settings: Iterable<readonly [id: number, value: number]>,
): Uint8Array {
  const list = [...settings];
  const frame = newFrame(list.length * 6, FrameType.SETTINGS, 0, 0);
  let offset = FRAME_HEADER_BYTES;
  for (const [id, value] of list) {
    frame[offset] = id >>> 8;
    frame[offset + 1] = id;
    writeUint32(frame, offset + 2, value);
    offset += 6;
  }
  return frame;
}

/** The acknowledgement of a SETTINGS frame. */
export function settingsAckFrame(): Uint8Array {
  return newFrame(0, FrameType.SETTINGS, FrameFlag.ACK, 0);
}

/** A PING frame or, with `ack`, its answer; `payload` has 8 bytes. */
export function pingFrame(payload: Uint8Array, ack: boolean): Uint8Array {
  const frame = newFrame(8, FrameType.PING, ack ? FrameFlag.ACK : 0, 0);
  frame.set(payload.subarray(0, 8), FRAME_HEADER_BYTES);
  return frame;
}

/** A RST_STREAM frame. */
export function rstStreamFrame(streamId: number, code: number): Uint8Array {
  const frame = newFrame(4, FrameType.RST_STREAM, 0, streamId);
  writeUint32(frame, FRAME_HEADER_BYTES, code);
  return frame;
}

/** A GOAWAY frame; `text` is for people. */
export function goawayFrame(lastStreamId: number, code: number, text: string): Uint8Array {
  const debug = new TextEncoder().encode(text.slice(0, 200));
  const frame = newFrame(8 + debug.length, FrameType.GOAWAY, 0, 0);
  writeUint32(frame, FRAME_HEADER_BYTES, lastStreamId);
  writeUint32(frame, FRAME_HEADER_BYTES + 4, code);
  frame.set(debug, FRAME_HEADER_BYTES + 8);
  return frame;
}

/** A WINDOW_UPDATE frame; stream 0 is the connection. */
export function windowUpdateFrame(streamId: number, incrementBytes: number): Uint8Array {
  const frame = newFrame(4, FrameType.WINDOW_UPDATE, 0, streamId);
  writeUint32(frame, FRAME_HEADER_BYTES, incrementBytes);
  return frame;
}

/**
 * A header block as HEADERS and as many CONTINUATION frames as it needs, in one piece so that
 * nothing gets between them.
 *
 * @param block From the HPACK encoder.
 * @param maxFrameBytes The peer's SETTINGS_MAX_FRAME_SIZE.
 */
export function headerFrames(
  streamId: number,
  block: Uint8Array,
  endStream: boolean,
  maxFrameBytes: number,
): Uint8Array {
  const count = Math.max(1, Math.ceil(block.length / maxFrameBytes));
  const frames = new Uint8Array(block.length + count * FRAME_HEADER_BYTES);
  let offset = 0;
  for (let i = 0; i < count; i++) {
    const part = block.subarray(i * maxFrameBytes, (i + 1) * maxFrameBytes);
    const flags = (i === count - 1 ? FrameFlag.END_HEADERS : 0) |
      (i === 0 && endStream ? FrameFlag.END_STREAM : 0);
    const type = i === 0 ? FrameType.HEADERS : FrameType.CONTINUATION;
    offset = writeFrameHeader(frames, offset, { length: part.length, type, flags, streamId });
    frames.set(part, offset);
    offset += part.length;
  }
  return frames;
}

function newFrame(length: number, type: number, flags: number, streamId: number): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + length);
  writeFrameHeader(frame, 0, { length, type, flags, streamId });
  return frame;
}

function writeUint32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
}
