// Writes one file of the newest snapshot to the standard output; only its chunks are read.

import { openRepository } from "../mod.ts";

const [store, path] = Deno.args;
if (store === undefined || path === undefined) throw new Error("usage: cat.ts STORE PATH");

await using repository = await openRepository(store);
const snapshot = await repository.snapshot("host/example/latest");
await using archive = snapshot.archive("folder.pxar");
await archive.stream(path).pipeTo(Deno.stdout.writable, { preventClose: true });
