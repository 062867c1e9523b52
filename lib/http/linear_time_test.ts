import { assert, assertEquals } from "@std/assert";
import { trimText } from "../bytes/mod.ts";
import { parseFields, parseRequestLine } from "./_http1_head.ts";
import { Http1Reader } from "./_http1_reader.ts";
import { Http2Stream } from "./_http2_stream.ts";
import { ReceivedMemory } from "./_received_memory.ts";
import { ReceiveWindow } from "./_receive_window.ts";
import { GatheredBytes } from "./incoming_body.ts";
import { memoryDuplexPair } from "./memory_duplex.ts";

/** Long after all that takes linear time. */
const LATE_MS = 30_000;

/** Bytes that `set` moves while something runs. */
async function movedBytes(run: () => Promise<unknown>): Promise<number> {
  const { set } = Uint8Array.prototype;
  let moved = 0;
  Uint8Array.prototype.set = function (source, offset) {
    moved += source.length;
    return set.call(this, source, offset);
  };
  try {
    await run();
  } finally {
    Uint8Array.prototype.set = set;
  }
  return moved;
}

Deno.test("a head that comes byte by byte is moved in proportion to its length", async () => {
  const moved = async (length: number) => {
    let sent = 0;
    const bytes = new TextEncoder().encode(`GET / HTTP/1.1\r\nx: ${"y".repeat(length)}\r\n\r\n`);
    const reader = new Http1Reader({
      peer: "a peer",
      read: () => Promise.resolve(bytes.subarray(sent, ++sent)),
      write: () => Promise.resolve(),
      close: () => Promise.resolve(),
      abort: () => {},
    });
    return await movedBytes(() => reader.head(1 << 20));
  };
  const [once, fourTimes] = [await moved(10_000), await moved(40_000)];
  assert(fourTimes < 5 * once, `${once} and ${fourTimes} bytes were moved`);
});

Deno.test("blanks within a field's value take no time", () => {
  // As a pattern with two ways to see a blank this took minutes.
  const startedMs = performance.now();
  const value = `x${" ".repeat(399_000)}x`;
  assertEquals(parseFields([`a: \t${value} \t`]).get("a"), value);
  assertEquals(trimText(" ".repeat(399_000), " "), "");
  assertEquals(parseRequestLine(`GET /${"a".repeat(399_000)} HTTP/1.1`).method, "GET");
  assert(performance.now() - startedMs < LATE_MS);
});

Deno.test("a body in pieces of one byte takes the memory of its bytes", async () => {
  const pieces = 100_000;
  const gathered = new GatheredBytes(1 << 20);
  const moved = await movedBytes(() => {
    for (let i = 0; i < pieces; i++) gathered.add(Uint8Array.of(i));
    return Promise.resolve();
  });
  assert(moved < 4 * pieces, `${moved} bytes were moved`);
  assertEquals(gathered.take(), Uint8Array.from({ length: pieces }, (_, i) => i));
  assert(!new GatheredBytes(10).add(new Uint8Array(11)));
});

Deno.test("small pieces that wait on a stream share memory", async () => {
  const [left] = memoryDuplexPair();
  const stream = new Http2Stream(
    1,
    {
      memory: new ReceivedMemory(left),
      connectionWindow: new ReceiveWindow(1 << 20),
      returnCredit: () => {},
      cancelBody: () => {},
    },
    1 << 20,
    1 << 20,
  );
  const length = 50_000;
  for (let i = 0; i < length; i++) stream.body.push(Uint8Array.of(i));
  stream.body.end();
  const parts: Uint8Array[] = [];
  for (let part = await stream.body.read(); part; part = await stream.body.read()) parts.push(part);
  assert(parts.length < length / 1000, `${parts.length} pieces`);
  const whole = parts.flatMap((part) => [...part]);
  assertEquals(whole, Array.from({ length }, (_, i) => i % 256));
});
