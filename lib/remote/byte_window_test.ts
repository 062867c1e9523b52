import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteWindow } from "./_byte_window.ts";

Deno.test("ByteWindow never lets more through than its size, save one alone, in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 100 }),
      fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 50 }),
      async (size, requests) => {
        const window = new ByteWindow(size);
        const started: number[] = [];
        let [used, holders] = [0, 0];
        await Promise.all(requests.map(async (bytes, index) => {
          await window.acquire(bytes);
          started.push(index);
          used += bytes;
          holders++;
          assert(used <= size || used === bytes, `${used} of ${size} by ${holders}`);
          await Promise.resolve();
          used -= bytes;
          holders--;
          window.release(bytes);
        }));
        assertEquals(started, requests.map((_, index) => index));
      },
    ),
  );
});
