// deno-lint-ignore-file no-console
// Marks and lists a store of any number of chunks that is nowhere, with the code that a collection runs,
// and tells how fast that was and what memory it took.
// Usage: deno run -A scripts/simulate_collection.ts [--chunks N] [--groups N] [--snapshots N]
//   [--change PERCENT] [--budget MIB] [--folder DIR] [--json]
import { parseArgs } from "@std/cli/parse-args";
import { markAndCompare, type Times } from "./scale/mark_and_compare.ts";
import { SimulatedObjectStore } from "./scale/simulated_object_store.ts";

const options = parseArgs(Deno.args, {
  string: ["chunks", "groups", "snapshots", "change", "budget", "folder"],
  boolean: ["json"],
  default: { chunks: "1e8", groups: "100", snapshots: "10", change: "1", budget: "512" },
});
const [chunks, groups, snapshots] = [options.chunks, options.groups, options.snapshots].map(Number);
const change = Number(options.change) / 100;
const store = new SimulatedObjectStore("store/", {
  ...{ chunks: chunks!, groups: groups!, snapshots: snapshots!, change },
});
const { entries, kept, spilledBytes, counters, times } = await markAndCompare(store, "store/", {
  budgetBytes: Number(options.budget) * 2 ** 20,
  folder: options.folder,
});
const peak = Number(/VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))![1]);
const millions = (number: number) => `${(number / 1e6).toFixed(2)} million`;
const timed = ({ wall, processor }: Times, count: number) => {
  const rate = `${millions(count / processor)} each`;
  return `${wall.toFixed(1)} s, ${processor.toFixed(1)} processor seconds, ${rate}`;
};
const { list, get, remove } = store.requests;
if (options.json) {
  const figures = { entries, kept, spilledBytes, counters, times, peakBytes: peak * 1024 };
  console.log(JSON.stringify(figures));
} else {
  console.log(`chunks          ${millions(chunks!)}, ${millions(store.used)} in use`);
  console.log(`index entries   ${millions(entries)} in ${groups! * snapshots!} indexes`);
  console.log(
    `kept            ${millions(kept)}, ${Math.round(spilledBytes / 2 ** 20)} MiB on disk`,
  );
  console.log(`making indexes  ${timed(times.read, entries)}`);
  console.log(`marking         ${timed(times.mark, entries)}`);
  console.log(`listing         ${timed(times.list, chunks!)}`);
  console.log(`requests        ${list} lists, ${get} reads, ${remove} removals`);
  console.log(
    `result          ${counters.referenced} referenced, ${counters.unreferenced} not, ${counters.missing} missing`,
  );
  console.log(`peak memory     ${Math.round(peak / 1024)} MiB`);
}
if (counters.referenced !== store.used || counters.missing !== 0) {
  throw new Error(`${store.used} chunks are in use`);
}
