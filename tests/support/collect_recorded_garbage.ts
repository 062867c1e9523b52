// deno-lint-ignore-file no-console
// Run as a process of its own by tests of crashes: collects garbage, records all the while how far it is,
// and goes on after each line of its log only when it is told to by a byte. Arguments: datastore, age in
// seconds from which garbage goes.
import { collectGarbage, Datastore, localUpid } from "../../lib/datastore/mod.ts";

const RECORD_EVERY_MS = 5;
const [path, cutoff] = Deno.args as [string, string];

function log(line: string): void {
  console.log(line);
  // So that the next look at the clock records.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RECORD_EVERY_MS + 1);
  Deno.stdin.readSync(new Uint8Array(1));
}

using datastore = Datastore.open(path, { gcAccessTimeCheck: false });
await collectGarbage(datastore, {
  upid: localUpid("garbage_collection", "test"),
  log,
  recordEveryMs: RECORD_EVERY_MS,
  cutoffSeconds: Number(cutoff),
});
