import { assert, assertEquals, assertRejects } from "@std/assert";
import { BucketKeys, listChunkPages, prefixDigits } from "../../lib/bucket/mod.ts";
import { ConnectionError } from "../../lib/errors/mod.ts";
import type { ListedPage } from "../../lib/s3/mod.ts";
import { listAhead } from "../../scripts/scale/list_ahead.ts";
import { SimulatedObjectStore } from "../../scripts/scale/simulated_object_store.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";

const SHAPE = { chunks: 60_000, groups: 1, snapshots: 1, change: 0 };
const KEYS = new BucketKeys("store");

Deno.test("prefixes are as many as leave some pages to each", () => {
  assertEquals(prefixDigits(0), 1);
  assertEquals(prefixDigits(2000 * 256 - 1), 1);
  assertEquals(prefixDigits(2000 * 256), 2);
  assertEquals(prefixDigits(1e8), 3);
  assertEquals(prefixDigits(1e12), 6);
});

Deno.test("many listings ahead give what one gives, within the limits of requests and pages", async () => {
  const store = new SimulatedObjectStore("store/", SHAPE);
  const one: string[] = [];
  for await (const { objects } of store.list("store/.chunks/")) {
    for (const { key } of objects) one.push(key);
  }
  const many: string[] = [];
  for await (const page of listChunkPages(store, KEYS)) {
    for (const { key } of page.chunks()) many.push(key);
  }
  assertEquals(many, one);
  const limits = { parallel: 5, mostPages: 7, latencyMs: 1 };
  const { chunks, requests, mostAtOnce, mostWaiting } = await listAhead(store, "store", limits);
  assertEquals(chunks, SHAPE.chunks);
  assertEquals(mostAtOnce, 5);
  // Each listing has one in its hands beyond those that wait, and one is next in any case.
  assert(mostWaiting <= 7 + 5 + 1, `${mostWaiting}`);
  // Sixteen prefixes, each with a page that is not full, and the look at the first two.
  assert(requests <= 60 + 16 + 2, `${requests}`);
});

Deno.test("a few chunks are listed with one request, and what is no chunk is left out", async () => {
  const store = new MemoryObjectStore();
  const digest = "ab".repeat(32);
  const names = [
    digest,
    `${digest}.0.bad`,
    `${digest}.9.bad`,
    `${digest}.tmp`,
    "x",
    `${digest}.10.bad`,
  ];
  for (const [size, name] of names.entries()) {
    await store.put(`store/.chunks/abab/${name}`, new Uint8Array(size));
  }
  await store.put(`store/.chunks/abac/${digest}`, new Uint8Array(1));
  await store.put(`store/.chunks/other`, new Uint8Array(1));
  let requests = 0;
  store.onRequest = () => void requests++;
  const [page, ...others] = await Array.fromAsync(listChunkPages(store, KEYS));
  assertEquals([requests, others, page!.folder], [1, [], 0xabab]);
  assertEquals([...page!.chunks()].map(({ kind, name, key, size }) => [kind, name, key, size]), [
    ["chunk", names[0], `store/.chunks/abab/${names[0]}`, 0],
    ["bad", names[1], `store/.chunks/abab/${names[1]}`, 1],
    ["bad", names[2], `store/.chunks/abab/${names[2]}`, 2],
  ]);
  const empty = await Array.fromAsync(listChunkPages(new MemoryObjectStore(), KEYS));
  assertEquals(empty.map(({ folder }) => folder), [undefined]);
});

Deno.test("a listing that fails does so in its turn, and ends the others; who stops ends all", async () => {
  const simulated = new SimulatedObjectStore("store/", SHAPE);
  let open = 0;
  let broken = "store/.chunks/7";
  const store = {
    async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ListedPage> {
      open++;
      try {
        for await (const page of simulated.list(prefix)) {
          if (prefix === broken) throw new ConnectionError("cut off");
          yield page;
          if (signal?.aborted) return;
        }
      } finally {
        open--;
      }
    },
  };
  const digits = new Set<string>();
  await assertRejects(
    async () => {
      for await (const page of listChunkPages(store, KEYS)) {
        for (const { digest } of page.chunks()) digits.add(digest[0]!);
      }
    },
    ConnectionError,
    "cut off",
  );
  assertEquals([...digits].join(""), "0123456");
  assertEquals(open, 0);
  broken = "";
  for await (const _page of listChunkPages(store, KEYS, { mostPages: 2 })) break;
  assertEquals(open, 0);
});
