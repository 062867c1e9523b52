import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { readIndex } from "../../lib/datastore/mod.ts";
import { markAndCompare } from "../../scripts/scale/mark_and_compare.ts";
import { SimulatedObjectStore } from "../../scripts/scale/simulated_object_store.ts";

const SHAPE = { chunks: 60_000, groups: 7, snapshots: 5, change: 0.02 };

Deno.test("the simulated store lists its chunks in order, and the same by prefixes", async () => {
  const store = new SimulatedObjectStore("store/", SHAPE);
  const keysOf = async (prefix: string) => {
    const keys: string[] = [];
    for await (const { objects } of store.list(`store/.chunks/${prefix}`)) {
      for (const { key } of objects) keys.push(key);
    }
    return keys;
  };
  const all = await keysOf("");
  assertEquals(all.length, SHAPE.chunks);
  assert(all.every((key, i) => i === 0 || all[i - 1]! < key));
  for (const prefix of ["0", "f", "7b", "a91", "ffff/"]) {
    const whole = `store/.chunks/${prefix}`;
    assertEquals(await keysOf(prefix), all.filter((key) => key.startsWith(whole)));
  }
});

Deno.test("the simulated snapshots refer to chunks that are there, and share most of them", async () => {
  const store = new SimulatedObjectStore("store/", SHAPE);
  const all = new Set<string>();
  for (let group = 0; group < SHAPE.groups; group++) {
    let before = new Set<string>();
    for (let snapshot = 0; snapshot < SHAPE.snapshots; snapshot++) {
      const key = store.indexKey(group, snapshot);
      const index = readIndex((await store.get(key))!.content, key);
      const digests = new Set<string>();
      for (let i = 0; i < index.chunkCount; i++) digests.add(encodeHex(index.digestAt(i)));
      if (snapshot > 0) assert(before.intersection(digests).size > digests.size * 0.97);
      before = digests;
      for (const digest of digests) all.add(digest);
    }
  }
  assertEquals(all.size, store.used);
  for await (const { objects } of store.list("store/.chunks/")) {
    for (const { key } of objects) all.delete(key.slice(-64));
  }
  assertEquals(all.size, 0);
});

Deno.test("marking and listing find the same in memory and on disk", async () => {
  for (const budgetBytes of [2 ** 29, 2 ** 20]) {
    const store = new SimulatedObjectStore("store/", SHAPE);
    const { entries, spilledBytes, counters } = await markAndCompare(store, "store/", {
      budgetBytes,
    });
    assertEquals(entries, store.entries);
    assertEquals(spilledBytes > 0, budgetBytes === 2 ** 20);
    const { referenced, unreferenced, missing } = counters;
    const unused = SHAPE.chunks - store.used;
    assertEquals([referenced, unreferenced, missing], [store.used, unused, 0]);
    assertEquals(store.removed, unused);
  }
});
