import { assert, assertEquals } from "@std/assert";
import { setFileTimes } from "../../ffi/posix_files.ts";
import { BucketDatastore } from "../../lib/bucket/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { openBucket } from "../../lib/s3/mod.ts";
import { QUICK } from "../support/bucket_world.ts";
import { ageChunks, keysOf, playGoldenStory } from "../support/golden_story.ts";
import { testWithS3Servers } from "../support/s3/test_with_s3_servers.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";
import { TempDir } from "../support/temp_dir.ts";

testWithS3Servers(
  "a bucket of the official server lives on with us in a real store",
  async (server) => {
    await using folder = await TempDir.make("/dev/shm");
    await using objects = openBucket(server.options);
    // Both kinds of servers keep objects as files, and tell when those were changed.
    const ageObjects = () => ageFiles(server.dir.path);
    const world = { objects, folder: folder.path, ageObjects };
    await playGoldenStory(world, async (_name, work) => await work());
  },
);

testWithS3Servers("backups, removals and collections work on a real store", async (server) => {
  await using folder = await TempDir.make("/dev/shm");
  const place = {
    objects: openBucket(server.options),
    name: "store",
    cachePath: `${folder.path}/cache`,
  };
  const opened = await BucketDatastore.create(place, QUICK);
  await using repository = new LocalRepository(opened.datastore);
  const at = (n: number) => ({ type: "vm" as const, id: "10", time: 1700000000 + n });
  const chunks = await Promise.all(
    Array.from({ length: 40 }, (_, byte) => makeChunk(byte, 100_000)),
  );
  await writeSnapshot(repository, at(1), chunks);
  await writeSnapshot(repository, { ...at(1), id: "100" }, chunks.slice(0, 20));
  await writeSnapshot(repository, at(2), chunks.slice(10));
  await repository.forgetGroup("", at(1));
  assertEquals((await keysOf(place.objects, "store/.cnt/")).length, 3);
  ageChunks(place.cachePath, 2 * 86400);
  await repository.garbageCollect(() => {});
  assertEquals((await keysOf(place.objects, "store/.chunks/")).length, 20);
  await opened.refresh();
  const request = { namespace: "", ignoreVerified: false };
  const { ok } = await repository.verify(request, () => {});
  assert(ok);
});

function ageFiles(folder: string): void {
  const then = Math.floor(Date.now() / 1000) - 3 * 86400;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) ageFiles(`${folder}/${name}`);
    else setFileTimes(`${folder}/${name}`, then, then);
  }
}
