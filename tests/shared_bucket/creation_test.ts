import { assertEquals, assertRejects } from "@std/assert";
import { ConflictError } from "../../lib/errors/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";

/** A listing of them has several pages. */
const OBJECTS = 1100;

async function openIn(store: MemoryObjectStore): Promise<boolean> {
  const { datastore, isNew } = await openSharedDatastore(store, "tank", { create: true });
  await datastore[Symbol.asyncDispose]();
  return isNew;
}

async function addChunks(store: MemoryObjectStore): Promise<void> {
  for (let i = 0; i < OBJECTS; i++) {
    await store.put(`tank/.chunks/0000/${i.toString(16).padStart(64, "0")}`, new Uint8Array(1));
  }
}

Deno.test("a datastore that has many chunks is not created again", async () => {
  const store = new MemoryObjectStore();
  assertEquals(await openIn(store), true);
  await addChunks(store);
  assertEquals(await openIn(store), false);
});

Deno.test("a datastore that somebody creates at the same time is taken as it is", async () => {
  const store = new MemoryObjectStore();
  store.onRequest = async (request) => {
    if (request !== "list") return;
    store.onRequest = () => {};
    await openIn(store);
    await addChunks(store);
  };
  assertEquals(await openIn(store), false);
});

Deno.test("no datastore is created where other objects lie", async () => {
  const store = new MemoryObjectStore();
  await addChunks(store);
  await assertRejects(() => openIn(store), ConflictError, 'there is "tank/.chunks/0000/');
});
