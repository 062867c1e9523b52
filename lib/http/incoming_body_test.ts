import { assert, assertEquals } from "@std/assert";
import { movedBytes } from "../../tests/support/moved_bytes.ts";
import { GatheredBytes } from "./incoming_body.ts";

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
