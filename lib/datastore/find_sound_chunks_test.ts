import { assertEquals } from "@std/assert";
import { chunkListOf } from "../../tests/support/chunk_list_of.ts";
import { makeChunk } from "../../tests/support/target_conformance.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { encodeHex } from "../bytes/mod.ts";
import { findSoundChunks } from "./_find_sound_chunks.ts";
import { Datastore } from "./datastore.ts";

Deno.test("findSoundChunks() finds chunks that lie there as they were written, and no others", async () => {
  await using dir = await TempDir.make("/dev/shm");
  using datastore = Datastore.create(`${dir.path}/store`, { chunkFoldersOnDemand: true });
  const { chunks: store } = datastore;
  const chunks = await Promise.all(
    Array.from({ length: 9 }, (_, i) => makeChunk(i + 1, 5000 + i)),
  );
  for (const { digest, blob } of chunks.slice(0, 8)) await store.insert(digest, blob);
  const pathOf = (i: number) => {
    const hex = encodeHex(chunks[i]!.digest);
    return `${dir.path}/store/.chunks/${hex.slice(0, 4)}/${hex}`;
  };
  // What crashes, bad disks and people do to files.
  await Deno.writeFile(pathOf(1), new Uint8Array());
  await Deno.writeFile(pathOf(2), new Uint8Array(chunks[2]!.blob.length));
  const flipped = chunks[3]!.blob.slice();
  flipped[flipped.length - 1]! ^= 1;
  await Deno.writeFile(pathOf(3), flipped);
  await Deno.writeFile(pathOf(4), chunks[4]!.blob.subarray(0, 20));
  await Deno.remove(pathOf(5));
  await Deno.remove(pathOf(6));
  await Deno.mkdir(pathOf(6));
  await Deno.utime(pathOf(0), 1, 1);
  const found = await findSoundChunks(store, chunkListOf(...chunks), false);
  assertEquals(
    Array.from({ length: found.count }, (_, i) => found.digestAt(i)),
    [chunks[0]!.digest, chunks[7]!.digest],
  );
  assertEquals([found.sizeAt(1), found.storedSizeAt(1)], [5007, chunks[7]!.blob.length]);
  assertEquals(
    (await store.stat(chunks[0]!.digest))!.accessTime > 1_000_000,
    true,
    "marked as used",
  );
  assertEquals((await findSoundChunks(store, chunkListOf(...chunks), true)).count, 0);
});
