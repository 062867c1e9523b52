import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodeBlob } from "../blob/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { CancelledError, ConflictError, SystemError } from "../errors/mod.ts";
import { createManifest, encodeManifestBlob } from "../manifest/mod.ts";
import type { ChunkFolderProgress } from "./chunk_folders.ts";
import { Datastore } from "./datastore.ts";
import { LocalRepository } from "./local_repository.ts";

const snapshot = { type: "host" as const, id: "elsa", time: 1700000000 };

/** Runs `body` on a path in memory: a disk takes long for 65536 folders. */
async function withPath(body: (path: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync({ dir: "/dev/shm" });
  try {
    await body(`${folder}/store`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function folderCount(path: string): number {
  return [...Deno.readDirSync(`${path}/.chunks`)].filter(({ isDirectory }) => isDirectory).length;
}

/** Backs up one blob. */
async function backUp(repository: LocalRepository, time: number, finish = true): Promise<void> {
  const at = { ...snapshot, time };
  await using target = await repository.beginBackup({ namespace: "", snapshot: at });
  const blob = await encodeBlob(new Uint8Array(10), { compress: false });
  await target.uploadBlob("note.conf.blob", blob);
  const file = {
    filename: "note.conf.blob",
    cryptMode: "none" as const,
    size: blob.byteLength,
    checksum: sha256(blob),
  };
  const text = await encodeManifestBlob(createManifest(at, [file]));
  await target.uploadBlob("index.json.blob", text);
  if (finish) await target.finish();
}

Deno.test("a new datastore is used immediately, and has all its folders after the first backup", () =>
  withPath(async (path) => {
    const waited: ChunkFolderProgress[] = [];
    {
      await using repository = new LocalRepository(Datastore.create(path), {
        chunkFolders: {
          waiting: (progress) => waited.push(progress),
          failed: (error) => assert(false, `${error}`),
        },
      });
      assertEquals(folderCount(path), 0);
      await backUp(repository, 1);
      assert(folderCount(path) < 65536, "the backup did not wait for them");
    }
    assertEquals(folderCount(path), 65536);
    assertEquals(waited.at(-1), { made: 65536, total: 65536 });
    assert(!Datastore.open(path).chunkFolders.areMissing);
  }));

Deno.test("a first backup that fails does not wait, and the next one goes on", () =>
  withPath(async (path) => {
    {
      await using repository = new LocalRepository(Datastore.create(path));
      await backUp(repository, 1, false);
    }
    assert(folderCount(path) < 65536);
    {
      using datastore = Datastore.open(path);
      assert(datastore.chunkFolders.areMissing);
      // A collection takes folders that are not there for empty ones.
      await new LocalRepository(datastore).garbageCollect(() => {});
    }
    {
      await using repository = new LocalRepository(Datastore.open(path));
      await backUp(repository, 2);
    }
    assertEquals(folderCount(path), 65536);
  }));

Deno.test("folders that cannot be made are told, and the backup stays", () =>
  withPath(async (path) => {
    const failures: unknown[] = [];
    const observer = { waiting: () => {}, failed: (error: unknown) => failures.push(error) };
    for (const options of [{ chunkFolders: observer }, {}]) {
      const open = () => new LocalRepository(Datastore.openOrCreate(path).datastore, options);
      const closing = async () => {
        await using repository = open();
        // Nothing that a folder could be made in.
        Deno.renameSync(`${path}/.chunks`, `${path}/.elsewhere`);
        Deno.writeTextFileSync(`${path}/.chunks`, "");
        try {
          await backUp(repository, failures.length + 1);
        } finally {
          Deno.removeSync(`${path}/.chunks`);
          Deno.renameSync(`${path}/.elsewhere`, `${path}/.chunks`);
        }
      };
      if ("chunkFolders" in options) await closing();
      else await assertRejects(closing, SystemError, "cannot create the chunk folders");
      const [reason] = failures;
      assert(reason instanceof SystemError && failures.length === 1, `${reason}`);
      const snapshots = await new LocalRepository(Datastore.open(path)).listSnapshots("");
      assert(snapshots.length >= 1);
    }
  }));

Deno.test("complete() that is stopped says so, and two at once do no harm", () =>
  withPath(async (path) => {
    using first = Datastore.create(path);
    const stopped = first.chunkFolders.complete(() => void first.chunkFolders.stop());
    await assertRejects(() => stopped, CancelledError);
    assert(folderCount(path) > 0 && folderCount(path) < 65536);
    const both = [Datastore.open(path), Datastore.open(path)];
    await Promise.all(both.map(({ chunkFolders }) => chunkFolders.complete()));
    assertEquals(folderCount(path), 65536);
    for (const each of both) each[Symbol.dispose]();
  }));

Deno.test("openOrCreate() joins who creates the same datastore, and nothing else", () =>
  withPath(async (path) => {
    const { datastore, isNew } = Datastore.openOrCreate(path);
    using _first = datastore;
    assert(isNew);
    Deno.mkdirSync(`${path}/host`);
    const again = Datastore.openOrCreate(path);
    assert(!again.isNew);
    again.datastore[Symbol.dispose]();
    Deno.mkdirSync(`${path}/../full/host`, { recursive: true });
    await assertRejects(
      () => Promise.resolve().then(() => Datastore.openOrCreate(`${path}/../full`)),
      ConflictError,
      "is not empty",
    );
  }));
