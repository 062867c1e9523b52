import { assert, assertEquals, assertRejects } from "@std/assert";
import { setFileTimes } from "../../ffi/posix_files.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { type GcStatus, type LocalRepository, readGcStatus } from "../../lib/datastore/mod.ts";
import { PbsError } from "../../lib/errors/mod.ts";
import type { NewChunk } from "../../lib/repository/mod.ts";
import { type BucketWorld, withBucketRepository } from "../support/bucket_world.ts";
import { ageChunks } from "../support/golden_story.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";

const first = { type: "host" as const, id: "elsa", time: 1700000000 };
const DAY = 86400;

const keyOf = (chunk: NewChunk) => {
  const name = encodeHex(chunk.digest);
  return `store/.chunks/${name.slice(0, 4)}/${name}`;
};

const pathOf = (repository: LocalRepository, chunk: NewChunk) =>
  `${repository.datastore.path}/${keyOf(chunk).slice("store/".length)}`;

function ageObjects({ objects }: BucketWorld, seconds: number): void {
  for (const object of objects.objects.values()) object.time -= seconds;
}

async function collect(repository: LocalRepository, lines: string[] = []): Promise<GcStatus> {
  await repository.garbageCollect((line) => void lines.push(line));
  return await readGcStatus(repository.datastore);
}

function chunkKeys(world: BucketWorld): string[] {
  return world.keys().filter((key) => key.startsWith("store/.chunks/"));
}

Deno.test("a collection removes what was not used since the cutoff, file first and object after it", () =>
  withBucketRepository(async (repository, world) => {
    const [used, old, young] = await Promise.all([1, 2, 3].map((byte) => makeChunk(byte, 1000)));
    await writeSnapshot(repository, first, [used!]);
    await writeSnapshot(repository, { ...first, id: "gone" }, [old!, young!]);
    await repository.forgetGroup("", { type: "host", id: "gone" });
    ageObjects(world, 9 * DAY);
    const then = Math.floor(Date.now() / 1000) - 2 * DAY;
    for (const chunk of [used!, old!]) setFileTimes(pathOf(repository, chunk), then, then);
    let wasThere: boolean | undefined;
    world.objects.onRequest = (request) => {
      if (request !== "removeAll") return;
      wasThere = repository.datastore.chunks.stat(old!.digest) !== undefined;
    };
    const status = await collect(repository);
    assertEquals(wasThere, false);
    assertEquals(chunkKeys(world), [used!, young!].map(keyOf).sort());
    assertEquals([status.removedChunks, status.removedBytes], [1, old!.blob.byteLength]);
    assertEquals(status.pendingChunks + status.diskChunks, 2);
    assertEquals(status.indexFileCount, 1);
  }));

Deno.test("an object that the cache does not know goes only when it is old by the store's clock", () =>
  withBucketRepository(async (repository, world) => {
    const [young, old, undated] = await Promise.all([1, 2, 3].map((byte) => makeChunk(byte, 1000)));
    for (const chunk of [young!, old!, undated!]) await world.objects.put(keyOf(chunk), chunk.blob);
    world.objects.objects.get(keyOf(old!))!.time -= 2 * DAY;
    await collect(repository);
    assertEquals(chunkKeys(world), [young!, undated!].map(keyOf).sort());
    // The store's clock, whatever ours says: both are off by a week.
    for (const object of world.objects.objects.values()) object.time -= 7 * DAY;
    const { list } = world.objects;
    world.objects.list = async function* (prefix) {
      for await (const page of list.call(world.objects, prefix)) {
        yield { ...page, date: page.date! - 7 * DAY };
      }
    };
    await collect(repository);
    assertEquals(chunkKeys(world).length, 2);
    world.objects.list = async function* (prefix) {
      for await (const page of list.call(world.objects, prefix)) yield { ...page, date: undefined };
    };
    await collect(repository);
    assertEquals(chunkKeys(world).length, 2, "a store that tells no time");
    world.objects.list = list;
    await collect(repository);
    assertEquals(chunkKeys(world), []);
  }));

Deno.test("a cache without markers learns what is there from the first collection", () =>
  withBucketRepository(async (repository, world) => {
    const [kept, lost] = await Promise.all([1, 2].map((byte) => makeChunk(byte, 1000)));
    await writeSnapshot(repository, first, [kept!, lost!]);
    ageObjects(world, 9 * DAY);
    for (const chunk of [kept!, lost!]) await Deno.remove(pathOf(repository, chunk));
    await world.objects.remove(keyOf(lost!));
    const lines: string[] = [];
    await repository.garbageCollect((line) => void lines.push(line));
    assertEquals(chunkKeys(world), [keyOf(kept!)]);
    assertEquals(Deno.statSync(pathOf(repository, kept!)).size, 0);
    const name = encodeHex(lost!.digest);
    assert(lines.some((line) => line === `WARN: chunk ${name} is missing, an index names it`));
    assertEquals(
      [...Deno.readDirSync(pathOf(repository, lost!).slice(0, -65))].map((entry) => entry.name),
      [],
      "no mark is left",
    );
    // It counts as bad: no backup takes it over, and the next one brings it back.
    const next = await repository.beginBackup({
      namespace: "",
      snapshot: { ...first, time: first.time + 100 },
    });
    assertEquals(next.previousTime, undefined);
    await next.abort();
    await writeSnapshot(repository, { ...first, time: first.time + 200 }, [kept!, lost!]);
    const request = { namespace: "", ignoreVerified: false };
    assertEquals(await repository.verify(request, () => {}), { ok: true });
  }));

Deno.test("a deletion that the bucket refuses ends the collection, and the next one does it", () =>
  withBucketRepository(async (repository, world) => {
    const [used, old] = await Promise.all([1, 2].map((byte) => makeChunk(byte, 1000)));
    await writeSnapshot(repository, first, [used!]);
    await repository.datastore.chunks.insert(old!.digest, old!.blob);
    ageObjects(world, 9 * DAY);
    ageChunks(repository.datastore.path, 2 * DAY);
    world.objects.onRequest = (request) => {
      if (request === "removeAll") throw new PbsError("failed to delete some objects");
    };
    await assertRejects(() => collect(repository), PbsError, "failed to delete");
    assertEquals(repository.datastore.chunks.stat(old!.digest), undefined);
    world.objects.onRequest = () => {};
    await collect(repository);
    assertEquals(chunkKeys(world), [keyOf(used!)]);
  }));

Deno.test("a bad object stays as long as its file is fresh, and goes without one when it is old", () =>
  withBucketRepository(async (repository, world) => {
    const chunk = await makeChunk(1, 1000);
    await writeSnapshot(repository, first, [chunk]);
    const { inode } = (await repository.datastore.chunks.stat(chunk.digest))!;
    await repository.datastore.chunks.setAside(chunk.digest, inode);
    const bad = `${keyOf(chunk)}.0.bad`;
    ageObjects(world, 9 * DAY);
    ageChunks(repository.datastore.path, 2 * DAY);
    await collect(repository);
    assertEquals(chunkKeys(world), [bad], "an index names it");
    await repository.forgetSnapshot("", first);
    ageChunks(repository.datastore.path, 2 * DAY);
    const status = await collect(repository);
    assertEquals([chunkKeys(world), status.removedBad], [[], 1]);
    for (const name of [bad, `${keyOf(chunk)}.1.bad`]) {
      await world.objects.put(name, chunk.blob);
    }
    world.objects.objects.get(bad)!.time -= 9 * DAY;
    await collect(repository);
    assertEquals(chunkKeys(world), [`${keyOf(chunk)}.1.bad`]);
  }));

Deno.test("keys that are no chunks are left alone", () =>
  withBucketRepository(async (repository, world) => {
    const name = "ab".repeat(32);
    const strange = [
      `${name}.bad`,
      `abab/${name}.0.worse`,
      `abab/${name}/x`,
      `abac/${name}`,
      `abab/${name.toUpperCase()}`,
      "abab/note",
      name,
    ].map((end) => `store/.chunks/${end}`);
    for (const key of strange) await world.objects.put(key, new Uint8Array(1));
    ageObjects(world, 9 * DAY);
    await collect(repository);
    assertEquals(chunkKeys(world), strange.sort());
  }));

Deno.test("a chunk that is uploaded while garbage is collected stays", () =>
  withBucketRepository(async (repository, world) => {
    const [used, old] = await Promise.all([1, 2].map((byte) => makeChunk(byte, 1000)));
    await writeSnapshot(repository, first, [used!]);
    await repository.datastore.chunks.insert(old!.digest, old!.blob);
    ageObjects(world, 9 * DAY);
    ageChunks(repository.datastore.path, 2 * DAY);
    // After its file is gone and before its object is: the upload has to wait, and to store it again.
    let upload: Promise<unknown> | undefined;
    world.objects.onRequest = (request) => {
      if (request !== "removeAll" || upload) return;
      upload = repository.datastore.chunks.insert(old!.digest, old!.blob);
    };
    await collect(repository);
    assertEquals(await upload, { duplicate: false, storedSize: old!.blob.byteLength });
    assertEquals(chunkKeys(world), [used!, old!].map(keyOf).sort());
    // Before the collection comes to it: it is used again.
    ageChunks(repository.datastore.path, 2 * DAY);
    upload = undefined;
    world.objects.onRequest = async (request) => {
      if (request !== "list" || upload) return;
      upload = repository.datastore.chunks.insert(old!.digest, old!.blob);
      await upload;
    };
    await collect(repository);
    assertEquals(chunkKeys(world), [used!, old!].map(keyOf).sort());
  }));

Deno.test("contents that an earlier process has left are counted, and the surplus goes", () =>
  withBucketRepository(async (repository) => {
    const chunk = await makeChunk(1, 1000);
    await writeSnapshot(repository, first, [chunk]);
    assertEquals(Deno.statSync(pathOf(repository, chunk)).size, 0);
    Deno.writeFileSync(pathOf(repository, chunk), chunk.blob);
    await collect(repository);
    assertEquals(Deno.statSync(pathOf(repository, chunk)).size, 0);
    const request = { namespace: "", ignoreVerified: false };
    assertEquals(await repository.verify(request, () => {}), { ok: true });
  }, { maxCacheBytes: 10 }));
