import { assert, assertEquals, assertRejects } from "@std/assert";
import { setFileTimes } from "../../ffi/posix_files.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import {
  collectGarbage,
  GcProgressFile,
  type LocalRepository,
  localUpid,
  readGcStatus,
} from "../../lib/datastore/mod.ts";
import { CancelledError } from "../../lib/errors/mod.ts";
import type { NewChunk } from "../../lib/repository/mod.ts";
import { Chance } from "../support/chance.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";

const DAY = 86400;
const TIME = 1700000000;

function withRepository(body: (repository: LocalRepository) => Promise<void>): Promise<void> {
  return withLocalRepository(body, { gcAccessTimeCheck: false });
}

function age(repository: LocalRepository, chunks: readonly NewChunk[], seconds: number): void {
  const then = Math.floor(Date.now() / 1000) - seconds;
  for (const { digest } of chunks) {
    const name = encodeHex(digest);
    const path = `${repository.datastore.path}/.chunks/${name.slice(0, 4)}/${name}`;
    assertEquals(setFileTimes(path, then, then), 0);
  }
}

function isThere(repository: LocalRepository, { digest }: NewChunk): boolean {
  return repository.datastore.chunks.stat(digest) !== undefined;
}

/** Collects garbage as maintenance does. @param stopAt The line of the log that ends it. */
async function collect(repository: LocalRepository, stopAt?: RegExp): Promise<string[]> {
  const [lines, stop] = [[] as string[], new AbortController()];
  const work = collectGarbage(repository.datastore, {
    upid: localUpid("garbage_collection", "test"),
    log: (line) => {
      lines.push(line);
      if (stopAt?.test(line)) stop.abort();
    },
    signal: stop.signal,
    recordEveryMs: 3_600_000,
  });
  if (stopAt === undefined) await work;
  else await assertRejects(() => work, CancelledError);
  return lines;
}

async function store(repository: LocalRepository, numbers: readonly number[]) {
  const chunks = await Promise.all(numbers.map((n) => makeChunk(n, 1000 + n)));
  for (const [i, chunk] of chunks.entries()) {
    await writeSnapshot(repository, { type: "host", id: `h${numbers[i]}`, time: TIME }, [chunk]);
  }
  return chunks;
}

Deno.test("a garbage collection ended while it marks goes on with the indexes that are left", () =>
  withRepository(async (repository) => {
    const { datastore } = repository;
    const numbers = Array.from({ length: 10 }, (_, i) => i + 1);
    const chunks = await store(repository, numbers);
    const garbage = (await store(repository, [99]))[0]!;
    await repository.forgetGroup("", { type: "host", id: "h99" });
    age(repository, [...chunks, garbage], 40 * DAY);
    await collect(repository, /^marked 50%/);
    const progress = (await new GcProgressFile(datastore).read())!;
    assertEquals([progress.total, progress.folder], [10, undefined]);
    assert(progress.marked.size >= 5 && progress.marked.size < 10, `${progress.marked.size}`);
    assert(isThere(repository, garbage));
    // A backup of meanwhile whose chunk looks old, as when its folder was copied into the datastore.
    const [added] = await store(repository, [50]);
    age(repository, [added!], 40 * DAY);
    const lines = await collect(repository);
    assert(lines.some((line) => line.startsWith("going on with the garbage collection of 2")));
    assertEquals(
      [...chunks, added!].map((each) => isThere(repository, each)),
      Array(11).fill(true),
    );
    assertEquals(isThere(repository, garbage), false);
    const status = await readGcStatus(datastore);
    assertEquals([status.indexFileCount, status.removedChunks], [11, 1]);
    assertEquals(await new GcProgressFile(datastore).read(), undefined);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
  }));

Deno.test("a garbage collection ended while it removes goes on with the folders that are left", () =>
  withRepository(async (repository) => {
    const { datastore } = repository;
    const used = await store(repository, [1, 2]);
    const garbage = await store(repository, Array.from({ length: 30 }, (_, i) => 100 + i));
    for (let n = 100; n < 130; n++) {
      await repository.forgetGroup("", { type: "host", id: `h${n}` });
    }
    age(repository, [...used, ...garbage], 40 * DAY);
    await collect(repository, /^processed 50%/);
    const { folder } = (await new GcProgressFile(datastore).read())!;
    assert(folder !== undefined && folder >= 32767 && folder < 65536, `${folder}`);
    const left = garbage.filter((chunk) => isThere(repository, chunk));
    assert(left.length > 0 && left.length < 30, `${left.length} left`);
    // What is used again between the two stays, though nothing of this run touches it.
    const again = left[0]!;
    await writeSnapshot(repository, { type: "host", id: "again", time: TIME }, [again]);
    const [added] = await store(repository, [50]);
    await collect(repository);
    assertEquals(
      [...used, again, added!].map((each) => isThere(repository, each)),
      Array(4).fill(true),
    );
    assertEquals(left.slice(1).filter((chunk) => isThere(repository, chunk)), []);
    assertEquals((await readGcStatus(datastore)).removedChunks, 29);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
  }));

Deno.test("an index in the place of a marked one is marked again", () =>
  withRepository(async (repository) => {
    const [first, second, other] = await Promise.all([1, 2, 3].map((n) => makeChunk(n, 1000)));
    const snapshot = { type: "host" as const, id: "a", time: TIME };
    await writeSnapshot(repository, snapshot, [first!]);
    await writeSnapshot(repository, { ...snapshot, id: "z" }, [other!]);
    await collect(repository, /^marked 50%/);
    await repository.forgetSnapshot("", snapshot);
    await writeSnapshot(repository, snapshot, [second!]);
    age(repository, [first!, second!], 40 * DAY);
    await collect(repository);
    assertEquals([first!, second!, other!].map((each) => isThere(repository, each)), [
      false,
      true,
      true,
    ]);
  }));

Deno.test("progress that is damaged, or of a clock that was set back, is not gone on with", () =>
  withRepository(async (repository) => {
    const { datastore } = repository;
    const chunks = await store(repository, [1, 2, 3, 4]);
    const stop = () => collect(repository, /^marked 50%/);
    const path = `${datastore.path}/.maintenance/garbage-collection.json`;
    const change = async (edit: (text: string) => string) => {
      await Deno.writeTextFile(path, edit(await Deno.readTextFile(path)));
      age(repository, chunks, 40 * DAY);
      const lines = await collect(repository);
      assertEquals(lines.filter((line) => line.startsWith("going on")), []);
      assertEquals(chunks.map((each) => isThere(repository, each)), Array(4).fill(true));
    };
    await stop();
    await change((text) => text.slice(0, -5));
    await stop();
    await change((text) => text.replace(/"last":\d+/, '"last":99999999999'));
    await stop();
    await change((text) => text.replace(/"remove":\d+/, '"remove":99999999999'));
  }));

Deno.test("what was marked days ago by the collection that is gone on with stays", () =>
  withRepository(async (repository) => {
    const chunks = await store(repository, [1, 2, 3, 4]);
    await collect(repository, /^marked 50%/);
    // As if all of that had been two days ago.
    const path = `${repository.datastore.path}/.maintenance/garbage-collection.json`;
    const text = await Deno.readTextFile(path);
    const back = (name: string, text: string) =>
      text.replace(new RegExp(`"${name}":(\\d+)`), (_, time) => `"${name}":${time - 2 * DAY}`);
    await Deno.writeTextFile(
      path,
      ["start", "last", "remove", "pending"].reduceRight(
        (changed, name) => back(name, changed),
        text,
      ),
    );
    age(repository, chunks, 2 * DAY - 10);
    const lines = await collect(repository);
    assert(lines.some((line) => line.startsWith("going on with")));
    assertEquals(chunks.map((each) => isThere(repository, each)), Array(4).fill(true));
  }));

/** Collects garbage in a process that is killed at a line of its log, unless it ends before. */
async function collectUntil(path: string, cutoff: number, line: number): Promise<void> {
  const script = new URL("../support/collect_recorded_garbage.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--cached-only", script, path, `${cutoff}`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    // It waits for an answer to each line.
    if (!text.endsWith("\n")) continue;
    if (--line === 0) child.kill("SIGKILL");
    else await writer.write(new Uint8Array(1));
  }
  await writer.close().catch(() => {});
  const { signal, success } = await child.status;
  assert(signal === "SIGKILL" || success);
}

Deno.test("a collection killed anywhere, its record with it, loses nothing that is named then", () =>
  withRepository(async (repository) => {
    const { datastore } = repository;
    const chance = new Chance(1717);
    const chunks = await Promise.all(
      Array.from({ length: 120 }, (_, i) => makeChunk(i, 1000 + i)),
    );
    let [time, resumed] = [TIME, 0];
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 5; i++) {
        const picks = new Set(Array.from({ length: 20 }, () => chunks[chance.below(120)]!));
        const snapshot = { type: "host" as const, id: `h${i}`, time: time++ };
        await writeSnapshot(repository, snapshot, [...picks]);
      }
      for (const snapshot of await repository.listSnapshots("")) {
        if (chance.below(3) === 0) await repository.forgetSnapshot("", snapshot);
      }
      const isResumed = await new GcProgressFile(datastore).read() !== undefined;
      if (isResumed) resumed++;
      // Nothing is young enough to stay for that alone, but for what an unfinished one has marked.
      else age(repository, chunks.filter((chunk) => isThere(repository, chunk)), 2 * DAY);
      await collectUntil(datastore.path, chance.below(2) * DAY, 1 + chance.below(20));
      const verified = await repository.verify(
        { namespace: "", ignoreVerified: false },
        () => {},
      );
      assertEquals(verified, { ok: true }, `round ${round}`);
    }
    assert(resumed >= 3, `${resumed} rounds were killed after their first record`);
    await collect(repository);
    assertEquals(await repository.verify({ namespace: "", ignoreVerified: false }, () => {}), {
      ok: true,
    });
  }));
