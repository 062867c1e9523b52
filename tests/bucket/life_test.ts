import { assert, assertEquals, assertRejects } from "@std/assert";
import { BucketDatastore, removeBucketDatastore } from "../../lib/bucket/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { ConflictError, LockedError, PbsError } from "../../lib/errors/mod.ts";
import { BucketWorld, QUICK } from "../support/bucket_world.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";

const first = { type: "host" as const, id: "elsa", time: 1700000000 };
const second = { ...first, time: 1700000100 };

async function backUp(opened: BucketDatastore, snapshot = first): Promise<void> {
  await writeSnapshot(new LocalRepository(opened.datastore), snapshot, [await makeChunk(1, 1000)]);
}

Deno.test("a new datastore is a note about its user and the chunk of a test", async () => {
  await using world = await BucketWorld.make();
  const place = world.place();
  await using _opened = await BucketDatastore.create(place, { ...QUICK, gcAccessTimeCheck: true });
  const zero = "bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8";
  assertEquals(world.keys(), [`store/.chunks/bb9f/${zero}`, "store/.in-use"]);
  const note = (await world.objects.get("store/.in-use"))!.content;
  assertEquals(new TextDecoder().decode(note), '{"hostname":"host-of-test"}');
});

Deno.test("what somebody uses is not created over, nor re-used unless that is asked for", async () => {
  await using world = await BucketWorld.make();
  await using opened = await BucketDatastore.create(world.place(), QUICK);
  await backUp(opened);
  const before = world.keys();
  const other = world.place("store", "other");
  const message = "Bucket already contains datastore in use by host host-of-test";
  await assertRejects(() => BucketDatastore.create(other, QUICK), ConflictError, message);
  await assertRejects(() => BucketDatastore.reuse(other, QUICK), ConflictError, message);
  await assertRejects(() => Deno.stat(other.cachePath), Deno.errors.NotFound);
  for (const content of ["", "rubbish", '{"hostname":7}', "null"]) {
    await world.objects.put("store/.in-use", new TextEncoder().encode(content));
    const error = await assertRejects(() => BucketDatastore.create(other, QUICK), ConflictError);
    assertEquals(error.message, "Bucket already contains datastore in use");
  }
  await world.objects.put("store/.in-use", new TextEncoder().encode('{"hostname":"x","shared":1}'));
  await assertRejects(() => BucketDatastore.create(other, QUICK), ConflictError, "directly");
  assertEquals(world.keys(), before);
  await using taken = await BucketDatastore.reuse(other, { ...QUICK, overwriteInUse: true });
  const repository = new LocalRepository(taken.datastore);
  assertEquals((await repository.listSnapshots("")).map(({ time }) => time), [first.time]);
  assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
});

Deno.test("a prefix with data and without a user is only re-used", async () => {
  await using world = await BucketWorld.make();
  const place = world.place();
  {
    await using opened = await BucketDatastore.create(place, QUICK);
    await backUp(opened);
  }
  await removeBucketDatastore(place);
  assertEquals(world.keys().includes("store/.in-use"), false);
  const other = world.place("store", "other");
  for (const overwriteInUse of [false, true]) {
    const error = await assertRejects(
      () => BucketDatastore.create(other, { ...QUICK, overwriteInUse }),
      ConflictError,
    );
    assert(error.message.includes("reuse-datastore"), error.message);
  }
  // Another name in the same bucket, of which this is the beginning, is somebody else.
  await using _longer = await BucketDatastore.create(world.place("store2"), QUICK);
  await using _shorter = await BucketDatastore.create(world.place("stor"), QUICK);
  await using again = await BucketDatastore.reuse(other, QUICK);
  // Its chunks are not known here yet, which does not make the last snapshot a damaged one.
  const repository = new LocalRepository(again.datastore);
  const target = await repository.beginBackup({ namespace: "", snapshot: second });
  assertEquals(target.previousTime, first.time);
  await target.abort();
  await backUp(again, second);
  await removeBucketDatastore(world.place("stor"), { destroyData: true });
  assertEquals(world.keys().filter((key) => key.endsWith(".in-use")), [
    "store/.in-use",
    "store2/.in-use",
  ]);
  assert(world.keys().some((key) => key.startsWith("store/.cnt/")));
});

Deno.test("a cache with trees of another datastore is not created in, but re-used", async () => {
  await using world = await BucketWorld.make();
  const place = world.place();
  {
    await using opened = await BucketDatastore.create(place, QUICK);
    await backUp(opened);
  }
  const same = { ...world.place("other"), cachePath: place.cachePath };
  await assertRejects(() => BucketDatastore.create(same, QUICK), ConflictError, "chunk store");
  assertEquals(world.keys().some((key) => key.startsWith("other/")), false);
  await Deno.writeTextFile(`${place.cachePath}/host/stray`, "old");
  await using again = await BucketDatastore.reuse(place, { ...QUICK, overwriteInUse: true });
  assertEquals([...Deno.readDirSync(`${again.datastore.path}/host`)].map(({ name }) => name), [
    "elsa",
  ]);
});

Deno.test("an object store that fails while a datastore is created leaves nobody in its place", async () => {
  await using world = await BucketWorld.make();
  world.objects.onRequest = (request, key) => {
    if (request === "put" && key.includes(".chunks")) throw new PbsError("full");
  };
  const options = { ...QUICK, gcAccessTimeCheck: true };
  await assertRejects(() => BucketDatastore.create(world.place(), options), PbsError, "full");
  world.objects.onRequest = () => {};
  assertEquals(world.keys(), []);
  // Nothing here stands in the way of a second attempt either.
  await using _opened = await BucketDatastore.create(world.place(), options);
});

Deno.test("a refresh that fails keeps what there was, and nobody changes anything until one succeeds", async () => {
  await using world = await BucketWorld.make();
  await using opened = await BucketDatastore.create(world.place(), QUICK);
  const repository = new LocalRepository(opened.datastore);
  await backUp(opened);
  await repository.createNamespace("n");
  world.objects.onRequest = (request, key) => {
    if (request === "get" && key.endsWith("root.pxar.didx")) throw new PbsError("cut off");
  };
  await assertRejects(() => opened.refresh(), PbsError, "cut off");
  world.objects.onRequest = () => {};
  assertEquals(opened.needsRefresh, true);
  assertEquals((await repository.listSnapshots("")).length, 1);
  const refusals: (() => Promise<unknown>)[] = [
    () => repository.garbageCollect(() => {}),
    () => backUp(opened, second),
    () => repository.forgetSnapshot("", first),
    () => repository.forgetGroup("", first),
    () => repository.setProtected("", first, true),
    () => repository.writeNotes("", first, "x"),
    () => repository.createNamespace("m"),
    () => repository.deleteNamespace("n", false),
    () => repository.moveGroup({ group: first, from: "", to: "n", merge: true }, () => {}),
  ];
  for (const change of refusals) {
    await assertRejects(change, ConflictError, "refresh", String(change));
  }
  assertEquals(await repository.listNamespaces(""), [{ namespace: "" }, { namespace: "n" }]);
  assertEquals(await opened.refresh(), {
    files: 3,
    bytes: await contentBytes(world),
    uploaded: 0,
  });
  assertEquals(opened.needsRefresh, false);
  await backUp(opened, second);
  assertEquals(await repository.listNamespaces(""), [{ namespace: "" }, { namespace: "n" }]);
});

async function contentBytes(world: BucketWorld): Promise<number> {
  let bytes = 0;
  for await (const { objects } of world.objects.list("store/.cnt/")) {
    for (const { size } of objects) bytes += size;
  }
  return bytes;
}

Deno.test("a key that is no file of a datastore makes a refresh fail, naming it", async () => {
  for (
    const key of ["host/../../x/y", "host//x", "etc/passwd", "host/x/", "x", "host/a\nb/owner"]
  ) {
    await using world = await BucketWorld.make();
    await using opened = await BucketDatastore.create(world.place(), QUICK);
    await world.objects.put(`store/.cnt/${key}`, new Uint8Array(1));
    await assertRejects(() => opened.refresh(), PbsError, JSON.stringify(`store/.cnt/${key}`));
  }
});

Deno.test("while somebody writes there is no refresh", async () => {
  await using world = await BucketWorld.make();
  await using opened = await BucketDatastore.create(world.place(), QUICK);
  const repository = new LocalRepository(opened.datastore);
  await using target = await repository.beginBackup({ namespace: "", snapshot: first });
  await assertRejects(() => opened.refresh(), LockedError);
  assertEquals(opened.needsRefresh, false);
  await target.abort();
  await opened.refresh();
});

Deno.test("a datastore that is destroyed takes thousands of objects along, and nothing else", async () => {
  await using world = await BucketWorld.make();
  const place = world.place();
  {
    await using opened = await BucketDatastore.create(place, QUICK);
    await backUp(opened);
  }
  for (let i = 0; i < 2500; i++) {
    await world.objects.put(`store/.chunks/0000/${String(i).padStart(64, "0")}`, new Uint8Array(1));
  }
  await world.objects.put("store.txt", new Uint8Array(1));
  await removeBucketDatastore(place, { destroyData: true });
  assertEquals(world.keys(), ["store.txt"]);
  await assertRejects(() => Deno.stat(place.cachePath), Deno.errors.NotFound);
});
