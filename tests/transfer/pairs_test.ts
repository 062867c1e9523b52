import { assert, assertEquals } from "@std/assert";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { decodeManifestBlob, verifyStateOf } from "../../lib/manifest/mod.ts";
import { formatSnapshotPath, type Repository } from "../../lib/repository/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { assertSameSnapshots, storedFiles } from "../support/compare_stores.ts";
import { copyStored } from "../support/copy_in_process.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { realDatastore } from "../support/real_datastore.ts";
import { withRemoteRepository } from "../support/remote_repository.ts";

/** Copies everything, looks whether it is the same, and that another copy finds nothing to do. */
async function copyAndCompare(
  source: Repository,
  target: Repository,
  store: string,
): Promise<void> {
  const { progress, report } = await copyStored(source, target);
  assertEquals([report.snapshots.copied, report.snapshots.failed], [12, 0]);
  // A server takes chunks over from the snapshot before alone, a directory whatever it has.
  assertEquals(progress.chunksMoved, target instanceof LocalRepository ? 56 : 64);
  await assertSameSnapshots(await realDatastore(), store);
  assert((await target.verify({ namespace: "", ignoreVerified: false }, () => {})).ok);
  const again = await copyStored(source, target);
  assertEquals([again.report.snapshots.present, again.progress.bytesMoved], [12, 0]);
}

Deno.test("a copy goes from a directory to a server, to another server, and back to a directory", async () => {
  // Plain, encrypted and signed snapshots, images, split archives, logs and notes, in two namespaces.
  await using original = new LocalRepository(Datastore.open(await realDatastore()));
  await withRemoteRepository((first, { datastorePath: firstStore }) =>
    withRemoteRepository((second, { datastorePath: secondStore }) =>
      withLocalRepository(async (back) => {
        await copyAndCompare(original, first, firstStore);
        await copyAndCompare(first, second, secondStore);
        await copyAndCompare(second, back, back.datastore.path);
        const [owned] = await first.listGroups("");
        assertEquals(owned!.owner, "admin@pbs");
      })
    )
  );
});

Deno.test("a copy has notes, and not the result of a verification, nor protection unless asked", async () => {
  await using original = new LocalRepository(Datastore.open(await realDatastore()));
  const isMeant = ({ id, time }: { id: string; time: number }) =>
    id === "museum" && time === 1_700_000_000;
  for (const keepsProtection of [false, true]) {
    await withLocalRepository(async (target) => {
      await copyStored(original, target, { isMeant }, { keepsProtection });
      const [snapshot] = await target.listSnapshots("");
      assertEquals(snapshot!.protected, keepsProtection);
      assertEquals(
        await target.readNotes("", snapshot!),
        await original.readNotes("", snapshot!),
      );
      assert(snapshot!.files.some(({ filename }) => filename === "client.log.blob"));
      const path = `${target.datastore.path}/${formatSnapshotPath(snapshot!)}/index.json.blob`;
      const manifest = await decodeManifestBlob(Deno.readFileSync(path));
      assertEquals(verifyStateOf(manifest), undefined);
    });
  }
});

Deno.test("a copy goes from a directory to a bucket, and back to a directory", async () => {
  await using original = new LocalRepository(Datastore.open(await realDatastore()));
  const { datastore } = await openSharedDatastore(new MemoryObjectStore(), "copies", {
    create: true,
  });
  await using bucket = new LocalRepository(datastore);
  const isMeant = ({ id }: { readonly id: string }) => id !== "museum";
  const { progress, report } = await copyStored(original, bucket, { isMeant });
  assertEquals([report.snapshots.copied, report.snapshots.failed], [10, 0]);
  assert((await bucket.verify({ namespace: "", ignoreVerified: false }, () => {})).ok);
  const again = await copyStored(original, bucket, { isMeant, targetNamespace: "again" });
  assertEquals([again.report.snapshots.copied, again.progress.chunksMoved], [10, 0]);
  await withLocalRepository(async (back) => {
    const end = await copyStored(bucket, back, { namespace: "again" });
    assertEquals([end.report.snapshots.copied, end.report.snapshots.failed], [10, 0]);
    assertEquals(end.progress.chunksMoved, progress.chunksMoved);
    const expected = storedFiles(await realDatastore());
    for (const [path, bytes] of storedFiles(back.datastore.path)) {
      if (path.startsWith(".chunks")) assertEquals(bytes, expected.get(path), path);
    }
    assert((await back.verify({ namespace: "", ignoreVerified: false }, () => {})).ok);
  });
});
