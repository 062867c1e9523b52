import { assert, assertEquals } from "@std/assert";
import { ChunkTally } from "./chunk_tally.ts";

function digestOf(number: number): Uint8Array {
  const bytes = new Uint8Array(32);
  const words = new Uint32Array(bytes.buffer);
  let state = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  for (let i = 0; i < 8; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state = (state + number) >>> 0;
  }
  return bytes;
}

for (const units of [100, 70_000]) {
  Deno.test(`a tally of ${units} units keeps what is said of each chunk, as a Map does`, () => {
    const tally = new ChunkTally(units);
    const reference = new Map<number, { size: number; owner: number | undefined; last: number }>();
    for (let i = 0; i < 60_000; i++) {
      const chunk = Math.imul(i, 7919) % 20_000;
      const known = reference.get(chunk);
      const isNew = tally.add(digestOf(chunk), 1 + chunk % 5000);
      assertEquals(isNew, known === undefined);
      const unit = i % units;
      if (known === undefined) {
        assertEquals([tally.owner, tally.last], [undefined, undefined]);
        reference.set(chunk, { size: 1 + chunk % 5000, owner: unit, last: unit });
        tally.owner = unit;
        tally.stored = chunk;
      } else {
        assertEquals([tally.owner, tally.last], [known.owner, known.last]);
        if (known.owner !== unit) tally.owner = known.owner = undefined;
        known.last = unit;
      }
      tally.last = unit;
    }
    assertEquals(tally.count, reference.size);
    for (const [chunk, { size, owner, last }] of reference) {
      assert(tally.find(digestOf(chunk)));
      assertEquals([tally.size, tally.stored, tally.owner, tally.last], [size, chunk, owner, last]);
    }
    assert(!tally.find(digestOf(20_001)));
  });
}

Deno.test("a chunk takes no more than 26 bytes, whatever their number", () => {
  const tally = new ChunkTally(100);
  for (let i = 0; i < 300_000; i++) {
    tally.add(digestOf(i), 4096);
    if (i >= 50_000 && i % 10_000 === 0) {
      const each = tally.memoryBytes / tally.count;
      assert(each < 26, `${each} bytes each at ${i}`);
    }
  }
});
