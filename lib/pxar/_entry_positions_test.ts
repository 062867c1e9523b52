import { assertEquals, assertRejects } from "@std/assert";
import { CorruptDataError } from "../errors/mod.ts";
import { memoryAccess } from "../../tests/support/pxar_read.ts";
import { EntryPositions } from "./_entry_positions.ts";
import * as format from "./format.ts";

const ENTRIES = 1000;
const STEP = 100;

/** A table whose items lead to multiples of 100, in no order. */
function tableOf(positions: readonly number[], goodbye: number): Uint8Array {
  const bytes = new Uint8Array(goodbye + format.HEADER_SIZE + positions.length * 24);
  const view = new DataView(bytes.buffer);
  positions.forEach((position, i) =>
    view.setBigUint64(goodbye + format.HEADER_SIZE + 24 * i + 8, BigInt(goodbye - position), true)
  );
  return bytes;
}

Deno.test("EntryPositions tells all positions in order, in a window of any size", async () => {
  const positions = Array.from({ length: ENTRIES }, (_, i) => STEP * (1 + i * 7 % ENTRIES));
  const goodbye = STEP * (ENTRIES + 1);
  const access = memoryAccess(tableOf(positions, goodbye));
  for (const windowPositions of [64, 65, 999, 1000, 5000]) {
    const memory = { held: 0 };
    using found = new EntryPositions(
      access,
      { start: 0, goodbye, length: ENTRIES },
      memory,
      windowPositions,
    );
    for (let i = 0; i < ENTRIES; i++) assertEquals(await found.after(STEP * i), STEP * (i + 1));
    assertEquals(await found.after(STEP * ENTRIES), goodbye);
    assertEquals(memory.held, Math.min(windowPositions, ENTRIES));
  }
});

Deno.test("EntryPositions refuses tables that are far larger than its window", async () => {
  const positions = Array.from({ length: ENTRIES }, (_, i) => STEP * (1 + i));
  const goodbye = STEP * (ENTRIES + 1);
  using found = new EntryPositions(
    memoryAccess(tableOf(positions, goodbye)),
    { start: 0, goodbye, length: ENTRIES },
    { held: 0 },
    16,
  );
  await assertRejects(
    async () => {
      for (let i = 0; i < ENTRIES; i++) await found.after(STEP * i);
    },
    CorruptDataError,
    "1000 entries, too many",
  );
});

Deno.test("EntryPositions gives its memory back, and takes none that others have", async () => {
  const access = memoryAccess(tableOf([STEP], 2 * STEP));
  const memory = { held: 2 ** 23 };
  const place = { start: 0, goodbye: 2 * STEP, length: 1 };
  using refused = new EntryPositions(access, place, memory);
  await assertRejects(() => refused.after(0), CorruptDataError, "too many");
  memory.held--;
  {
    using granted = new EntryPositions(access, place, memory);
    assertEquals(await granted.after(0), STEP);
    assertEquals(memory.held, 2 ** 23);
  }
  assertEquals(memory.held, 2 ** 23 - 1);
});
