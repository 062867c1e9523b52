// deno-lint-ignore-file no-console -- how much was looked at is reported
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BucketDatastore } from "../../lib/bucket/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { ConflictError } from "../../lib/errors/mod.ts";
import { type BackupSnapshot, formatSnapshotPath } from "../../lib/repository/mod.ts";
import { QUICK } from "../support/bucket_world.ts";
import { ageChunks } from "../support/golden_story.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { RecordingObjectStore } from "../support/recording_object_store.ts";
import { makeChunk, writeArchive, writeSnapshot } from "../support/target_conformance.ts";
import { TempDir } from "../support/temp_dir.ts";

const DAY = 86400;
const elsa = { type: "host" as const, id: "elsa" };
const olaf = { type: "host" as const, id: "olaf" };
const at = (group: typeof elsa, n: number) => ({ ...group, time: 1700000000 + n * 100 });

/** Bucket and cache as a crash at some point would leave them. */
interface CrashImage {
  readonly point: string;
  readonly objects: Map<string, { content: Uint8Array; etag: string; time: number }>;
  readonly cache: string;
}

/** What is done to a datastore with two groups, and what it may have removed. */
interface Operation {
  readonly name: string;
  run(opened: BucketDatastore, repository: LocalRepository): Promise<unknown>;
  /** Paths of snapshots that may be gone afterwards. */
  readonly mayRemove?: readonly string[];
  /** Whether a chunk is damaged, which the next backup after its discovery heals. */
  readonly findsDamage?: boolean;
}

const OPERATIONS: readonly Operation[] = [
  {
    name: "backup into a new group",
    run: async (_, repository) =>
      await writeSnapshot(
        repository,
        { type: "host", id: "new", time: 1700000100 },
        await chunks(2, 7, 8),
      ),
  },
  {
    name: "backup that is aborted",
    run: async (_, repository) => {
      const target = await repository.beginBackup({ namespace: "", snapshot: at(olaf, 5) });
      await writeArchive(target, "dynamic", "root.pxar.didx", await chunks(3, 7));
      await target.uploadBlob("x.conf.blob", (await makeChunk(1, 10)).blob);
      await target.abort();
    },
  },
  {
    name: "forget",
    run: (_, repository) => repository.forgetSnapshot("", at(elsa, 1)),
    mayRemove: [formatSnapshotPath(at(elsa, 1))],
  },
  {
    name: "forget a group",
    run: (_, repository) => repository.forgetGroup("", elsa),
    mayRemove: [formatSnapshotPath(at(elsa, 1)), formatSnapshotPath(at(elsa, 2))],
  },
  {
    name: "collection",
    run: async (opened, repository) => {
      ageChunks(opened.datastore.path, 2 * DAY);
      await repository.garbageCollect(() => {});
    },
  },
  {
    name: "collection with an empty cache",
    run: async (opened) => {
      await Deno.remove(`${opened.datastore.path}/.chunks`, { recursive: true });
      await Deno.mkdir(`${opened.datastore.path}/.chunks`);
      const again = BucketDatastore.open(
        { objects: objectsOf.get(opened)!, name: "store", cachePath: opened.datastore.path },
        QUICK,
      );
      await new LocalRepository(again.datastore).garbageCollect(() => {});
      again.datastore[Symbol.dispose]();
    },
  },
  { name: "refresh", run: (opened) => opened.refresh() },
  {
    name: "move of a group",
    run: async (_, repository) => {
      await repository.createNamespace("n");
      await repository.moveGroup({ group: elsa, from: "", to: "n", merge: true }, () => {});
    },
  },
  {
    name: "verification that finds a corrupt chunk",
    findsDamage: true,
    run: async (_, repository) => {
      await repository.verify({ namespace: "", ignoreVerified: false }, () => {});
    },
  },
];

async function chunks(...bytes: number[]) {
  return await Promise.all(bytes.map((byte) => makeChunk(byte, 1000 + byte)));
}

const objectsOf = new WeakMap<BucketDatastore, RecordingObjectStore>();

for (const operation of OPERATIONS) {
  Deno.test(`a crash at any request of this leaves nothing lost: ${operation.name}`, async () => {
    await using folder = await TempDir.make("/dev/shm");
    const images = await imagesOf(operation, folder.path);
    for (const image of images) await checkImage(operation, image, folder.path);
    console.log(`crash images: ${images.length}`);
  });
}

/** Runs an operation once, and keeps what a crash before or after each of its requests would leave. */
async function imagesOf(operation: Operation, folder: string): Promise<CrashImage[]> {
  const memory = new MemoryObjectStore();
  const objects = new RecordingObjectStore(memory);
  const cachePath = `${folder}/cache`;
  const opened = await BucketDatastore.create({ objects, name: "store", cachePath }, QUICK);
  objectsOf.set(opened, objects);
  const repository = new LocalRepository(opened.datastore);
  await writeSnapshot(repository, at(elsa, 1), await chunks(1, 2));
  await writeSnapshot(repository, at(elsa, 2), await chunks(2, 4));
  await writeSnapshot(repository, at(olaf, 1), await chunks(3));
  await writeSnapshot(repository, { ...elsa, id: "gone", time: 1700000100 }, await chunks(5, 6));
  await repository.forgetGroup("", { type: "host", id: "gone" });
  if (operation.findsDamage) corrupt(memory, (await chunks(1))[0]!.digest);
  for (const object of memory.objects.values()) object.time -= 3 * DAY;
  const images: CrashImage[] = [];
  // Without a pause: bucket and cache are of the same moment, whatever else is under way.
  const keep = (point: string) => {
    // To compare a file changes nothing: what a crash leaves is what it would have left before.
    if (operation.findsDamage && / get \S*\.cnt\//.test(point)) return;
    const cache = `${folder}/image-${images.length}`;
    const copied = new Map(memory.objects);
    new Deno.Command("cp", { args: ["-a", cachePath, cache] }).outputSync();
    images.push({ point, objects: copied, cache });
  };
  objects.before = (kind, key) => keep(`before ${kind} ${key}`);
  objects.after = (kind, key) => keep(`after ${kind} ${key}`);
  await operation.run(opened, repository);
  keep("at the end");
  objects.before = objects.after = () => {};
  opened.datastore[Symbol.dispose]();
  assert(images.length > 2);
  return images;
}

/** Spoils the object of a chunk. */
function corrupt({ objects }: MemoryObjectStore, digest: Uint8Array): void {
  const name = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  for (const [key, object] of objects) {
    if (!key.endsWith(name)) continue;
    const content = object.content.slice();
    content[20]! ^= 1;
    objects.set(key, { ...object, content });
  }
}

/** A process that comes after the crash has everything, in the cache and in the bucket. */
async function checkImage(operation: Operation, image: CrashImage, folder: string): Promise<void> {
  const objects = new MemoryObjectStore();
  for (const [key, object] of image.objects) objects.objects.set(key, object);
  const place = { objects, name: "store", cachePath: image.cache };
  const opened = BucketDatastore.open(place, QUICK);
  const repository = new LocalRepository(opened.datastore);
  const tell = `${operation.name}, ${image.point}`;
  if (opened.needsRefresh) {
    await assertRejects(
      () => writeSnapshot(repository, at(olaf, 8), []),
      ConflictError,
      "refresh",
      tell,
    );
    await assertRejects(() => repository.garbageCollect(() => {}), ConflictError, "refresh", tell);
    await opened.refresh();
  }
  const before = await finished(repository);
  for (const snapshot of [at(elsa, 1), at(elsa, 2), at(olaf, 1)]) {
    const path = formatSnapshotPath(snapshot);
    if (operation.mayRemove?.includes(path)) continue;
    assert(before.some((each) => each.endsWith(path)), `${path} is gone: ${tell}`);
  }
  if (operation.findsDamage) await repository.verify({ namespace: "" }, () => {});
  else await verifyAll(repository, tell);
  // The chunks of the operation once more, and all others.
  await writeSnapshot(repository, at(olaf, 9), await chunks(1, 2, 3, 4, 5, 6, 7, 8));
  for (const object of objects.objects.values()) object.time -= 3 * DAY;
  ageChunks(image.cache, 2 * DAY);
  await repository.garbageCollect(() => {});
  await verifyAll(repository, `${tell}, after a backup and a collection`);
  const after = await finished(repository);
  opened.datastore[Symbol.dispose]();
  const cachePath = `${folder}/other`;
  await using reused = await BucketDatastore.reuse({ ...place, cachePath }, {
    ...QUICK,
    overwriteInUse: true,
  });
  const other = new LocalRepository(reused.datastore);
  // A backup may have got its manifest into the bucket and not into the cache.
  const found = await finished(other);
  assertEquals(after.filter((path) => !found.includes(path)), [], tell);
  await verifyAll(other, `${tell}, from the bucket`);
  await other.garbageCollect(() => {});
  await verifyAll(other, `${tell}, from the bucket after a collection`);
  await Deno.remove(cachePath, { recursive: true });
}

async function finished(repository: LocalRepository): Promise<string[]> {
  const found: string[] = [];
  for (const { namespace } of await repository.listNamespaces("")) {
    const snapshots: BackupSnapshot[] = await repository.listSnapshots(namespace);
    found.push(...snapshots.map((snapshot) => `${namespace}:${formatSnapshotPath(snapshot)}`));
  }
  return found.sort();
}

async function verifyAll(repository: LocalRepository, tell: string): Promise<void> {
  const lines: string[] = [];
  const request = { namespace: "", ignoreVerified: false };
  const { ok } = await repository.verify(request, (line) => void lines.push(line));
  assert(ok, `${tell}: ${lines.join("\n")}`);
}
