import { assert, assertEquals, assertRejects } from "@std/assert";
import { setFileTimes } from "../../ffi/posix_files.ts";
import { chunkDigest, encodeBlob } from "../../lib/blob/mod.ts";
import { BucketDatastore, type CreateBucketDatastore } from "../../lib/bucket/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import type { ChunkStore } from "../../lib/datastore/mod.ts";
import { ConflictError, CorruptDataError, NotFoundError } from "../../lib/errors/mod.ts";
import type { NewChunk } from "../../lib/repository/mod.ts";
import { BucketWorld, QUICK } from "../support/bucket_world.ts";
import { makeChunk, readChunk } from "../support/target_conformance.ts";

/** A store with its bucket and the files of its cache. */
interface ChunkWorld {
  readonly world: BucketWorld;
  readonly chunks: ChunkStore;
  readonly requests: string[];
  /** Size of the file of a chunk, undefined if there is none. */
  size(chunk: NewChunk): number | undefined;
  path(chunk: NewChunk): string;
  key(chunk: NewChunk): string;
}

async function withChunks(
  body: (world: ChunkWorld) => Promise<void>,
  options: Partial<CreateBucketDatastore> = {},
): Promise<void> {
  await using world = await BucketWorld.make();
  const place = world.place();
  await using opened = await BucketDatastore.create(place, { ...QUICK, ...options });
  const requests: string[] = [];
  world.objects.onRequest = (request) => void requests.push(request);
  const name = (chunk: NewChunk) => {
    const hex = encodeHex(chunk.digest);
    return `.chunks/${hex.slice(0, 4)}/${hex}`;
  };
  const path = (chunk: NewChunk) => `${place.cachePath}/${name(chunk)}`;
  await body({
    world,
    chunks: opened.datastore.chunks,
    requests,
    path,
    key: (chunk) => `store/${name(chunk)}`,
    size: (chunk) => {
      try {
        return Deno.lstatSync(path(chunk)).size;
      } catch {
        return undefined;
      }
    },
  });
}

function accessTime(path: string): number {
  return Math.floor(Deno.statSync(path).atime!.getTime() / 1000);
}

Deno.test("a chunk is put into the bucket before the cache says that it is there", () =>
  withChunks(async ({ chunks, requests, size, world }) => {
    const chunk = await makeChunk(1, 1000);
    let known: number | undefined = 0;
    world.objects.onRequest = (request) => {
      requests.push(request);
      known = size(chunk);
    };
    const stored = chunk.blob.byteLength;
    assertEquals(await chunks.insert(chunk.digest, chunk.blob), {
      duplicate: false,
      storedSize: stored,
    });
    assertEquals([known, size(chunk), requests], [undefined, stored, ["put"]]);
    assertEquals((await chunks.insert(chunk.digest, chunk.blob)).duplicate, true);
    assertEquals(requests, ["put"], "a duplicate asks for nothing");
    world.objects.onRequest = () => {
      throw new NotFoundError("the bucket is gone");
    };
    const other = await makeChunk(2, 1000);
    await assertRejects(() => chunks.insert(other.digest, other.blob), NotFoundError);
    assertEquals(size(other), undefined);
  }));

Deno.test("an upload renews the access time, of a chunk that is cached and of one that is not", () =>
  withChunks(async ({ chunks, path }) => {
    const [cached, marker] = [await makeChunk(1, 1000), await makeChunk(2, 1000)];
    await chunks.insert(cached.digest, cached.blob);
    await chunks.insert(marker.digest, marker.blob, { noCache: true });
    for (const chunk of [cached, marker]) {
      assertEquals(setFileTimes(path(chunk), 1000, 1000), 0);
      assertEquals((await chunks.insert(chunk.digest, chunk.blob)).duplicate, true);
      assert(accessTime(path(chunk)) > 1000);
    }
  }));

Deno.test("a chunk that bypasses the cache leaves a marker, and is read from the bucket", () =>
  withChunks(async ({ chunks, requests, size }) => {
    const chunk = await makeChunk(1, 1000);
    await chunks.insert(chunk.digest, chunk.blob, { noCache: true });
    assertEquals(size(chunk), 0);
    assertEquals(await chunks.stat(chunk.digest) !== undefined, true);
    assertEquals((await chunks.stat(chunk.digest))!.size, undefined);
    assertEquals(
      await readChunk({ readChunk: chunks.read.bind(chunks) }, chunk.digest),
      chunk.blob,
    );
    assertEquals(size(chunk), chunk.blob.byteLength, "what was read is kept");
    assertEquals(
      await readChunk({ readChunk: chunks.read.bind(chunks) }, chunk.digest),
      chunk.blob,
    );
    assertEquals(requests, ["put", "get"]);
  }));

Deno.test("an object that somebody else has stored is a duplicate, whose content is not ours", () =>
  withChunks(async ({ chunks, key, size, world }) => {
    const chunk = await makeChunk(1, 1000);
    await world.objects.put(key(chunk), chunk.blob);
    assertEquals((await chunks.insert(chunk.digest, chunk.blob)).duplicate, true);
    assertEquals(size(chunk), 0);
  }));

Deno.test("contents that were used longest ago become markers when there are too many bytes", async () => {
  const all = await Promise.all([1, 2, 3].map((byte) => noise(byte, 3000)));
  const limit = all[0]!.blob.byteLength * 2 + 10;
  await withChunks(async ({ chunks, size }) => {
    const [first, second, third] = all as [NewChunk, NewChunk, NewChunk];
    for (const chunk of [first, second]) await chunks.insert(chunk.digest, chunk.blob);
    await readChunk({ readChunk: chunks.read.bind(chunks) }, first.digest);
    await chunks.insert(third.digest, third.blob);
    assertEquals(all.map((chunk) => size(chunk)! > 0), [true, false, true]);
    assertEquals(
      await readChunk({ readChunk: chunks.read.bind(chunks) }, second.digest),
      second.blob,
    );
    assertEquals(all.map((chunk) => size(chunk)! > 0), [false, true, true]);
  }, { maxCacheBytes: limit });
});

Deno.test("a damaged content is fetched anew, by a reader and by a verification", () =>
  withChunks(async ({ chunks, path, requests, size }) => {
    const chunk = await makeChunk(1, 1000);
    await chunks.insert(chunk.digest, chunk.blob);
    for (const read of ["read", "readOriginal"] as const) {
      for (const damage of [chunk.blob.slice(0, 20), flipped(chunk.blob), new Uint8Array(7)]) {
        requests.length = 0;
        Deno.writeFileSync(path(chunk), damage);
        const got = await readChunk({ readChunk: chunks[read].bind(chunks) }, chunk.digest);
        assertEquals([got, requests], [chunk.blob, ["get"]]);
        assertEquals(Deno.readFileSync(path(chunk)), chunk.blob);
      }
    }
    assertEquals(size(chunk), chunk.blob.byteLength);
  }));

Deno.test("a damaged object is never kept, and its chunk is corrupt", () =>
  withChunks(async ({ chunks, key, size, world }) => {
    const chunk = await makeChunk(1, 1000);
    await chunks.insert(chunk.digest, chunk.blob, { noCache: true });
    for (const content of [flipped(chunk.blob), new Uint8Array(), new Uint8Array(2 ** 25)]) {
      await world.objects.put(key(chunk), content);
      for (const read of ["read", "readOriginal"] as const) {
        await assertRejects(
          () => readChunk({ readChunk: chunks[read].bind(chunks) }, chunk.digest),
          CorruptDataError,
        );
      }
      assertEquals(size(chunk), 0);
    }
    await world.objects.remove(key(chunk));
    await assertRejects(
      () => readChunk({ readChunk: chunks.readOriginal.bind(chunks) }, chunk.digest),
      CorruptDataError,
      "could not fetch object",
    );
    const unknown = await makeChunk(2, 1000);
    await assertRejects(
      () => readChunk({ readChunk: chunks.read.bind(chunks) }, unknown.digest),
      NotFoundError,
      "could not fetch object",
    );
    assertEquals(size(unknown), undefined);
  }));

Deno.test("a chunk that is read and was not known becomes known", () =>
  withChunks(async ({ chunks, key, size, world }) => {
    const chunk = await makeChunk(1, 1000);
    await world.objects.put(key(chunk), chunk.blob);
    await readChunk({ readChunk: chunks.readOriginal.bind(chunks) }, chunk.digest);
    assertEquals(size(chunk), 0);
    await readChunk({ readChunk: chunks.read.bind(chunks) }, chunk.digest);
    assertEquals(size(chunk), chunk.blob.byteLength);
  }));

Deno.test("an encrypted chunk under the digest of plain data is replaced, the reverse refused", () =>
  withChunks(async ({ chunks, key, world }) => {
    const chunk = await makeChunk(1, 1000);
    const encrypted = new Uint8Array(100);
    encrypted.set([123, 103, 133, 190, 34, 45, 76, 240]);
    await chunks.insert(chunk.digest, encrypted);
    assertEquals((await chunks.insert(chunk.digest, chunk.blob)).duplicate, false);
    assertEquals((await world.objects.get(key(chunk)))!.content, chunk.blob);
    await assertRejects(() => chunks.insert(chunk.digest, encrypted), ConflictError, "unencrypted");
  }));

Deno.test("a chunk set aside is copied, and its object replaced by the next upload, even after a crash", () =>
  withChunks(async ({ chunks, key, path, size, world }) => {
    const chunk = await makeChunk(1, 1000);
    await chunks.insert(chunk.digest, chunk.blob);
    const bad = flipped(chunk.blob);
    await world.objects.put(key(chunk), bad);
    const { inode } = (await chunks.stat(chunk.digest))!;
    assertEquals(await chunks.setAside(chunk.digest, inode + 1n), undefined, "another file");
    world.objects.onRequest = (request) => {
      if (request === "remove") throw new NotFoundError("cut off");
    };
    await assertRejects(() => chunks.setAside(chunk.digest, inode), NotFoundError);
    world.objects.onRequest = () => {};
    assertEquals(size(chunk), undefined);
    assertEquals(Deno.statSync(`${path(chunk)}.0.bad`).size, chunk.blob.byteLength);
    assertEquals((await world.objects.get(`${key(chunk)}.0.bad`))!.content, bad);
    assertEquals((await world.objects.get(key(chunk)))!.content, bad, "still there");
    await chunks.insert(chunk.digest, chunk.blob);
    assertEquals((await world.objects.get(key(chunk)))!.content, chunk.blob);
  }));

Deno.test("of the same chunk many times at once, one is uploaded", () =>
  withChunks(async ({ chunks, requests }) => {
    const chunk = await makeChunk(1, 1000);
    const results = await Promise.all(
      Array.from({ length: 8 }, () => chunks.insert(chunk.digest, chunk.blob)),
    );
    assertEquals(results.filter(({ duplicate }) => !duplicate).length, 1);
    assertEquals(requests, ["put"]);
  }));

function flipped(blob: Uint8Array): Uint8Array {
  const copy = blob.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
}

/** A chunk that compresses to nothing smaller. */
async function noise(seed: number, length: number): Promise<NewChunk> {
  let state = seed;
  const plain = Uint8Array.from(
    { length },
    () => (state = (state * 1103515245 + 12345) >>> 0) >>> 24,
  );
  return {
    digest: chunkDigest(plain),
    size: length,
    blob: await encodeBlob(plain, { compress: false }),
  };
}
