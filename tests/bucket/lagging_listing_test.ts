import { assertEquals, assertRejects } from "@std/assert";
import { setFileTimes } from "../../ffi/posix_files.ts";
import { BucketDatastore } from "../../lib/bucket/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { PbsError } from "../../lib/errors/mod.ts";
import type { NewChunk } from "../../lib/repository/mod.ts";
import { BucketWorld, QUICK } from "../support/bucket_world.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";

const DAY = 86400;
const older = { type: "host" as const, id: "elsa", time: 1700000000 };
const newer = { ...older, id: "fred" };

/** Lists, until it is called, what is there now. */
function freezeListings({ objects }: BucketWorld): () => void {
  const { list } = objects;
  const seen = new MemoryObjectStore(objects.now);
  seen.objects = new Map(objects.objects);
  objects.list = (prefix) => seen.list(prefix);
  return () => {
    objects.list = list;
  };
}

const keyOf = ({ digest }: NewChunk) => {
  const name = encodeHex(digest);
  return `.chunks/${name.slice(0, 4)}/${name}`;
};

Deno.test("listings of a bucket that are behind cost nothing that a snapshot needs", async () => {
  await using world = await BucketWorld.make();
  const [lost, kept, garbage] = await Promise.all([1, 2, 3].map((byte) => makeChunk(byte, 1000)));
  const opened = await BucketDatastore.create(world.place(), QUICK);
  await using repository = new LocalRepository(opened.datastore);
  const collect = () => repository.garbageCollect(() => {});
  const isIntact = async () => {
    assertEquals((await repository.listSnapshots("")).map(({ id }) => id), [newer.id]);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
    assertEquals(world.objects.objects.has(`store/${keyOf(kept!)}`), true);
  };
  await writeSnapshot(repository, older, [lost!, garbage!]);
  let thaw = freezeListings(world);
  await writeSnapshot(repository, newer, [lost!, kept!]);
  await repository.forgetGroup("", older);
  // What was unused for days is collected; what came since is not listed and stays.
  const then = Math.floor(Date.now() / 1000) - 2 * DAY;
  for (const chunk of [lost!, kept!, garbage!]) {
    setFileTimes(`${opened.datastore.path}/${keyOf(chunk)}`, then, then);
  }
  for (const object of world.objects.objects.values()) object.time -= 9 * DAY;
  await collect();
  assertEquals(world.objects.objects.has(`store/${keyOf(garbage!)}`), false);
  await isIntact();
  // It is listed as if it were still there.
  await collect();
  await isIntact();
  // A refresh meets what is listed and gone: it fails by its name, and keeps what there was.
  await assertRejects(() => opened.refresh(), PbsError, "store/.cnt/host/elsa/");
  thaw();
  await opened.refresh();
  await isIntact();
  // One that does not see the newest snapshot: a collection leaves its chunks alone until it does.
  thaw = freezeListings(world);
  const newest = { ...newer, time: older.time + 100 };
  const fresh = await makeChunk(4, 1000);
  await writeSnapshot(repository, newest, [fresh]);
  await opened.refresh();
  assertEquals((await repository.listSnapshots("")).length, 1);
  await collect();
  thaw();
  await collect();
  await opened.refresh();
  assertEquals((await repository.listSnapshots("")).length, 2);
  assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
});
