import { assertEquals } from "@std/assert";
import { chunkDigest, encodeBlob } from "../blob/mod.ts";
import { ConnectionError, CorruptDataError, NotFoundError } from "../errors/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";
import { ChunkCheck } from "./chunk_check.ts";
import { type ChunkPlace, findChunk, placeOfSnapshot } from "./chunk_place.ts";

const plain = crypto.getRandomValues(new Uint8Array(5000));
const wanted = {
  digest: chunkDigest(plain),
  size: plain.length,
  encrypted: false,
  hasKey: false,
};

function placeWith(name: string, blob: Uint8Array): ChunkPlace {
  return {
    name,
    readChunk: (_digest, buffer) => {
      buffer(blob.length).set(blob);
      return Promise.resolve();
    },
  };
}

function placeThatFails(name: string, error: Error): ChunkPlace {
  return { name, readChunk: () => Promise.reject(error) };
}

Deno.test("findChunk() takes the first good one, and tells of all that are not", async () => {
  using check = new ChunkCheck(undefined);
  const good = await encodeBlob(plain, { compress: true });
  const cut = await encodeBlob(plain.subarray(1), { compress: true });
  const sealed = await encodeBlob(plain, {
    compress: true,
    encryptionKey: new Uint8Array(32).fill(1),
  });
  const refused: string[] = [];
  const found = await findChunk(
    [
      placeThatFails("without it", new NotFoundError("there is none")),
      placeThatFails("unreadable", new CorruptDataError("too long")),
      placeWith("other", cut),
      placeWith("encrypted", sealed),
      placeWith("empty", new Uint8Array()),
      placeWith("huge", new Uint8Array(17 << 20)),
      placeWith("good", good),
      placeWith("never asked", cut),
    ],
    wanted,
    check,
    ({ name }) => refused.push(name),
  );
  assertEquals([found?.place.name, found?.blob], ["good", good]);
  assertEquals(refused, ["unreadable", "other", "encrypted", "empty", "huge"]);
  assertEquals(await findChunk([placeWith("other", cut)], wanted, check, () => {}), undefined);
});

Deno.test("placeOfSnapshot() is not asked any more once its server is gone", async () => {
  using check = new ChunkCheck(undefined);
  let asked = 0;
  const source = {
    readChunk: () => {
      asked++;
      return Promise.reject(new ConnectionError("nobody answers"));
    },
  } as unknown as SnapshotSource;
  const place = placeOfSnapshot("far", source);
  for (let times = 0; times < 3; times++) await findChunk([place], wanted, check, () => {});
  assertEquals(asked, 1);
});
