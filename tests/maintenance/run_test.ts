import { assert, assertEquals, assertRejects } from "@std/assert";
import { setFileTimes } from "../../ffi/posix_files.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { LockedError } from "../../lib/errors/mod.ts";
import { lockMaintenance } from "../../lib/maintenance/maintenance_lock.ts";
import { waitForLock } from "../../lib/repository/mod.ts";
import { listTree } from "../support/list_tree.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { chunkPath, maintainStore, stepOf } from "../support/maintain_store.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";

const TIME = 1700000000;

function withRepository(body: (repository: LocalRepository) => Promise<void>): Promise<void> {
  return withLocalRepository(body, { gcAccessTimeCheck: false });
}

/** Two snapshots of one group, of which the older one goes, and garbage that is old. */
async function fill(repository: LocalRepository) {
  const [used, garbage] = await Promise.all([1, 2].map((n) => makeChunk(n, 1000)));
  await writeSnapshot(repository, { type: "host", id: "a", time: TIME }, [used!]);
  await writeSnapshot(repository, { type: "host", id: "a", time: TIME + 1 }, [used!]);
  await writeSnapshot(repository, { type: "host", id: "gone", time: TIME }, [garbage!]);
  await repository.forgetGroup("", { type: "host", id: "gone" });
  const old = Math.floor(Date.now() / 1000) - 5 * 86400;
  for (const { digest } of [used!, garbage!]) setFileTimes(chunkPath(repository, digest), old, old);
  return { used: used!, garbage: garbage! };
}

Deno.test("one run prunes, collects garbage and verifies, and reports it", () =>
  withRepository(async (repository) => {
    const { used, garbage } = await fill(repository);
    const report = await maintainStore(repository, { keep: { last: 1 } });
    assertEquals([report.state, report.complete], ["ok", true]);
    assertEquals(report.steps.map(({ step, state }) => [step, state]), [
      ["prune", "ok"],
      ["garbage-collection", "ok"],
      ["verify", "ok"],
    ]);
    assertEquals(stepOf(report, "prune").removed, ["host/a/2023-11-14T22:13:20Z"]);
    assertEquals(stepOf(report, "garbage-collection").figures["removed-chunks"], 1);
    assertEquals(stepOf(report, "verify").figures.verified, 1);
    assert(repository.datastore.chunks.stat(used.digest) !== undefined);
    assertEquals(repository.datastore.chunks.stat(garbage.digest), undefined);
  }));

Deno.test("a dry run and a run without time change nothing but the record, the next one completes", () =>
  withRepository(async (repository) => {
    await fill(repository);
    const { path } = repository.datastore;
    const before = await listTree(path);
    const dry = await maintainStore(repository, { keep: { last: 1 }, dryRun: true });
    assertEquals([dry.complete, stepOf(dry, "prune").figures.removed], [true, 1]);
    assertEquals(stepOf(dry, "verify").figures.due, 2);
    assertEquals(await listTree(path), before);
    const none = await maintainStore(repository, { keep: { last: 1 }, timeLimitSeconds: 0 });
    assertEquals([none.state, none.complete], ["ok", false]);
    assertEquals(none.steps.map(({ state }) => state), ["left", "left", "left"]);
    Deno.removeSync(`${path}/.maintenance`, { recursive: true });
    assertEquals(await listTree(path), before);
    assertEquals((await maintainStore(repository, { keep: { last: 1 } })).complete, true);
  }));

Deno.test("of steps that time does not suffice for, the one that waits longest comes first", () =>
  withRepository(async (repository) => {
    await fill(repository);
    const endIn = (line: RegExp) => {
      const stop = new AbortController();
      return { signal: stop.signal, log: (text: string) => line.test(text) && stop.abort() };
    };
    const orderOf = async (context = {}) =>
      (await maintainStore(repository, {}, context)).steps.map(({ step, state }) => [step, state]);
    const [prune, gc, verify] = ["prune", "garbage-collection", "verify"];
    assertEquals(await orderOf(endIn(/^phase 1/)), [
      [prune, "skipped"],
      [gc, "interrupted"],
      [verify, "left"],
    ]);
    assertEquals(await orderOf(endIn(/^verify: begins/)), [
      [prune, "skipped"],
      [verify, "interrupted"],
      [gc, "left"],
    ]);
    // Both wait; the collection was worked on longer ago, or in the same second.
    const third = await orderOf(endIn(/^processed 50%/));
    assertEquals(third[1], [gc, "interrupted"]);
    assertEquals(third[2], [verify, "left"]);
    assertEquals((await maintainStore(repository)).complete, true);
    assertEquals((await orderOf())[1]![0], gc);
  }));

Deno.test("a second maintenance of a datastore says who is at it, and ends; a killed one is gone", () =>
  withRepository(async (repository) => {
    const { datastore } = repository;
    {
      using _lock = await lockMaintenance(datastore);
      const error = await assertRejects(() => maintainStore(repository), LockedError);
      assert(error.message.includes(`is being maintained by process ${Deno.pid} of user`));
      assert(error.message.includes(` on host "${Deno.hostname()}" since 2`), error.message);
      Deno.writeTextFileSync(`${datastore.path}/.maintenance/holder.json`, "{");
      const second = await assertRejects(() => maintainStore(repository), LockedError);
      assert(second.message.endsWith("is being maintained by another process"), second.message);
      // It needs no lock to look.
      await maintainStore(repository, { dryRun: true });
    }
    Deno.writeTextFileSync(`${datastore.path}/.maintenance/record.json.tmp_abcdef`, "{");
    await maintainStore(repository);
    const names = [...Deno.readDirSync(`${datastore.path}/.maintenance`)].map(({ name }) => name);
    assertEquals(names.sort(), ["lock", "record.json"]);
    // Who is willing to wait gets it.
    const held = await lockMaintenance(datastore);
    await waitForLock(undefined, async () => {
      const waiting = maintainStore(repository, {}, {
        lockWait: { waitMs: 60_000, log: () => held[Symbol.dispose]() },
      });
      assertEquals((await waiting).complete, true);
    });
  }));

Deno.test("a backup in another process only keeps the garbage collection from its turn", () =>
  withRepository(async (repository) => {
    await fill(repository);
    const holder = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "--cached-only", "tests/support/crash_backup.ts"]
        .concat(repository.datastore.path, "begun"),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = holder.stdout.getReader();
    await reader.read();
    const report = await maintainStore(repository, { keep: { last: 1 } });
    holder.kill("SIGKILL");
    await reader.cancel();
    await holder.stdin.close().catch(() => {});
    await holder.status;
    assertEquals(report.steps.map(({ state }) => state), ["ok", "locked", "ok"]);
    assertEquals([report.state, report.complete], ["warnings", false]);
    assert(stepOf(report, "garbage-collection").message!.includes("another process writes to it"));
    const next = await maintainStore(repository, { keep: { last: 1 } });
    assertEquals([next.complete, next.steps[1]!.step], [true, "garbage-collection"]);
  }));

Deno.test("a record that is damaged is begun anew", () =>
  withRepository(async (repository) => {
    await fill(repository);
    const file = `${repository.datastore.path}/.maintenance/record.json`;
    await maintainStore(repository, { sampleShare: 0.5 });
    for (const text of ["", "{", "[]", '{"version":2}', '{"version":1,"unfinished":["x"]}']) {
      Deno.writeTextFileSync(file, text);
      assertEquals((await maintainStore(repository)).state, "ok");
    }
    using other = Datastore.open(repository.datastore.path);
    await using second = new LocalRepository(other);
    assertEquals((await maintainStore(second, { timeLimitSeconds: 3600 })).complete, true);
  }));
