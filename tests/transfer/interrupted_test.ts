import { assert, assertEquals, assertRejects } from "@std/assert";
import { CancelledError } from "../../lib/errors/mod.ts";
import type { LocalRepository } from "../../lib/datastore/mod.ts";
import type { Repository } from "../../lib/repository/mod.ts";
import { planCopy, progressOf, runCopy } from "../../lib/transfer/mod.ts";
import { backUp } from "../support/back_up.ts";
import { assertSameSnapshots } from "../support/compare_stores.ts";
import { copyStored } from "../support/copy_in_process.ts";
import { eventually } from "../support/eventually.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { withRemoteRepository } from "../support/remote_repository.ts";
import { mixedBytes } from "../support/stream_feeding.ts";
import { TempDir } from "../support/temp_dir.ts";

const SNAPSHOT = { type: "host", id: "one", time: 1_700_000_000 } as const;
const MIB = 1024 * 1024;
/** A server notices a little later that a connection has ended. */
const PATIENCE = { waitMs: 60_000, log: () => {} };

/** A datastore with one snapshot of many chunks. */
async function withSource(body: (source: LocalRepository) => Promise<void>): Promise<void> {
  await using folder = await TempDir.make("/dev/shm");
  Deno.mkdirSync(`${folder.path}/tree`);
  for (let n = 0; n < 6; n++) {
    Deno.writeFileSync(`${folder.path}/tree/${n}`, mixedBytes(4 * MIB, n + 1));
  }
  await withLocalRepository(async (source) => {
    const options = { chunkSizeBytes: 64 * 1024 };
    await backUp(source, SNAPSHOT, [`tree.pxar:${folder.path}/tree`], options);
    await body(source);
  });
}

/** Copies and ends it after so many chunks. @returns Chunks that were moved in the end. */
async function copyUntil(source: Repository, target: Repository, chunks: number): Promise<number> {
  const plan = await planCopy(source, target, { namespace: "", targetNamespace: "" });
  const progress = progressOf(plan);
  const end = new AbortController();
  let counter = 0;
  Object.defineProperty(progress, "chunksMoved", {
    get: () => counter,
    set: (value: number) => {
      counter = value;
      if (value >= chunks) end.abort();
    },
  });
  await assertRejects(
    () =>
      runCopy({ source, target, plan, signal: end.signal, lockWait: PATIENCE }, {
        progress,
        log: () => {},
        snapshotDone: () => {},
      }),
    CancelledError,
  );
  return counter;
}

async function interruptAndGoOn(source: LocalRepository, target: Repository): Promise<void> {
  let before = 0;
  for (const chunks of [20, 60, 100]) {
    before += await copyUntil(source, target, chunks - before);
    await eventually(async () => assertEquals(await target.listSnapshots(""), []));
  }
  assert(before >= 100);
  const { outcomes, progress, report } = await copyStored(source, target, {}, {
    lockWait: PATIENCE,
  });
  assertEquals(report.snapshots.copied, 1, outcomes[0]?.reason);
  let all = 0;
  for (const { name } of Deno.readDirSync(`${source.datastore.path}/.chunks`)) {
    all += [...Deno.readDirSync(`${source.datastore.path}/.chunks/${name}`)].length;
  }
  // All that was counted had arrived, and is not moved again.
  assertEquals(progress.chunksMoved <= all - before, true, `${progress.chunksMoved} of ${all}`);
}

Deno.test("an interrupted copy leaves no snapshot, and the next one goes on: directory", async () => {
  await withSource((source) =>
    withLocalRepository(async (target) => {
      await interruptAndGoOn(source, target);
      await assertSameSnapshots(source.datastore.path, target.datastore.path);
    })
  );
});

Deno.test("an interrupted copy leaves no snapshot, and the next one goes on: server", async () => {
  await withSource((source) =>
    withRemoteRepository(async (target, { datastorePath }) => {
      await interruptAndGoOn(source, target);
      await assertSameSnapshots(source.datastore.path, datastorePath);
    })
  );
});

Deno.test("what a killed copy has left is in nobody's way, and finished snapshots stay", async () => {
  await withSource(async (source) => {
    const time = "2023-11-14T22:13:20Z";
    const remains = (store: string) => {
      Deno.mkdirSync(`${store}/host/one/${time}`, { recursive: true });
      Deno.writeTextFileSync(`${store}/host/one/${time}/tree.pxar.tmp_didx`, "cut off");
      Deno.writeTextFileSync(`${store}/host/one/owner`, "admin@pbs\n");
    };
    const left = (store: string) => [...Deno.readDirSync(`${store}/host/one/${time}`)].length;
    await withLocalRepository(async (target) => {
      const store = target.datastore.path;
      remains(store);
      Deno.writeTextFileSync(`${store}/host/one/${time}/.protected`, "");
      assertEquals((await copyStored(source, target)).report.snapshots.failed, 1);
      Deno.removeSync(`${store}/host/one/${time}/.protected`);
      // A manifest that cannot be read is one.
      Deno.writeTextFileSync(`${store}/host/one/${time}/index.json.blob`, "damaged");
      await copyStored(source, target);
      assertEquals(left(store), 2);
      Deno.removeSync(`${store}/host/one/${time}/index.json.blob`);
      assertEquals((await copyStored(source, target)).report.snapshots.copied, 1);
      await assertSameSnapshots(source.datastore.path, store);
    });
    await withRemoteRepository(async (target, { datastorePath }) => {
      remains(datastorePath);
      assertEquals((await copyStored(source, target)).report.snapshots.copied, 1);
      await assertSameSnapshots(source.datastore.path, datastorePath);
    });
  });
});
