import { assertEquals } from "@std/assert";
import { CheapestReuse, DEFAULT_REUSE_COSTS } from "./cheapest_reuse.ts";
import { indexOfEnds, PayloadRecorder } from "../../tests/support/payload_recorder.ts";
import { ReferenceReuse, type RunDecision } from "./reference_reuse.ts";
import type { PayloadRange, ReusePlanner } from "./reuse_planner.ts";

const KIB = 1024;
const HEADER = 16;

/** Worked example A of client-pipeline.md §3.14: 1600 files of 64 KiB in 100 chunks of 16 files. */
const exampleA = {
  ends: Array.from({ length: 100 }, (_, k) => 16 + 65_552 * 16 * (k + 1) + (k === 99 ? 16 : 0)),
  range: (i: number): PayloadRange => ({ start: 16 + 65_552 * i, end: 16 + 65_552 * (i + 1) }),
};

function replayA(recorder: PayloadRecorder, planner: ReusePlanner<string>): void {
  // The start marker.
  recorder.encode("start", 16);
  for (let i = 0; i < 1600; i++) {
    recorder.sizes.set(`f${i}`, 65_552);
    if (i === 408) continue;
    if (i !== 1000) planner.unchanged(`f${i}`, exampleA.range(i));
    else {
      planner.interrupt();
      recorder.encode("f1000", 65_552);
    }
  }
  planner.interrupt();
}

Deno.test("worked example A comes out as the official client decides", () => {
  const recorder = new PayloadRecorder(indexOfEnds(exampleA.ends));
  const decisions: RunDecision[] = [];
  replayA(recorder, new ReferenceReuse(recorder.index, recorder, (d) => decisions.push(d)));
  assertEquals(decisions.map(({ padding, total, reused }) => ({ padding, total, reused })), [
    { padding: 524_432, total: 27_269_648, reused: true },
    { padding: 589_968, total: 39_855_616, reused: true },
    { padding: 589_984, total: 39_855_632, reused: true },
  ]);
  assertEquals(recorder.injected.length, 26 + 37 + 38);
  assertEquals(recorder.injected.filter(({ chunk }) => chunk === 62).length, 2);
  assertEquals(recorder.injected[0], { chunk: 0, at: 16 });
  assertEquals(recorder.injected[25], { chunk: 25, at: 26_220_832 });
  const offsetOf = (name: string) =>
    recorder.references.find((found) => found.name === name)!.offset;
  assertEquals(
    ["f0", "f407", "f409", "f999", "f1001", "f1599"].map(offsetOf),
    [32, 26_679_696, 26_810_800, 65_486_480, 66_731_968, 105_932_064],
  );
  // The tail marker comes after this.
  assertEquals(recorder.position, 105_997_632);
});

Deno.test("worked example A costs no more by our rules", () => {
  const [theirs, ours] = [ReferenceReuse, CheapestReuse].map((Planner) => {
    const recorder = new PayloadRecorder(indexOfEnds(exampleA.ends));
    replayA(recorder, new Planner<string>(recorder.index, recorder));
    recorder.check((name) => exampleA.range(Number(name.slice(1))));
    return recorder.cost(DEFAULT_REUSE_COSTS);
  });
  assertEquals(ours! <= theirs!, true, `${ours} against ${theirs}`);
});

Deno.test("worked example B: the official client reads what we take over", () => {
  const sizes = {
    a: 1536,
    b: 600,
    c: 3072,
    d: 100,
    e: 2048,
    f: 5120,
    g: 4096,
    h: 40,
    i: 6144,
    j: 2048,
    k: 3072,
  };
  const ends = [
    1_572_896,
    5_333_056,
    7_532_640,
    12_775_536,
    16_969_856,
    23_302_304,
    25_399_472,
    28_545_232,
  ];
  const run = (
    makePlanner: (recorder: PayloadRecorder) => ReusePlanner<string>,
  ): PayloadRecorder => {
    const recorder = new PayloadRecorder(indexOfEnds(ends));
    recorder.encode("start", HEADER);
    const planner = makePlanner(recorder);
    let at = HEADER;
    for (const [name, kib] of Object.entries(sizes)) {
      const range = { start: at, end: at + HEADER + kib * KIB };
      at = range.end;
      recorder.sizes.set(name, range.end - range.start);
      if (name === "d") continue;
      if (name === "g" || name === "j") {
        planner.interrupt();
        recorder.encode(name);
      } else planner.unchanged(name, range);
    }
    planner.interrupt();
    return recorder;
  };
  const decisions: RunDecision[] = [];
  const theirs = run((sink) => new ReferenceReuse(sink.index, sink, (d) => decisions.push(d)));
  assertEquals(decisions.map(({ padding, total, reused }) => ({ padding, total, reused })), [
    { padding: 2_199_600, total: 7_532_640, reused: false },
    { padding: 4_296_736, total: 11_636_800, reused: false },
    { padding: 2_097_168, total: 8_429_616, reused: false },
    { padding: 16, total: 3_145_760, reused: true },
  ]);
  assertEquals(theirs.references.map(({ name }) => name), ["k"]);
  const ours = run((sink) => new CheapestReuse(sink.index, sink));
  assertEquals(ours.references.map(({ name }) => name).join(""), "abcefhik");
  assertEquals(ours.injected.map(({ chunk }) => chunk), [0, 1, 2, 3, 5, 7]);
});
