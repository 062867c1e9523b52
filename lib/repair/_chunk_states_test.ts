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
  for (const each of wanted) states.note(each, "damaged");
  assertEquals(states.badCount, wanted.length);
  for (const each of wanted) {
    assertEquals([states.of(each.digest), states.isBadFor(each)], ["bad", true]);
    assertEquals(states.wanted(each.digest), each);
  }
  for (const each of wanted) states.note(each, "good");
  assertEquals(states.badCount, 0);
  for (const each of wanted) {
    assertEquals([states.isBadFor(each), states.isGoodFor(each)], [false, true]);
    assertEquals(states.wanted(each.digest), undefined);
  }
});

Deno.test("ChunkStates has nothing to say of chunks that are to be looked at again", () => {
  const states = new ChunkStates();
  const { digest } = chunk(1, 5);
  assertEquals(states.of(digest), undefined);
  states.note(chunk(1, 5), "damaged");
  states.note(chunk(1, 5), "damaged");
  assertEquals(states.badCount, 1);
  states.forget(digest);
  assertEquals([states.of(digest), states.badCount], [undefined, 0]);
  states.begin(digest);
  assertEquals(states.of(digest), "under way");
  assertEquals([states.isBadFor(chunk(1, 5)), states.isGoodFor(chunk(1, 5))], [false, false]);
});

Deno.test("ChunkStates: what is of no use to one archive may be good for another", () => {
  const states = new ChunkStates();
  const [plain, sealed, keyed] = [chunk(1, 5), chunk(1, 5, true), chunk(1, 5, true, true)];
  states.note(plain, "otherwise");
  assertEquals([plain, sealed, keyed].map((each) => states.isBadFor(each)), [true, false, false]);
  // The key is at hand, and it was not used yet.
  assertEquals([states.isGoodFor(sealed), states.isGoodFor(keyed)], [true, false]);
  assertEquals([states.badCount, states.wanted(plain.digest)?.encrypted], [1, false]);
  states.note(keyed, "forged");
  assertEquals([plain, sealed, keyed].map((each) => states.isBadFor(each)), [true, false, true]);
  states.note(keyed, "good");
  assertEquals([plain, sealed, keyed].map((each) => states.isGoodFor(each)), [false, true, true]);
  assertEquals(states.badCount, 0);
  states.note(keyed, "wrong length");
  assertEquals([states.isGoodFor(keyed), states.badCount], [true, 0]);
});
