// deno-lint-ignore-file no-console
// Lists a store of any number of chunks that is nowhere in the order of its keys, with the code that the collection
// of a server runs, and tells how many requests and pages there were at a time, and what memory that took.
// Usage: deno run -A scripts/simulate_listing.ts [--chunks N] [--parallel N] [--latency MS]
import { parseArgs } from "@std/cli/parse-args";
import { listAhead } from "./scale/list_ahead.ts";
import { SimulatedObjectStore } from "./scale/simulated_object_store.ts";

const options = parseArgs(Deno.args, {
  string: ["chunks", "parallel", "latency"],
  default: { chunks: "1e8", parallel: "16", latency: "0" },
});
const chunks = Number(options.chunks);
const store = new SimulatedObjectStore("store/", { chunks, groups: 1, snapshots: 1, change: 0 });
const found = await listAhead(store, "store", {
  parallel: Number(options.parallel),
  latencyMs: Number(options.latency),
});
if (found.chunks !== chunks) throw new Error(`${found.chunks} chunks were listed`);
const peak = Number(/VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))![1]);
console.log(`chunks          ${found.chunks}, in order, in ${found.seconds.toFixed(1)} s`);
console.log(`requests        ${found.requests}, ${found.mostAtOnce} at a time`);
console.log(`pages           ${found.mostWaiting} waited at a time`);
console.log(`peak memory     ${Math.round(peak / 1024)} MiB`);
