import { assertEquals } from "@std/assert";
import { ChunkStates } from "./_chunk_states.ts";

function chunk(first: number, size: number, encrypted = false, hasKey = false) {
  return { digest: new Uint8Array(32).fill(first), size, encrypted, hasKey };
}

Deno.test("ChunkStates remembers what is wanted of bad chunks, whatever its size and protection", () => {
  const states = new ChunkStates();
  const sizes = [1, 4095, 4 << 20, 16 << 20];
  const wanted = sizes.flatMap((size, n) => [
    chunk(n * 4, size),
    chunk(n * 4 + 1, size, true),
    chunk(n * 4 + 2, size, false, true),
    chunk(n * 4 + 3, size, true, true),
  ]);
  for (const each of wanted) states.set(each, "bad");
  assertEquals(states.badCount, wanted.length);
  for (const each of wanted) {
    assertEquals(states.of(each.digest), "bad");
    assertEquals(states.wanted(each.digest), each);
  }
  for (const each of wanted) states.set(each, each.encrypted ? "encrypted" : "plain");
  assertEquals(states.badCount, 0);
  for (const each of wanted) assertEquals(states.wanted(each.digest), undefined);
});

Deno.test("ChunkStates has nothing to say of chunks that are to be looked at again", () => {
  const states = new ChunkStates();
  assertEquals(states.of(chunk(1, 5).digest), undefined);
  states.set(chunk(1, 5), "bad");
  states.set(chunk(1, 5), "bad");
  assertEquals(states.badCount, 1);
  states.set(chunk(1, 5), "unknown");
  assertEquals([states.of(chunk(1, 5).digest), states.badCount], [undefined, 0]);
  states.set(chunk(1, 5), "under way");
  assertEquals(states.of(chunk(1, 5).digest), "under way");
});
