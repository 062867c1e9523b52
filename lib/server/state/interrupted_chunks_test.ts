import { assertEquals } from "@std/assert";
import { DigestTable } from "../../datastore/mod.ts";
import { InterruptedChunks } from "./interrupted_chunks.ts";

function table(first: number, count: number): DigestTable {
  const chunks = new DigestTable();
  const digest = new Uint8Array(32);
  const view = new DataView(digest.buffer);
  for (let i = 0; i < count; i++) {
    view.setUint32(0, first + i);
    chunks.set(digest, 100);
  }
  return chunks;
}

Deno.test("InterruptedChunks remembers per key, for two hours, until the backup is finished", () => {
  let nowMs = 0;
  const interrupted = new InterruptedChunks(() => nowMs);
  const chunks = table(0, 3);
  interrupted.remember("a", chunks);
  interrupted.remember("empty", table(0, 0));
  assertEquals(interrupted.find("a"), chunks);
  assertEquals(interrupted.find("b"), undefined);
  assertEquals(interrupted.find("empty"), undefined);
  nowMs = 2 * 3600_000;
  assertEquals(interrupted.find("a"), undefined);
  interrupted.remember("a", chunks);
  interrupted.forget("a");
  assertEquals(interrupted.find("a"), undefined);
});

Deno.test("InterruptedChunks drops the oldest when there is too much to remember", () => {
  const interrupted = new InterruptedChunks(() => 0);
  interrupted.remember("a", table(0, 400_000));
  interrupted.remember("b", table(0, 400_000));
  interrupted.remember("c", table(0, 400_000));
  assertEquals(interrupted.find("a"), undefined);
  assertEquals(interrupted.find("b")?.count, 400_000);
  assertEquals(interrupted.find("c")?.count, 400_000);
});
