import { assert, assertEquals, assertRejects } from "@std/assert";
import { setFileTimes } from "../ffi/posix_files.ts";
import { encodeHex } from "../lib/bytes/mod.ts";
import { type GcStatus, type LocalRepository, readGcStatus } from "../lib/datastore/mod.ts";
import { CancelledError } from "../lib/errors/mod.ts";
import type { NewChunk } from "../lib/repository/mod.ts";
import { withLocalRepository } from "./support/local_repository.ts";
import {
  makeChunk,
  summaryOf,
  uploadManifest,
  writeSnapshot,
} from "./support/target_conformance.ts";

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
    const bad = repository.datastore.chunks.setAside(
      chunk.digest,
      repository.datastore.chunks.stat(chunk.digest)!.inode,
    )!;
    age(repository, bad, 40 * DAY);
    const log: string[] = [];
    let status = await collect(repository, (line) => log.push(line));
    assertEquals([status.removedBad, log.some((line) => line.includes("is missing"))], [0, true]);
    await repository.forgetSnapshot("", first);
    age(repository, bad, 2 * 86400);
    status = await collect(repository);
    assertEquals([status.removedBad, status.removedChunks], [1, 0]);
  }));

Deno.test("in-use markers are removed, temporary and foreign files are not", () =>
  withRepository(async (repository) => {
    const name = "ab".repeat(32);
    Deno.mkdirSync(`${repository.datastore.path}/.chunks/abab`);
    for (const other of [`${name}.using`, `${name}.tmp_abcdef`, "readme"]) {
      Deno.writeTextFileSync(`${repository.datastore.path}/.chunks/abab/${other}`, "");
      setFileTimes(`${repository.datastore.path}/.chunks/abab/${other}`, 1000, 1000);
    }
    await collect(repository);
    const left = [...Deno.readDirSync(`${repository.datastore.path}/.chunks/abab`)];
    assertEquals(left.map((entry) => entry.name).sort(), [`${name}.tmp_abcdef`, "readme"]);
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
