// Run as a process of its own by tests of locks: takes one lock of a datastore, says so, and holds it
// until its standard input ends. Arguments: datastore, `writer`, `collector`, or `shared` or
// `exclusive` and the lock's name.
import { Datastore } from "../../lib/datastore/mod.ts";

const [path, kind, name] = Deno.args as [string, string, string];
const encoder = new TextEncoder();

async function acquire(datastore: Datastore): Promise<Disposable> {
  if (kind === "writer") return datastore.processLock.acquireShared();
  if (kind === "collector") return datastore.processLock.acquireExclusive();
  return await datastore.locks.acquire("", name, kind as "shared" | "exclusive");
}

using datastore = Datastore.open(path);
try {
  using _lock = await acquire(datastore);
  await Deno.stdout.write(encoder.encode("held\n"));
  for await (const _ of Deno.stdin.readable);
} catch (error) {
  await Deno.stdout.write(encoder.encode(`${(error as Error).name}\n`));
}
