// Run as a process of its own by tests of crashes: writes a backup up to a point, says so, and waits
// to be killed. Arguments: datastore, the point.
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { makeChunk, summaryOf, uploadManifest } from "./target_conformance.ts";

const [path, point] = Deno.args as [string, string];

async function reach(name: string): Promise<void> {
  if (name !== point) return;
  await Deno.stdout.write(new TextEncoder().encode("reached\n"));
  for await (const _ of Deno.stdin.readable);
}

const repository = new LocalRepository(Datastore.open(path, { syncLevel: "none" }));
const snapshot = { type: "host" as const, id: "elsa", time: 1700000100 };
const target = await repository.beginBackup({ namespace: "", snapshot });
await reach("begun");
const chunk = await makeChunk(77, 100_000);
const writer = await target.createIndex("dynamic", "root.pxar.didx");
await writer.putChunk(chunk);
await reach("chunk");
await writer.append([{ digest: chunk.digest, offset: 0 }]);
await reach("appended");
const summary = summaryOf("dynamic", [chunk]);
await writer.close(summary);
await reach("closed");
await uploadManifest(target, { "root.pxar.didx": summary });
await reach("manifest");
await target.finish();
await reach("finished");
