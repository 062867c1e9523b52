import { assert, assertEquals } from "@std/assert";
import { PaceWatch } from "./pace_watch.ts";

const pace = { stepBytes: 1000, withinMs: 100 };
const bodies = (...ids: number[]) => new Set(ids);

Deno.test("who moves enough in time is never too slow, who moves a little less is", () => {
  const enough = new PaceWatch(pace);
  const less = new PaceWatch(pace);
  let isSlow = false;
  for (let round = 0; round < 20; round++) {
    assert(!enough.check(bodies(1), round * 250, 25));
    isSlow ||= less.check(bodies(1), round * 200, 25);
  }
  assert(isSlow);
});

Deno.test("time in which nothing is owed does not count", () => {
  const watch = new PaceWatch(pace);
  for (let round = 0; round < 20; round++) {
    assert(!watch.check(bodies(1), 0, 50));
    assert(!watch.check(bodies(), 0, 50));
  }
});

Deno.test("short bodies that are completed are not slow, one that stays behind is", () => {
  const watch = new PaceWatch(pace);
  for (let round = 0; round < 20; round++) assert(!watch.check(bodies(round), round, 90));
  assert(!watch.check(bodies(100), 20, 90));
  assert(!watch.check(bodies(100, 101), 21, 90));
  assert(watch.check(bodies(100, 102), 22, 90));
  assertEquals(watch.describe(22), "2 bytes in 180 ms");
});
