// deno-lint-ignore-file no-console
// Damaged and hostile bytes against every parser of lib/http: nothing but our errors, no hang, no
// memory that grows.

import { assert } from "@std/assert";
import { concatBytes } from "../../lib/bytes/mod.ts";
import { ConnectionError, CorruptDataError, PbsError } from "../../lib/errors/mod.ts";
import { FrameReader } from "../../lib/http2/frame_reader.ts";
import { writeFrameHeader } from "../../lib/http2/frame_writer.ts";
import { HpackDecoder } from "../../lib/http2/hpack_decoder.ts";
import { HpackEncoder } from "../../lib/http2/hpack_encoder.ts";
import { type Duplex, memoryDuplexPair } from "../../lib/duplex/mod.ts";
import { Http1Client, serveConnection } from "../../lib/http1/mod.ts";
import { Http2Client, Http2Error, Http2Server } from "../../lib/http2/mod.ts";
import type { RequestHandler } from "../../lib/http/mod.ts";
import { Chance } from "../support/chance.ts";
import { liveMemoryBytes } from "../support/live_memory.ts";

/** What may stay in memory of thousands of cases, in bytes. */
const GROWTH_BYTES = 16 * 1024 * 1024;

function assertBounded(before: number): void {
  const growth = liveMemoryBytes() - before;
  assert(growth < GROWTH_BYTES, `${growth} bytes stay in memory`);
}

Deno.test("HPACK: 60,000 damaged header blocks give fields or one error", () => {
  const chance = new Chance(1);
  const before = liveMemoryBytes();
  let refused = 0;
  let decoder = new HpackDecoder({ listLimitBytes: 16384 });
  for (let i = 0; i < 60_000; i++) {
    const encoder = new HpackEncoder();
    const valid = concatBytes([0, 1].map(() =>
      encoder.encode([
        [":method", "POST"],
        [":path", `/dynamic_chunk?digest=${i}`],
        ["content-type", "application/octet-stream"],
        [`x-${i % 50}`, "value ".repeat(chance.below(20))],
      ])
    ));
    // A table of its own for every damaged valid block, a shared one for the random ones.
    if (i % 3 !== 0) decoder = new HpackDecoder({ listLimitBytes: 16384 });
    const block = i % 3 === 0 ? chance.bytes(chance.below(200)) : chance.mutate(valid);
    try {
      const { fields } = decoder.decode(block);
      const size = fields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
      assert(size <= 16384);
    } catch (error) {
      assert(error instanceof CorruptDataError, `${error}`);
      refused++;
      decoder = new HpackDecoder({ listLimitBytes: 16384 });
    }
    assert(decoder.tableSizeBytes <= 4096);
  }
  assertBounded(before);
  console.log(`60000 cases, ${refused} refused`);
  assert(refused > 10_000 && refused < 59_000);
});

Deno.test("frames: 40,000 random byte streams give frames or one error", () => {
  const chance = new Chance(2);
  const before = liveMemoryBytes();
  let refused = 0;
  let found = 0;
  const handler = {
    frame: () => void found++,
    unknownFrame: () => void found++,
    dataStart: () => {},
    data: () => {},
    dataEnd: () => void found++,
  };
  for (let i = 0; i < 40_000; i++) {
    const frames = Array.from({ length: 1 + chance.below(5) }, () => {
      const length = chance.below(60);
      const frame = new Uint8Array(9 + length);
      frame.set(chance.bytes(length), 9);
      writeFrameHeader(frame, 0, {
        length,
        type: chance.below(12),
        flags: chance.below(256),
        streamId: chance.below(8),
      });
      return frame;
    });
    const bytes = chance.mutate(concatBytes(frames));
    const reader = new FrameReader(handler);
    try {
      for (let at = 0; at < bytes.length;) {
        const size = 1 + chance.below(40);
        reader.feed(bytes.subarray(at, at + size));
        at += size;
      }
    } catch (error) {
      assert(error instanceof Http2Error && error.scope === "connection", `${error}`);
      refused++;
    }
  }
  assertBounded(before);
  console.log(`40000 cases, ${found} frames, ${refused} refused`);
  assert(found > 40_000 && refused > 1000);
});

/** Everything one end of a valid exchange sends. */
async function recorded(
  talk: (duplex: Duplex) => Promise<void>,
  other: (duplex: Duplex) => void,
  end: "client" | "server",
): Promise<Uint8Array> {
  const [left, right] = memoryDuplexPair();
  const parts: Uint8Array[] = [];
  const recording = (duplex: Duplex): Duplex => ({
    peer: "recorded",
    read: () => duplex.read(),
    write: (bytes) => {
      parts.push(bytes.slice());
      return duplex.write(bytes);
    },
    close: () => duplex.close(),
    abort: (reason) => duplex.abort(reason),
  });
  other(end === "server" ? recording(right) : right);
  await talk(end === "client" ? recording(left) : left);
  return concatBytes(parts);
}

const handler: RequestHandler = async (request) => {
  const body = await request.body.bytes(1 << 20);
  return { status: 200, headers: [["content-type", "text/plain"]], body };
};

async function http2Talk(duplex: Duplex): Promise<void> {
  const client = new Http2Client(duplex);
  await Promise.all([1, 2, 3].map(async (i) => {
    const body = new Uint8Array(100 * i).fill(i);
    const response = await client.request({ method: "POST", path: `/${i}?q=v`, body });
    await response.body.bytes(1000);
  }));
  await client.ping();
  await client.close();
}

async function http1Talk(duplex: Duplex): Promise<void> {
  const client = new Http1Client(duplex, { host: "h" });
  for (const i of [1, 2, 3]) {
    const bytes = new Uint8Array(20 * i).fill(0x60 + i);
    const body = i === 2
      ? (async function* () {
        yield await Promise.resolve(bytes);
      })()
      : bytes;
    const response = await client.request({ method: "POST", path: `/${i}`, body });
    await response.body.bytes(1000);
  }
  await client.close();
}

/** Plays damaged bytes to one end and waits until it has ended. */
async function play(
  bytes: Uint8Array,
  chance: Chance,
  end: (duplex: Duplex) => Promise<unknown>,
): Promise<void> {
  const [left, right] = memoryDuplexPair({ fragmentBytes: () => 1 + chance.below(200) });
  const ended = end(right);
  await left.write(bytes).catch(() => {});
  await left.close();
  const reading = (async () => {
    try {
      while (await left.read() !== undefined) { /* whatever it answers */ }
    } catch (error) {
      assert(error instanceof ConnectionError || error instanceof CorruptDataError, `${error}`);
    }
  })();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("hangs")), 60_000);
  });
  const error = await Promise.race([ended, late]).finally(() => clearTimeout(timer));
  assert(error === undefined || error instanceof PbsError, `${error}`);
  left.abort();
  await reading;
}

async function clientEnd(duplex: Duplex): Promise<unknown> {
  const client = new Http2Client(duplex);
  await Promise.all([1, 2, 3].map(async (i) => {
    try {
      const body = new Uint8Array(100 * i);
      const response = await client.request({ method: "POST", path: "/", body });
      await response.body.bytes(1 << 20);
    } catch (error) {
      assert(error instanceof PbsError, `${error}`);
    }
  }));
  await client.close();
  return await client.closed;
}

async function http1ClientEnd(duplex: Duplex): Promise<unknown> {
  try {
    await http1Talk(duplex);
    return undefined;
  } catch (error) {
    return error;
  }
}

const serve2 = (duplex: Duplex) => new Http2Server(duplex, handler).closed;
const serve1 = (duplex: Duplex) => serveConnection(duplex, handler);

for (
  const [name, talk, serve, from, end, count] of [
    ["HTTP/2 server", http2Talk, serve2, "client", serve2, 4000],
    ["HTTP/2 client", http2Talk, serve2, "server", clientEnd, 4000],
    ["HTTP/1.1 server", http1Talk, serve1, "client", serve1, 4000],
    ["HTTP/1.1 client", http1Talk, serve1, "server", http1ClientEnd, 4000],
  ] as const
) {
  Deno.test(`${name}: ${count} damaged exchanges end the connection in good order`, async () => {
    const valid = await recorded(talk, (duplex) => void serve(duplex), from);
    const chance = new Chance(3);
    const before = liveMemoryBytes();
    for (let i = 0; i < count; i++) await play(chance.mutate(valid), chance, end);
    assertBounded(before);
    console.log(`${count} cases`);
  });
}
