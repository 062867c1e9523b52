import { assert, assertEquals } from "@std/assert";
import { type Duplex, memoryDuplexPair } from "../duplex/mod.ts";
import type { HeaderField, RequestHandler } from "../http/mod.ts";
import { FloodGuard } from "./_flood_guard.ts";
import {
  headerFrames,
  pingFrame,
  rstStreamFrame,
  settingsFrame,
  windowUpdateFrame,
  writeFrameHeader,
} from "./frame_writer.ts";
import { HpackEncoder } from "./hpack_encoder.ts";
import { Http2Error } from "./http2_error.ts";
import { FrameFlag, FrameType, HTTP2_PREFACE, Http2ErrorCode } from "./http2_format.ts";
import type { Http2Options } from "./http2_options.ts";
import { Http2Server } from "./http2_server.ts";

const accept: RequestHandler = () => ({ status: 200 });

/** A client made by hand, for what the real one never does. */
class RawClient {
  readonly #duplex: Duplex;
  readonly hpack = new HpackEncoder();
  constructor(handler: RequestHandler, options: Http2Options = {}) {
    const [left, right] = memoryDuplexPair();
    this.#duplex = left;
    this.server = new Http2Server(right, handler, options);
    this.send(new TextEncoder().encode(HTTP2_PREFACE), settingsFrame([]));
  }
  readonly server: Http2Server;
  send(...frames: Uint8Array[]): void {
    for (const frame of frames) this.#duplex.write(frame).catch(() => {});
  }
  open(streamId: number, endStream = true, fields: HeaderField[] = []): Uint8Array {
    const block = this.hpack.encode([
      [":method", "POST"],
      [":scheme", "https"],
      [":path", "/"],
      ...fields,
    ]);
    return headerFrames(streamId, block, endStream, 16384);
  }
}

async function endCode(server: Http2Server): Promise<number> {
  const error = await server.closed;
  if (error instanceof Http2Error) return error.code;
  throw new Error(`the connection ended with ${error}`);
}

Deno.test("opening and resetting streams in a row ends the connection", async () => {
  let started = 0;
  const raw = new RawClient(() => {
    started++;
    return new Promise(() => {});
  }, { maxConcurrentStreams: 10 });
  for (let i = 0; i < 20_000; i++) {
    raw.send(raw.open(1 + 2 * i, false), rstStreamFrame(1 + 2 * i, 8));
  }
  assertEquals(await endCode(raw.server), Http2ErrorCode.ENHANCE_YOUR_CALM);
  assert(started <= 40, `${started} handlers were started`);
});

Deno.test("floods of pings, settings and empty frames end the connection", async () => {
  const empty = new Uint8Array(9);
  writeFrameHeader(empty, 0, { length: 0, type: FrameType.DATA, flags: 0, streamId: 1 });
  const continuation = new Uint8Array(9);
  writeFrameHeader(continuation, 0, {
    length: 0,
    type: FrameType.CONTINUATION,
    flags: 0,
    streamId: 3,
  });
  for (
    const flood of [pingFrame(new Uint8Array(8), false), settingsFrame([[4, 100]]), empty]
  ) {
    const raw = new RawClient(() => new Promise(() => {}));
    raw.send(raw.open(1, false));
    for (let i = 0; i < 10_000; i++) raw.send(flood);
    assertEquals(await endCode(raw.server), Http2ErrorCode.ENHANCE_YOUR_CALM);
  }
  const raw = new RawClient(() => new Promise(() => {}));
  const headers = raw.open(3, true);
  headers[4] = headers[4]! & ~FrameFlag.END_HEADERS;
  raw.send(headers);
  for (let i = 0; i < 10_000; i++) raw.send(continuation);
  assertEquals(await endCode(raw.server), Http2ErrorCode.ENHANCE_YOUR_CALM);
});

Deno.test("a header block that never ends is refused before it is stored", async () => {
  const raw = new RawClient(accept);
  const frame = new Uint8Array(9 + 16384);
  writeFrameHeader(frame, 0, { length: 16384, type: FrameType.HEADERS, flags: 0, streamId: 1 });
  raw.send(frame.slice());
  writeFrameHeader(frame, 0, {
    length: 16384,
    type: FrameType.CONTINUATION,
    flags: 0,
    streamId: 1,
  });
  for (let i = 0; i < 100; i++) raw.send(frame.slice());
  assertEquals(await endCode(raw.server), Http2ErrorCode.ENHANCE_YOUR_CALM);
});

Deno.test("more DATA than the window ends the stream or the connection", async () => {
  const raw = new RawClient(() => new Promise(() => {}), {
    streamWindowBytes: 70_000,
    connectionWindowBytes: 70_000,
  });
  const data = new Uint8Array(9 + 16384);
  writeFrameHeader(data, 0, { length: 16384, type: FrameType.DATA, flags: 0, streamId: 1 });
  raw.send(raw.open(1, false));
  for (let i = 0; i < 5; i++) raw.send(data);
  assertEquals(await endCode(raw.server), Http2ErrorCode.FLOW_CONTROL_ERROR);
});

Deno.test("windows that overflow and updates of idle streams end the connection", async () => {
  for (
    const [frames, code] of [
      [[windowUpdateFrame(0, 0x7fffffff)], Http2ErrorCode.FLOW_CONTROL_ERROR],
      [[windowUpdateFrame(0, 0)], Http2ErrorCode.PROTOCOL_ERROR],
      [[windowUpdateFrame(5, 1)], Http2ErrorCode.PROTOCOL_ERROR],
      [[rstStreamFrame(0, 0)], Http2ErrorCode.PROTOCOL_ERROR],
      [[settingsFrame([[4, 0x80000000]])], Http2ErrorCode.FLOW_CONTROL_ERROR],
      [[settingsFrame([[5, 100]])], Http2ErrorCode.PROTOCOL_ERROR],
    ] as const
  ) {
    const raw = new RawClient(accept);
    raw.send(...frames);
    assertEquals(await endCode(raw.server), code);
  }
});

Deno.test("FloodGuard lets a slow trickle pass for ever", () => {
  let nowMs = 0;
  const guard = new FloodGuard(() => nowMs);
  for (let i = 0; i < 100_000; i++) {
    nowMs += 6;
    guard.note("pings");
  }
});
