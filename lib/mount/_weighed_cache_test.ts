import { assertEquals } from "@std/assert";
import { WeighedCache } from "./_weighed_cache.ts";

Deno.test("what was used last stays, and no more than the budget", () => {
  const cache = new WeighedCache<number, string>(100);
  for (let key = 0; key < 1000; key++) {
    cache.get(7);
    cache.set(key, `value ${key}`, 10);
  }
  assertEquals(cache.get(7), "value 7");
  const kept = Array.from({ length: 1000 }, (_, key) => key).filter((key) => cache.has(key));
  assertEquals(kept.length <= 11, true, `${kept.length} are kept`);
  assertEquals(kept.at(-1), 999);
  cache.delete(999);
  assertEquals([cache.has(999), cache.get(999)], [false, undefined]);
});
