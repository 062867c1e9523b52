import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { Datastore } from "../../lib/datastore/mod.ts";
import type { BackupTarget } from "../../lib/repository/mod.ts";
import { LockedError } from "../../lib/errors/mod.ts";
import { Child } from "../support/child.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import {
  makeChunk,
  uploadManifest,
  writeArchive,
  writeSnapshot,
} from "../support/target_conformance.ts";

const elsa = { type: "host" as const, id: "elsa" };
const first = { ...elsa, time: 1700000000 };

/** Everything in the lock folder of a datastore. */
function lockFiles(path: string): string[] {
  try {
    return [...Deno.readDirSync(`${path}/.locks`)].map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}

Deno.test("a backup of another process keeps backups of the group away, until it dies", () =>
  withLocalRepository(async (repository) => {
    const { path } = repository.datastore;
    await using child = new Child("hold_lock.ts", [path, "exclusive", "host/elsa"]);
    assertEquals(await child.line(), "held");
    const begin = () => repository.beginBackup({ namespace: "", snapshot: first });
    await assertRejects(begin, LockedError, "unable to acquire backup group lock");
    assertEquals([...Deno.readDirSync(path)].some(({ name }) => name === "host"), false);
    await child.kill();
    await using _target = await begin();
  }));

Deno.test("a snapshot that another process reads is read, but neither removed nor protected", () =>
  withLocalRepository(async (repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 100)]);
    const { path } = repository.datastore;
    {
      const name = "host/elsa/2023-11-14T22:13:20Z";
      await using child = new Child("hold_lock.ts", [path, "shared", name]);
      assertEquals(await child.line(), "held");
      await using _source = await repository.openSnapshot("", first);
      await assertRejects(() => repository.forgetSnapshot("", first), LockedError);
      await assertRejects(() => repository.setProtected("", first, true), LockedError);
      await assertRejects(() => repository.forgetGroup("", elsa), LockedError);
      await repository.writeNotes("", first, "written while it is read");
      const log: string[] = [];
      const second = { ...first, time: first.time + 1 };
      await writeSnapshot(repository, second, [await makeChunk(2, 100)]);
      await repository.prune(
        { namespace: "", group: elsa, keep: { last: 1 } },
        (line) => log.push(line),
      );
      assertEquals(log.length, 1);
      assertEquals((await repository.listSnapshots("")).length, 2);
    }
    await repository.forgetSnapshot("", first);
    assertEquals(await repository.readNotes("", { ...first, time: first.time + 1 }), "");
    assertEquals(lockFiles(path), []);
  }));

Deno.test("garbage collection and backups of different processes exclude each other", () =>
  withLocalRepository(async (repository) => {
    const { datastore } = repository;
    {
      await using child = new Child("hold_lock.ts", [datastore.path, "writer"]);
      assertEquals(await child.line(), "held");
      await assertRejects(() => repository.garbageCollect(() => {}), LockedError);
      using _shared = await datastore.processLock.acquireShared();
    }
    {
      await using child = new Child("hold_lock.ts", [datastore.path, "collector"]);
      assertEquals(await child.line(), "held");
      const begin = () => repository.beginBackup({ namespace: "", snapshot: first });
      await assertRejects(begin, LockedError, "collects garbage");
      await assertRejects(() => repository.garbageCollect(() => {}), LockedError);
    }
    using _exclusive = await datastore.processLock.acquireExclusive();
    await using second = new Child("hold_lock.ts", [datastore.path, "writer"]);
    assertEquals(await second.line(), "LockedError");
  }));

Deno.test("opening a datastore twice in one process does not give its lock back", () =>
  withLocalRepository(async ({ datastore }) => {
    using outer = await datastore.processLock.acquireShared();
    {
      using again = Datastore.open(datastore.path);
      using _inner = await again.processLock.acquireShared();
      assertEquals(again.processLock.oldestWriter(), outer.startTime);
    }
    {
      using _collector = await datastore.processLock.acquireExclusive();
      assertThrows(() => datastore.processLock.acquireExclusive(), LockedError, "is running");
      await using child = new Child("hold_lock.ts", [datastore.path, "writer"]);
      assertEquals(await child.line(), "LockedError");
    }
    // The writer that remains holds a shared lock again.
    await using collector = new Child("hold_lock.ts", [datastore.path, "collector"]);
    assertEquals(await collector.line(), "LockedError");
    await using writer = new Child("hold_lock.ts", [datastore.path, "writer"]);
    assertEquals(await writer.line(), "held");
  }));

Deno.test("a lock file that is deleted by its last holder does not let two in", () =>
  withLocalRepository(async ({ datastore }) => {
    let inside = 0;
    let entered = 0;
    const enter = async () => {
      for (let i = 0; i < 40; i++) {
        using _lock = await datastore.locks.acquire("", "host/a", "exclusive", 20_000);
        assertEquals(++inside, 1);
        entered++;
        await delay(0);
        inside--;
      }
    };
    await Promise.all([enter(), enter(), enter()]);
    assertEquals(entered, 120);
    assertEquals(lockFiles(datastore.path), []);
  }));

Deno.test("locks have the reference's names below the folder of the namespace", () =>
  withLocalRepository(async ({ datastore }) => {
    const { locks, path } = datastore;
    using _a = await locks.acquire("a/b", "vm/100/2022-05-02T08:11:33Z", "exclusive");
    using _b = await locks.acquire("", `host/${"x".repeat(260)}`, "exclusive");
    assertEquals(lockFiles(path), ["a:b", "hashed"]);
    const [escaped] = Deno.readDirSync(`${path}/.locks/a:b`);
    assertEquals(escaped!.name, "vm-100-2022\\x2d05\\x2d02T08\\x3a11\\x3a33Z");
    const [hashed] = Deno.readDirSync(`${path}/.locks/hashed`);
    assertEquals(hashed!.name.length, 80 + 3 + 80 + 1 + 64);
    assertEquals(Deno.statSync(`${path}/.locks/hashed/${hashed!.name}`).mode! & 0o777, 0o660);
  }));

Deno.test("two backups of one group at once: one is refused, the other is whole", () =>
  withLocalRepository(async (repository) => {
    const begun = await Promise.allSettled(
      [0, 1, 2].map((i) =>
        repository.beginBackup({ namespace: "", snapshot: { ...elsa, time: first.time + i } })
      ),
    );
    const targets: BackupTarget[] = [];
    for (const result of begun) {
      if (result.status === "fulfilled") targets.push(result.value);
      else assertEquals(result.reason instanceof LockedError, true);
    }
    assertEquals(targets.length, 1);
    await using target = targets[0]!;
    const summary = await writeArchive(target, "dynamic", "a.pxar.didx", [await makeChunk(3, 50)]);
    await uploadManifest(target, { "a.pxar.didx": summary });
    await target.finish();
    assertEquals((await repository.listSnapshots("")).length, 1);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
  }));

Deno.test("backups of many groups at once that share chunks are all whole", () =>
  withLocalRepository(async (repository) => {
    const chunks = await Promise.all([1, 2, 3, 4].map((byte) => makeChunk(byte, 20_000)));
    await Promise.all(
      Array.from(
        { length: 8 },
        (_, i) =>
          writeSnapshot(repository, { type: "vm", id: String(i), time: first.time }, chunks),
      ),
    );
    assertEquals((await repository.listGroups("")).map(({ id }) => id), [..."01234567"]);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
  }));
