import { assertEquals } from "@std/assert";
import { memoryDuplexPair } from "../duplex/mod.ts";
import {
  headerFrames,
  pingFrame,
  rstStreamFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
  writeFrameHeader,
} from "./frame_writer.ts";
import { HpackEncoder } from "./hpack_encoder.ts";
import { Http2Client } from "./http2_client.ts";
import { Http2Error } from "./http2_error.ts";
import { FrameFlag, FrameType, HTTP2_PREFACE, Http2ErrorCode } from "./http2_format.ts";
import { Http2Server } from "./http2_server.ts";

const REPEATS = 10_000;

function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  writeFrameHeader(bytes, 0, { length: payload.length, type, flags, streamId });
  bytes.set(payload, 9);
  return bytes;
}

/** A block that puts one large field into the table and then refers to it again and again. */
function indexedBomb(references: number): Uint8Array {
  const literal = new Uint8Array(3 + 4 + 3 + 3900);
  literal.set([0x40, 1, 0x61, 0x7f, 0xbd, 0x1d]);
  literal.fill(0x62, 6, 6 + 3900);
  const block = new Uint8Array(6 + 3900 + references).fill(0xbe);
  block.set(literal.subarray(0, 6 + 3900));
  return block;
}

/** Frames that either peer may send on an open stream 1, over and over. */
const FLOODS: Readonly<Record<string, Uint8Array>> = {
  "window updates of a stream": windowUpdateFrame(1, 1),
  "window updates of the connection": windowUpdateFrame(0, 1),
  "settings": settingsFrame([[4, 100]]),
  "settings acknowledged": settingsAckFrame(),
  "pings": pingFrame(new Uint8Array(8), false),
  "pings answered": pingFrame(new Uint8Array(8), true),
  "priorities": frame(FrameType.PRIORITY, 0, 1, new Uint8Array(5)),
  "empty DATA": frame(FrameType.DATA, 0, 1, new Uint8Array(0)),
  "unknown frames": frame(0x42, 0, 1, new Uint8Array(0)),
};

/** The server's end of a connection whose client was made by hand, with a request open. */
function hostileClient(...flood: Uint8Array[]): Promise<Error | undefined> {
  const [left, right] = memoryDuplexPair();
  const server = new Http2Server(right, () => new Promise(() => {}));
  const fields = [[":method", "POST"], [":scheme", "https"], [":path", "/"]] as const;
  const send = (bytes: Uint8Array) => left.write(bytes).catch(() => {});
  send(new TextEncoder().encode(HTTP2_PREFACE));
  send(settingsFrame([]));
  send(headerFrames(1, new HpackEncoder().encode([...fields]), false, 16384));
  for (const bytes of flood) send(bytes);
  drain(left);
  return server.closed;
}

/** As {@linkcode hostileClient}, with the roles changed: the request is ours. */
function hostileServer(...flood: Uint8Array[]): Promise<Error | undefined> {
  const [left, right] = memoryDuplexPair();
  const client = new Http2Client(left);
  client.request({ method: "POST", path: "/", body: endless() }).catch(() => {});
  const send = (bytes: Uint8Array) => right.write(bytes).catch(() => {});
  send(settingsFrame([]));
  const headers = new HpackEncoder().encode([[":status", "200"]]);
  // The request must be there before it is answered.
  setTimeout(() => {
    send(headerFrames(1, headers, false, 16384));
    for (const bytes of flood) send(bytes);
  }, 10);
  drain(right);
  return client.closed;
}

async function* endless(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
  await new Promise(() => {});
}

async function drain(duplex: { read(): Promise<Uint8Array | undefined> }): Promise<void> {
  while (await duplex.read().catch(() => undefined) !== undefined);
}

function assertCalmed(error: Error | undefined, what: string): void {
  if (!(error instanceof Http2Error)) throw new Error(`${what}: ended with ${error}`);
  assertEquals(error.code, Http2ErrorCode.ENHANCE_YOUR_CALM, what);
}

for (const [role, attack] of Object.entries({ server: hostileClient, client: hostileServer })) {
  for (const [name, bytes] of Object.entries(FLOODS)) {
    Deno.test(`a ${role} ends a connection that is flooded with ${name}`, async () => {
      assertCalmed(await attack(...Array(REPEATS).fill(bytes)), name);
    });
  }

  Deno.test(`a ${role} ends a connection whose header block stands for gigabytes`, async () => {
    const flags = FrameFlag.END_HEADERS | FrameFlag.END_STREAM;
    const bomb = frame(FrameType.HEADERS, flags, 1, indexedBomb(250_000));
    assertCalmed(await attack(bomb), "an indexed bomb");
  });

  Deno.test(`a ${role} ends a connection whose header block comes in crumbs`, async () => {
    const first = frame(FrameType.HEADERS, 0, 1, new Uint8Array(0));
    const crumb = frame(FrameType.CONTINUATION, 0, 1, Uint8Array.of(0x82));
    assertCalmed(await attack(first, ...Array(REPEATS).fill(crumb)), "crumbs");
  });
}

Deno.test("resets of streams that are gone end the connection", async () => {
  assertCalmed(await hostileClient(...Array(REPEATS).fill(rstStreamFrame(1, 8))), "resets");
  assertCalmed(await hostileServer(...Array(REPEATS).fill(rstStreamFrame(1, 8))), "resets");
});

Deno.test("header lists that are too large, one after the other, end the connection", async () => {
  const flags = FrameFlag.END_HEADERS | FrameFlag.END_STREAM;
  // The first fills the table, each 3.9 KB: five are more than the 16 KiB that were announced.
  const requests = Array.from({ length: 3000 }, (_, i) => {
    const block = i === 0 ? indexedBomb(5) : new Uint8Array(6).fill(0xbe);
    return frame(FrameType.HEADERS, flags, 3 + 2 * i, block);
  });
  assertCalmed(await hostileClient(...requests), "large lists");
});

Deno.test("window updates that follow what was sent are no flood", async () => {
  const [left, right] = memoryDuplexPair();
  const total = 64 << 20;
  const server = new Http2Server(right, () => ({
    status: 200,
    body: (async function* () {
      for (let sent = 0; sent < total; sent += 1 << 20) {
        yield await Promise.resolve(new Uint8Array(1 << 20));
      }
    })(),
  }));
  // A quarter of a small window at a time: an update for every 16 KiB.
  const client = new Http2Client(left, {
    streamWindowBytes: 65_535,
    connectionWindowBytes: 65_535,
  });
  const { body } = await client.request({ method: "GET", path: "/" });
  let received = 0;
  await body.eachPiece((piece) => received += piece.length);
  assertEquals(received, total);
  await client.close();
  assertEquals(await server.closed, undefined);
});
