import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { concatBytes } from "../bytes/mod.ts";
import { type FrameHandler, FrameReader } from "./frame_reader.ts";
import {
  goawayFrame,
  headerFrames,
  pingFrame,
  rstStreamFrame,
  settingsFrame,
  windowUpdateFrame,
  writeFrameHeader,
} from "./frame_writer.ts";
import { Http2Error } from "./http2_error.ts";
import { FRAME_HEADER_BYTES, FrameFlag, FrameType, Http2ErrorCode } from "./http2_format.ts";

interface Seen {
  type: number;
  flags: number;
  streamId: number;
  payload: number[];
  padding?: number;
}

class Recorder implements FrameHandler {
  readonly seen: Seen[] = [];
  #data: number[] = [];
  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    this.seen.push({ type, flags, streamId, payload: [...payload] });
  }
  unknownFrame(type: number, streamId: number): void {
    this.seen.push({ type, flags: 0, streamId, payload: [] });
  }
  dataStart(): void {
    this.#data = [];
  }
  data(_streamId: number, bytes: Uint8Array): void {
    this.#data.push(...bytes);
  }
  dataEnd(streamId: number, flags: number, padding: number): void {
    this.seen.push({ type: FrameType.DATA, flags, streamId, payload: this.#data, padding });
  }
}

function rawFrame(type: number, flags: number, streamId: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(frame, 0, { length: payload.length, type, flags, streamId });
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

function read(bytes: Uint8Array, cuts: () => number, maxFrameBytes?: number): Seen[] {
  const recorder = new Recorder();
  const reader = new FrameReader(recorder, maxFrameBytes);
  for (let at = 0; at < bytes.length;) {
    const size = Math.max(1, cuts());
    reader.feed(bytes.subarray(at, at + size));
    at += size;
  }
  assertEquals(reader.atBoundary, true);
  return recorder.seen;
}

Deno.test("FrameReader finds the same frames however the bytes are cut", () => {
  const frames = fc.array(
    fc.record({
      type: fc.integer({ min: 0, max: 9 }),
      streamId: fc.integer({ min: 0, max: 0x7fffffff }),
      payload: fc.uint8Array({ maxLength: 100 }),
    }),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (list, cuts) => {
      const bytes = concatBytes(list.map((f) => rawFrame(f.type, 0, f.streamId, f.payload)));
      const expected = list.map(({ type, streamId, payload }) => ({
        type,
        flags: 0,
        streamId,
        payload: [...payload],
        ...type === FrameType.DATA ? { padding: 0 } : {},
      }));
      assertEquals(read(bytes, () => cuts.next().value!), expected);
      assertEquals(read(bytes, () => Infinity), expected);
    }),
  );
});

Deno.test("FrameReader takes the padding off DATA however the bytes are cut", () => {
  const payload = Uint8Array.of(3, 1, 2, 3, 4, 0, 0, 0);
  const bytes = rawFrame(FrameType.DATA, FrameFlag.PADDED, 1, payload);
  for (let size = 1; size <= bytes.length; size++) {
    assertEquals(read(bytes, () => size), [
      { type: 0, flags: FrameFlag.PADDED, streamId: 1, payload: [1, 2, 3, 4], padding: 4 },
    ]);
  }
});

Deno.test("FrameReader skips frames of unknown types", () => {
  const bytes = concatBytes([
    rawFrame(0xfa, 0, 5, new Uint8Array(50)),
    pingFrame(new Uint8Array(8), false),
  ]);
  assertEquals(read(bytes, () => 7).map((frame) => frame.type), [0xfa, FrameType.PING]);
});

Deno.test("FrameReader refuses frames that are too long or padded beyond their end", () => {
  const cases: [Uint8Array, number][] = [
    [rawFrame(FrameType.DATA, 0, 1, new Uint8Array(16385)), Http2ErrorCode.FRAME_SIZE_ERROR],
    [rawFrame(FrameType.PING, 0, 0, new Uint8Array(16385)), Http2ErrorCode.FRAME_SIZE_ERROR],
    [rawFrame(0, FrameFlag.PADDED, 1, Uint8Array.of(9, 1)), Http2ErrorCode.PROTOCOL_ERROR],
    [rawFrame(0, FrameFlag.PADDED, 1, new Uint8Array(0)), Http2ErrorCode.FRAME_SIZE_ERROR],
  ];
  for (const [bytes, code] of cases) {
    const error = assertThrows(() => read(bytes, () => 100), Http2Error);
    assertEquals([error.scope, error.code], ["connection", code]);
  }
  const huge = rawFrame(FrameType.HEADERS, 0, 1, new Uint8Array(300 * 1024));
  const error = assertThrows(() => read(huge, () => 100, 1 << 20), Http2Error);
  assertEquals(error.code, Http2ErrorCode.ENHANCE_YOUR_CALM);
});

Deno.test("the frame writers write what FrameReader reads", () => {
  const bytes = concatBytes([
    settingsFrame([[4, 0x7fffffff], [5, 16384]]),
    pingFrame(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), true),
    rstStreamFrame(3, 8),
    goawayFrame(0x7fffffff, 2, "end"),
    windowUpdateFrame(7, 0x7fffffff),
    headerFrames(9, Uint8Array.of(1, 2, 3, 4, 5), true, 2),
  ]);
  assertEquals(read(bytes, () => 3), [
    { type: 4, flags: 0, streamId: 0, payload: [0, 4, 127, 255, 255, 255, 0, 5, 0, 0, 64, 0] },
    { type: 6, flags: 1, streamId: 0, payload: [1, 2, 3, 4, 5, 6, 7, 8] },
    { type: 3, flags: 0, streamId: 3, payload: [0, 0, 0, 8] },
    { type: 7, flags: 0, streamId: 0, payload: [127, 255, 255, 255, 0, 0, 0, 2, 101, 110, 100] },
    { type: 8, flags: 0, streamId: 7, payload: [127, 255, 255, 255] },
    { type: 1, flags: 1, streamId: 9, payload: [1, 2] },
    { type: 9, flags: 0, streamId: 9, payload: [3, 4] },
    { type: 9, flags: 4, streamId: 9, payload: [5] },
  ]);
});
