import { assert, assertEquals } from "@std/assert";
import { memoryDuplexPair } from "../duplex/mod.ts";
import { Http2Stream } from "./_http2_stream.ts";
import { ReceivedMemory } from "./_received_memory.ts";
import { ReceiveWindow } from "./_receive_window.ts";

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
