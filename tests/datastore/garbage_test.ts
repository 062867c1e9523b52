import { assert, assertEquals, assertRejects } from "@std/assert";
import { FileStat, setFileTimes, statPath } from "../../ffi/posix_files.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { type GcStatus, type LocalRepository, readGcStatus } from "../../lib/datastore/mod.ts";
import { CancelledError, LockedError, PbsError } from "../../lib/errors/mod.ts";
import type { NewChunk } from "../../lib/repository/mod.ts";
import { Child } from "../support/child.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import {
  makeChunk,
  summaryOf,
  uploadManifest,
  writeSnapshot,
} from "../support/target_conformance.ts";

const elsa = { type: "host" as const, id: "elsa" };
const first = { ...elsa, time: 1700000000 };
const second = { ...elsa, time: 1700000100 };
const DAY = 86400;

/** A repository whose collections skip the test of access times, which takes a second. */
function withRepository(body: (repository: LocalRepository) => Promise<void>): Promise<void> {
  return withLocalRepository(body, { gcAccessTimeCheck: false });
}

function pathOf(repository: LocalRepository, name: string): string {
  return `${repository.datastore.path}/.chunks/${name.slice(0, 4)}/${name}`;
}

/** Puts back when a file of the chunk store was last used. */
function age(repository: LocalRepository, name: string, seconds: number): void {
  const then = Math.floor(Date.now() / 1000) - seconds;
  assertEquals(setFileTimes(pathOf(repository, name), then, then), 0);
}

function exists(repository: LocalRepository, chunk: NewChunk): boolean {
  return repository.datastore.chunks.stat(chunk.digest) !== undefined;
}

async function collect(
  repository: LocalRepository,
  log: (line: string) => void = () => {},
): Promise<GcStatus> {
  await repository.garbageCollect(log);
  return await readGcStatus(repository.datastore);
}

Deno.test("garbage collection removes what nobody refers to, once it is old enough", () =>
  withRepository(async (repository) => {
    const [used, old, young, now] = await Promise.all([1, 2, 3, 4].map((n) => makeChunk(n, 1000)));
    await writeSnapshot(repository, first, [used!]);
    await writeSnapshot(repository, { ...first, id: "gone" }, [old!, young!, now!]);
    await repository.forgetGroup("", { type: "host", id: "gone" });
    age(repository, encodeHex(used!.digest), 40 * DAY);
    age(repository, encodeHex(old!.digest), 86700 + 60);
    age(repository, encodeHex(young!.digest), 86700 - 60);
    const status = await collect(repository);
    const there = [used, old, young, now].map((chunk) => exists(repository, chunk!));
    assertEquals(there, [true, false, true, true]);
    assertEquals([status.indexFileCount, status.indexDataBytes], [1, 1000]);
    assertEquals([status.removedChunks, status.removedBytes], [1, old!.blob.byteLength]);
    // The chunk that was just stored may have been stored in this very second.
    assertEquals(status.pendingChunks + status.diskChunks, 3);
    assert(status.pendingChunks >= 1 && status.diskChunks >= 1);
    assert(status.upid!.startsWith("UPID:"));
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
  }));

Deno.test("indexes of unfinished snapshots, namespaces and strange places are marked", () =>
  withRepository(async (repository) => {
    const chunks = await Promise.all([1, 2, 3].map((byte) => makeChunk(byte, 1000)));
    await repository.createNamespace("a");
    await writeSnapshot(repository, first, [chunks[0]!]);
    await writeSnapshot(repository, first, [chunks[1]!], "a");
    await writeSnapshot(repository, { ...first, id: "odd" }, [chunks[2]!]);
    const root = repository.datastore.path;
    Deno.removeSync(`${root}/host/elsa/2023-11-14T22:13:20Z/index.json.blob`);
    Deno.mkdirSync(`${root}/elsewhere/deep`, { recursive: true });
    Deno.renameSync(
      `${root}/host/odd/2023-11-14T22:13:20Z/root.pxar.didx`,
      `${root}/elsewhere/deep/x.didx`,
    );
    Deno.symlinkSync("/proc", `${root}/elsewhere/link`);
    for (const chunk of chunks) age(repository, encodeHex(chunk.digest), 40 * DAY);
    const log: string[] = [];
    const status = await collect(repository, (line) => log.push(line));
    assertEquals(chunks.map((chunk) => exists(repository, chunk)), [true, true, true]);
    assertEquals([status.indexFileCount, status.removedChunks], [3, 0]);
    assertEquals(log.filter((line) => line.startsWith("WARN")), [
      'WARN: index "elsewhere/deep/x.didx" lies outside of any snapshot',
    ]);
  }));

for (
  const [what, damage] of [
    ["is cut off", (path: string) => Deno.truncateSync(path, 4100)],
    ["is something else", (path: string) => Deno.writeTextFileSync(path, "x")],
  ] as const
) {
  Deno.test(`an index that ${what} ends garbage collection before anything is removed`, () =>
    withRepository(async (repository) => {
      const [used, garbage] = await Promise.all([1, 2].map((byte) => makeChunk(byte, 1000)));
      await writeSnapshot(repository, first, [used!]);
      await writeSnapshot(repository, { ...first, id: "gone" }, [garbage!]);
      await repository.forgetGroup("", { type: "host", id: "gone" });
      for (const chunk of [used, garbage]) age(repository, encodeHex(chunk!.digest), 40 * DAY);
      damage(`${repository.datastore.path}/host/elsa/2023-11-14T22:13:20Z/root.pxar.didx`);
      await assertRejects(() => collect(repository), Error, "cannot read index");
      assert(exists(repository, used!) && exists(repository, garbage!));
      assertEquals((await readGcStatus(repository.datastore)).upid, null);
      // The lock was given back.
      await repository.forgetGroup("", elsa);
      await collect(repository);
    }));
}

Deno.test("a running backup's chunks stay, those that it stored and those that it found", () =>
  withRepository(async (repository) => {
    const [previous, found, fresh] = await Promise.all([1, 2, 3].map((n) => makeChunk(n, 1000)));
    await writeSnapshot(repository, first, [previous!]);
    await writeSnapshot(repository, { ...first, id: "gone" }, [found!]);
    await repository.forgetGroup("", { type: "host", id: "gone" });
    await using target = await repository.beginBackup({ namespace: "", snapshot: second });
    await target.previousIndex("root.pxar.didx");
    const chunks = [previous!, found!, fresh!];
    for (const chunk of [previous!, found!]) age(repository, encodeHex(chunk.digest), 40 * DAY);
    const writer = await target.createIndex("dynamic", "root.pxar.didx");
    assertEquals(await writer.putChunk(found!), { duplicate: true });
    assertEquals(await writer.putChunk(fresh!), { duplicate: false });
    await collect(repository);
    for (const [i, { digest }] of chunks.entries()) {
      await writer.append([{ digest, offset: i * 1000 }]);
    }
    await collect(repository);
    const summary = summaryOf("dynamic", chunks);
    await writer.close(summary);
    await uploadManifest(target, { "root.pxar.didx": summary });
    await target.finish();
    await collect(repository);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
  }));

Deno.test("a bad chunk stays while an index needs its digest, and goes afterwards", () =>
  withRepository(async (repository) => {
    const chunk = await makeChunk(1, 1000);
    await writeSnapshot(repository, first, [chunk]);
    const { chunks } = repository.datastore;
    const { inode } = (await chunks.stat(chunk.digest))!;
    const bad = (await chunks.setAside(chunk.digest, inode))!;
    age(repository, bad, 40 * DAY);
    const log: string[] = [];
    let status = await collect(repository, (line) => log.push(line));
    assertEquals([status.removedBad, log.some((line) => line.includes("is missing"))], [0, true]);
    await repository.forgetSnapshot("", first);
    age(repository, bad, 2 * 86400);
    status = await collect(repository);
    assertEquals([status.removedBad, status.removedChunks], [1, 0]);
  }));

Deno.test("in-use markers and abandoned files are removed, young and foreign ones are not", () =>
  withRepository(async (repository) => {
    const name = "ab".repeat(32);
    const root = repository.datastore.path;
    Deno.mkdirSync(`${root}/.chunks/abab`);
    await writeSnapshot(repository, first, [await makeChunk(1, 1000)]);
    const snapshot = `${root}/host/elsa/2023-11-14T22:13:20Z`;
    const ages: Record<string, number> = {
      [`${root}/.chunks/abab/${name}.using`]: 1,
      [`${root}/.chunks/abab/${name}.tmp_abcdeF`]: 2 * DAY,
      [`${root}/.chunks/abab/${name}.tmp_abcde0`]: 3600,
      [`${root}/.chunks/abab/${name}.tmp_long_`]: 2 * DAY,
      [`${root}/.chunks/abab/readme`]: 2 * DAY,
      [`${root}/.gc-status.tmp_0a1b2c`]: 2 * DAY,
      [`${snapshot}/index.json.blob.tmp_0a1b2c`]: 2 * DAY,
      [`${snapshot}/index.json.blob.tmp_0a1b2d`]: 3600,
    };
    const now = Math.floor(Date.now() / 1000);
    for (const [path, seconds] of Object.entries(ages)) {
      Deno.writeTextFileSync(path, "1234567");
      setFileTimes(path, 1000, now - seconds);
    }
    const log: string[] = [];
    await collect(repository, (line) => log.push(line));
    const left = Object.keys(ages).filter((path) => statPath(path) instanceof FileStat);
    assertEquals(left.map((path) => path.slice(-12)), [
      `${name}.tmp_abcde0`.slice(-12),
      `${name}.tmp_long_`.slice(-12),
      "/abab/readme",
      ".tmp_0a1b2d".padStart(12, "b"),
    ]);
    assert(log.includes("removed unfinished chunk files: 1, 7 bytes"));
    // Somebody who writes notes is not registered anywhere: only chunks are removed at once.
    await repository.garbageCollect(() => {}, undefined, 0);
    assertEquals(Object.keys(ages).filter((path) => statPath(path) instanceof FileStat).length, 3);
  }));

Deno.test("a chunk file that a running backup of this process may be writing stays", () =>
  withRepository(async (repository) => {
    const path = `${repository.datastore.path}/.chunks/abab/${"ab".repeat(32)}.tmp_abcdef`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")));
    await using _target = await repository.beginBackup({ namespace: "", snapshot: first });
    Deno.writeTextFileSync(path, "");
    await repository.garbageCollect(() => {}, undefined, 0);
    assert(statPath(path) instanceof FileStat);
  }));

Deno.test("with cutoff 0 all garbage goes at once, and nothing that anybody uses", () =>
  withRepository(async (repository) => {
    const [used, found, fresh, garbage] = await Promise.all(
      [1, 2, 3, 4].map((n) => makeChunk(n, 1000)),
    );
    await writeSnapshot(repository, first, [used!]);
    await writeSnapshot(repository, { ...first, id: "gone" }, [found!, garbage!]);
    await repository.forgetGroup("", { type: "host", id: "gone" });
    const collectNow = () => repository.garbageCollect(() => {}, undefined, 0);
    {
      await using target = await repository.beginBackup({ namespace: "", snapshot: second });
      await target.previousIndex("root.pxar.didx");
      const writer = await target.createIndex("dynamic", "root.pxar.didx");
      await writer.putChunk(found!);
      await writer.putChunk(fresh!);
      await collectNow();
      const chunks = [used!, found!, fresh!];
      for (const [i, { digest }] of chunks.entries()) {
        await writer.append([{ digest, offset: i * 1000 }]);
      }
      const summary = summaryOf("dynamic", chunks);
      await writer.close(summary);
      await uploadManifest(target, { "root.pxar.didx": summary });
      await target.finish();
    }
    for (const chunk of [used, found, fresh]) age(repository, encodeHex(chunk!.digest), 5);
    // It has gone already if two seconds have passed since it was stored.
    if (exists(repository, garbage!)) age(repository, encodeHex(garbage!.digest), 5);
    await collectNow();
    const there = [used, found, fresh, garbage].map((chunk) => exists(repository, chunk!));
    assertEquals(there, [true, true, true, false]);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
  }));

Deno.test("cutoff 0 is refused while another process's backup runs, and after it takes what it left", () =>
  withRepository(async (repository) => {
    const left = await makeChunk(77, 100_000);
    await using child = new Child("crash_backup.ts", [repository.datastore.path, "chunk"]);
    assertEquals(await child.line(), "reached");
    const collectNow = () => repository.garbageCollect(() => {}, undefined, 0);
    await assertRejects(collectNow, LockedError, "another process writes to it");
    assert(exists(repository, left));
    await child.kill();
    age(repository, encodeHex(left.digest), 5);
    await collectNow();
    assert(!exists(repository, left));
  }));

Deno.test("a clock that is set back while chunks are marked ends garbage collection", () =>
  withRepository(async (repository) => {
    const used = await makeChunk(1, 1000);
    await writeSnapshot(repository, first, [used]);
    const { chunks } = repository.datastore;
    const touch = chunks.touch.bind(chunks);
    const now = chunks.now.bind(chunks);
    let secondsBack = 0;
    chunks.now = () => now() - secondsBack;
    chunks.touch = (digest) => {
      const isThere = touch(digest);
      // From here on everything that is marked gets a time before the collection began.
      secondsBack = 30;
      age(repository, encodeHex(digest), secondsBack);
      return isThere;
    };
    await assertRejects(
      () => repository.garbageCollect(() => {}, undefined, 0),
      PbsError,
      "the clock was set back",
    );
    assert(exists(repository, used));
  }));

Deno.test("an aborted garbage collection can be run again", () =>
  withRepository(async (repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 1000)]);
    const abort = new AbortController();
    const run = repository.garbageCollect((line) => {
      if (line.startsWith("phase 2")) abort.abort();
    }, abort.signal);
    await assertRejects(() => run, CancelledError);
    await collect(repository);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
  }));

Deno.test("the test of access times leaves the zero chunk, as a server does", () =>
  withLocalRepository(async (repository) => {
    const log: string[] = [];
    await repository.garbageCollect((line) => log.push(line));
    assert(log.includes("access time test passed"));
    const zero = "bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8";
    assert(Deno.statSync(pathOf(repository, zero)).isFile);
  }));

Deno.test("a status that cannot be read counts as if garbage was never collected", () =>
  withRepository(async (repository) => {
    for (const text of ["", "[]", "null", '{"upid":"x"}']) {
      Deno.writeTextFileSync(`${repository.datastore.path}/.gc-status`, text);
      assertEquals((await readGcStatus(repository.datastore)).upid, null);
    }
  }));
