import { assertEquals, assertRejects } from "@std/assert";
import { encodeBlob } from "../blob/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";
import { ChunkCache } from "./chunk_cache.ts";

const CHUNK_BYTES = 1024 * 1024;

/** A source of chunks that all have their number as content. */
async function makeSource(count: number) {
  const chunks = new Map<string, Uint8Array>();
  const digests: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const plain = new Uint8Array(CHUNK_BYTES).fill(i);
    const digest = sha256(plain);
    digests.push(digest);
    chunks.set(digest.toString(), await encodeBlob(plain, { compress: true }));
  }
  const reads: string[] = [];
  const source = {
    readChunk: async (digest: Uint8Array, buffer: (length: number) => Uint8Array) => {
      reads.push(digest.toString());
      await Promise.resolve();
      const blob = chunks.get(digest.toString())!;
      buffer(blob.byteLength).set(blob);
    },
  } as unknown as SnapshotSource;
  return { source, chunks, digests, reads };
}

const first = (bytes: Uint8Array) => bytes[0];

Deno.test("a chunk that many ask for at the same time is fetched once", async () => {
  const { source, digests, reads } = await makeSource(3);
  using cache = new ChunkCache(source);
  const values = await Promise.all(
    Array.from(
      { length: 60 },
      (_, i) =>
        cache.withChunk({ digest: digests[i % 3]!, size: CHUNK_BYTES, encrypted: false }, first),
    ),
  );
  assertEquals(values, Array.from({ length: 60 }, (_, i) => i % 3));
  assertEquals(reads.length, 3);
});

Deno.test("no more than the budget is kept, the chunk used last longest", async () => {
  const { source, digests, reads } = await makeSource(6);
  using cache = new ChunkCache(source, undefined, 3 * CHUNK_BYTES);
  const read = (i: number) =>
    cache.withChunk({ digest: digests[i]!, size: CHUNK_BYTES, encrypted: false }, first);
  for (const i of [0, 1, 2, 0, 3, 0]) assertEquals(await read(i), i);
  assertEquals(reads.length, 4, "0 was used again before room was made");
  assertEquals(await read(1), 1);
  assertEquals(reads.length, 5, "1 had to go");
  // More at the same time than can be kept.
  assertEquals(await Promise.all([0, 1, 2, 3, 4, 5].map(read)), [0, 1, 2, 3, 4, 5]);
});

Deno.test("a chunk that could not be read is asked for again", async () => {
  const { source, chunks, digests } = await makeSource(1);
  using cache = new ChunkCache(source);
  const expected = { digest: digests[0]!, size: CHUNK_BYTES, encrypted: false };
  const key = digests[0]!.toString();
  const good = chunks.get(key)!;
  chunks.set(key, good.slice(0, 20));
  await Promise.all([
    assertRejects(() => cache.withChunk(expected, first), CorruptDataError),
    assertRejects(() => cache.withChunk(expected, first), CorruptDataError),
  ]);
  chunks.set(key, good);
  assertEquals(await cache.withChunk(expected, first), 0);
});

Deno.test("a chunk that another snapshot's closed connection did not bring is read from one's own", async () => {
  const { source, digests, reads } = await makeSource(1);
  const closed = Promise.withResolvers<never>();
  const other = { readChunk: () => closed.promise } as unknown as SnapshotSource;
  using cache = new ChunkCache(undefined);
  const expected = { digest: digests[0]!, size: CHUNK_BYTES, encrypted: false };
  cache.fetch(expected, other);
  const waiting = [1, 2, 3].map(() => cache.withChunk(expected, first, source));
  const lost = assertRejects(() => cache.withChunk(expected, first, other), Error, "closed");
  closed.reject(new Error("closed"));
  assertEquals(await Promise.all(waiting), [0, 0, 0]);
  await lost;
  assertEquals(reads.length, 1);
  await assertRejects(() => cache.withChunk({ ...expected, size: 5 }, first), TypeError);
});
