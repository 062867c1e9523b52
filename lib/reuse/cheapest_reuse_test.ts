import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { indexOfEnds, PayloadRecorder } from "../../tests/support/payload_recorder.ts";
import { CheapestReuse } from "./cheapest_reuse.ts";

const HEADER = 16;
const COSTS = { paddingByte: 1, chunk: 16 };

/** Sizes of files that lie one after the other in a previous payload stream, with their headers. */
function layOut(sizes: readonly number[]): { start: number; end: number }[] {
  let at = HEADER;
  return sizes.map((size) => {
    const start = at;
    at += size;
    return { start, end: at };
  });
}

Deno.test("an unchanged tree is taken over whole, with nothing but the start marker as padding", () => {
  const files = layOut([100, 200, 300, 400]);
  const recorder = new PayloadRecorder(indexOfEnds([316, 616, 1032]));
  const planner = new CheapestReuse<string>(recorder.index, recorder, COSTS);
  for (const [i, range] of files.entries()) planner.unchanged(`f${i}`, range);
  planner.interrupt();
  assertEquals(recorder.steps, [
    "f0 16",
    "f1 116",
    "inject 0",
    "f2 0",
    "inject 1",
    "f3 0",
    "inject 2",
  ]);
});

Deno.test("around a changed file the smaller part of its chunk is read again", () => {
  // One chunk of ten files; the third has changed: two before it, seven after it.
  const files = layOut(Array(10).fill(1000));
  const recorder = new PayloadRecorder(indexOfEnds([10_016]));
  const planner = new CheapestReuse<string>(recorder.index, recorder, COSTS);
  for (const [i, range] of files.entries()) {
    if (i !== 2) planner.unchanged(`f${i}`, range);
    else {
      planner.interrupt();
      recorder.encode("changed");
    }
  }
  planner.interrupt();
  assertEquals(recorder.steps.slice(0, 3), ["encode f0", "encode f1", "encode changed"]);
  assertEquals(recorder.steps.slice(3, 5), ["f3 3016", "f4 4016"]);
  assertEquals(recorder.steps.at(-1), "inject 0");
});

Deno.test("a chunk with little in use is not taken over", () => {
  const recorder = new PayloadRecorder(indexOfEnds([100_000]));
  const planner = new CheapestReuse<string>(recorder.index, recorder, COSTS);
  planner.unchanged("a", { start: 500, end: 1000 });
  planner.unchanged("b", { start: 50_000, end: 60_000 });
  planner.interrupt();
  assertEquals(recorder.steps, ["encode a", "encode b"]);
});

Deno.test("entries come out in order, whatever is decided", () => {
  const recorder = new PayloadRecorder(indexOfEnds([1000, 2000]));
  const planner = new CheapestReuse<string>(recorder.index, recorder, COSTS);
  planner.other("d1");
  planner.unchanged("a", { start: 16, end: 900 });
  planner.other("d2");
  planner.other("d3");
  planner.unchanged("b", { start: 900, end: 1900 });
  planner.other("d4");
  assertEquals(planner.waiting > 0, true);
  planner.relieve();
  assertEquals(planner.waiting, 0);
  assertEquals(recorder.steps, ["d1", "a 16", "d2", "d3", "b 900", "inject 0", "d4"]);
  planner.unchanged("c", { start: 1900, end: 2000 });
  planner.interrupt();
  assertEquals(recorder.steps.slice(7), ["c 900", "inject 1"]);
});

/** The least that any choice of reused files costs, by trying all of them. */
function leastCost(
  ends: readonly number[],
  files: readonly ({ start: number; end: number } | "changed")[],
): number {
  const index = indexOfEnds(ends);
  const choices = files.filter((file) => file !== "changed").length;
  let least = Infinity;
  for (let mask = 0; mask < 1 << choices; mask++) {
    let cost = 0;
    let held = -1;
    let heldEnd = 0;
    let bit = 0;
    for (const file of files) {
      if (file === "changed") {
        held = -1;
        continue;
      }
      const size = file.end - file.start;
      if ((mask >> bit++ & 1) === 0) {
        cost += size;
        held = -1;
        continue;
      }
      const first = index.findChunk(file.start)!;
      const last = index.findChunk(file.end - 1)!;
      for (let chunk = first; chunk <= last; chunk++) {
        if (chunk === held && file.start >= heldEnd) continue;
        cost += index.endOf(chunk) - index.startOf(chunk) + COSTS.chunk;
      }
      cost -= size;
      held = last;
      heldEnd = file.end;
    }
    least = Math.min(least, cost);
  }
  return least;
}

Deno.test("no choice of files to reuse is cheaper than the one that was made", () => {
  const change = fc.array(
    fc.tuple(
      fc.integer({ min: 16, max: 90 }),
      fc.constantFrom("keep", "keep", "keep", "change", "drop"),
    ),
    { minLength: 1, maxLength: 11 },
  );
  const cuts = fc.array(fc.integer({ min: 20, max: 300 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(change, cuts, (entries, pieces) => {
      const ranges = layOut(entries.map(([size]) => size));
      const total = ranges.at(-1)!.end + HEADER;
      const ends: number[] = [];
      for (let at = pieces[0]!, i = 1; at < total; at += pieces[i++ % pieces.length]!) {
        ends.push(at);
      }
      ends.push(total);
      const recorder = new PayloadRecorder(indexOfEnds(ends));
      const planner = new CheapestReuse<string>(recorder.index, recorder, COSTS);
      const files: ({ start: number; end: number } | "changed")[] = [];
      for (const [i, [, kind]] of entries.entries()) {
        if (kind === "drop") continue;
        if (kind === "change") {
          planner.interrupt();
          recorder.encode(`f${i}`, 0);
          files.push("changed");
        } else {
          planner.unchanged(`f${i}`, ranges[i]!);
          recorder.sizes.set(`f${i}`, ranges[i]!.end - ranges[i]!.start);
          files.push(ranges[i]!);
        }
      }
      planner.interrupt();
      assertEquals(recorder.cost(COSTS), leastCost(ends, files));
      // Every reference leads to where the injected chunks put the file.
      recorder.check((name) => ranges[Number(name.slice(1))]!);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("the number of waiting entries stays small when nothing changes", () => {
  const sizes = Array.from({ length: 20_000 }, (_, i) => 100 + (i * 7919) % 5000);
  const files = layOut(sizes);
  const ends: number[] = [];
  for (let at = 60_000; at < files.at(-1)!.end; at += 50_000 + at % 20_000) ends.push(at);
  ends.push(files.at(-1)!.end + HEADER);
  const recorder = new PayloadRecorder(indexOfEnds(ends));
  const planner = new CheapestReuse<string>(recorder.index, recorder);
  let most = 0;
  for (const [i, range] of files.entries()) {
    planner.unchanged(`f${i}`, range);
    most = Math.max(most, planner.waiting);
  }
  planner.interrupt();
  assert(most < 200, `${most} waited`);
});

Deno.test("a chunk with more files than may wait is taken over all the same", () => {
  const files = layOut(Array(60_000).fill(16));
  const ends = [files.at(-1)!.end + HEADER];
  const recorder = new PayloadRecorder(indexOfEnds(ends));
  const planner = new CheapestReuse<string>(recorder.index, recorder);
  for (const range of files) {
    planner.unchanged("f", range);
    if (planner.waiting > 1000) planner.relieve();
  }
  planner.interrupt();
  assertEquals(recorder.injected, [{ chunk: 0, at: 0 }]);
  assertEquals(recorder.references.length, files.length);
});
