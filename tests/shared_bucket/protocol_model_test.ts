import { assertEquals, assertNotEquals } from "@std/assert";
import { explore, LEFT_OUT_RULES, type ModelSize } from "./protocol_model.ts";

/** From the cheapest to the dearest. */
const SIZES: readonly ModelSize[] = [
  { writers: 1, collectors: 1, collections: 1, prunes: 1, faults: 0 },
  { writers: 1, collectors: 2, collections: 2, prunes: 0, faults: 0 },
  { writers: 2, collectors: 1, collections: 1, prunes: 1, faults: 0 },
];

Deno.test("no interleaving of a writer, a collector and prune with crashes loses a chunk", () => {
  const { fault, reached } = explore({
    ...{ writers: 1, collectors: 1, collections: 1, prunes: 2, faults: 2 },
  });
  assertEquals(fault, undefined);
  assertEquals(reached, { commit: true, deletion: true, fence: true });
});

Deno.test("no interleaving of two writers with a collector and prune loses a chunk", () => {
  const { fault, reached } = explore({
    ...{ writers: 2, collectors: 1, collections: 1, prunes: 1, faults: 0 },
  });
  assertEquals(fault, undefined);
  assertEquals(reached, { commit: true, deletion: true, fence: true });
});

Deno.test("no interleaving of two collectors that take over from each other loses a chunk", () => {
  const { fault, reached } = explore({
    ...{ writers: 1, collectors: 2, collections: 2, prunes: 0, faults: 0 },
  });
  assertEquals(fault, undefined);
  assertEquals(reached, { commit: true, deletion: true, fence: true });
});

Deno.test("the model finds the fault when any one rule is left out", () => {
  for (const rule of LEFT_OUT_RULES) {
    const found = SIZES.map((size) => explore(size, rule).fault).find((fault) => fault);
    assertNotEquals(found, undefined, rule);
  }
});
