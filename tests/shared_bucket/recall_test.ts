import { assertEquals } from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { chunkListOf } from "../support/chunk_list_of.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { makeChunk } from "../support/target_conformance.ts";

Deno.test("chunks that an interrupted backup had sent to a shared bucket are found without reading them", async () => {
  const store = new MemoryObjectStore();
  const { datastore } = await openSharedDatastore(store, "tank", { create: true });
  await using repository = new LocalRepository(datastore);
  const chunks = await Promise.all([1, 2, 3, 4].map((byte) => makeChunk(byte, 5000)));
  const keyOf = (i: number) => {
    const name = encodeHex(chunks[i]!.digest);
    return `tank/.chunks/${name.slice(0, 4)}/${name}`;
  };
  await store.put(keyOf(0), chunks[0]!.blob);
  await store.put(keyOf(1), chunks[1]!.blob.subarray(0, 20));
  await store.put(keyOf(2), new Uint8Array(chunks[2]!.blob.length));
  const snapshot = { type: "host" as const, id: "web", time: 100 };
  const target = await repository.beginBackup({ namespace: "", snapshot });
  const reads: string[] = [];
  store.onRequest = (request, key) => void (request === "list" || reads.push(`${request} ${key}`));
  const found = await target.recallChunks!(chunkListOf(...chunks), false);
  assertEquals(encodeHex(found), encodeHex(chunks[0]!.digest));
  assertEquals(reads.sort(), [0, 1, 2].map((i) => `readStart ${keyOf(i)}`).sort());
  assertEquals(encodeHex(await target.recallChunks!(chunkListOf(chunks[0]!), true)), "");
  await target.abort();
});
