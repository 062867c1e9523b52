import { assertEquals, assertNotEquals } from "@std/assert";
import { explore } from "./protocol_model.ts";
import { LEFT_OUT_RULES, type ModelSize } from "./protocol_steps.ts";

/** Whether sizes that take long are gone through as well (docs/internals/shared-bucket.md "How it was tested"). */
const isFull = Deno.env.get("PBS_CLIENT_FAULTS") === "full";

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

// 1.93 million states (20 seconds of a processor, 830 MB), then 0.56 million.
for (const [prunes, faults] of isFull ? [[1, 1], [0, 2]] as const : []) {
  Deno.test(`two collectors lose nothing with ${prunes} prunes and ${faults} faults`, () => {
    const { fault, reached } = explore({
      ...{ writers: 1, collectors: 2, collections: 2, prunes, faults },
    });
    assertEquals(fault, undefined);
    assertEquals(reached, { commit: true, deletion: true, fence: true });
  });
}

Deno.test("the model finds the fault when any one rule is left out", () => {
  for (const rule of LEFT_OUT_RULES) {
    const found = SIZES.map((size) => explore(size, rule).fault).find((fault) => fault);
    assertNotEquals(found, undefined, rule);
  }
});
