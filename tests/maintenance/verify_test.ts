import { assert, assertEquals } from "@std/assert";
import { compareBytes, encodeHex } from "../../lib/bytes/mod.ts";
import {
  DatastoreSnapshot,
  type LocalRepository,
  localUpid,
  readManifest,
  updateManifest,
} from "../../lib/datastore/mod.ts";
import { verifyStateOf, withVerifyState } from "../../lib/manifest/mod.ts";
import { formatUpid, type NewChunk, parseUpid } from "../../lib/repository/mod.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { chunkPath, damageChunk, maintainStore, stepOf } from "../support/maintain_store.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";

const TIME = 1700000000;
const DAY = 86400;
const VERIFY = { skip: new Set(["prune", "garbage-collection"] as const) };

function chunksOf(...numbers: number[]): Promise<NewChunk[]> {
  return Promise.all(numbers.map((n) => makeChunk(n % 251, 1000 + n)));
}

function snapshotOf({ datastore }: LocalRepository, id: string, namespace = ""): DatastoreSnapshot {
  return new DatastoreSnapshot(datastore, namespace, { type: "host", id, time: TIME });
}

async function stateOf(snapshot: DatastoreSnapshot) {
  return verifyStateOf(await readManifest(snapshot));
}

/** Makes the last verification of a snapshot look old. */
async function verifiedBefore(snapshot: DatastoreSnapshot, days: number): Promise<void> {
  const upid = formatUpid({
    ...parseUpid(localUpid("verify", "store")),
    startTime: Math.floor(Date.now() / 1000) - days * DAY,
  });
  await updateManifest(snapshot, (manifest) => withVerifyState(manifest, { upid, state: "ok" }));
}

Deno.test("what waits longest is verified first, and no run after run keeps it from its turn", () =>
  withLocalRepository(async (repository) => {
    const ids = ["a", "b", "c", "d", "e"];
    for (const [i, id] of ids.entries()) {
      await writeSnapshot(repository, { type: "host", id, time: TIME }, await chunksOf(i));
    }
    for (const [id, days] of [["a", 31], ["b", 50], ["c", 30], ["d", 40], ["e", 2]] as const) {
      await verifiedBefore(snapshotOf(repository, id), days);
    }
    // Made long ago and never verified: waits since then.
    await writeSnapshot(repository, { type: "host", id: "new", time: TIME }, await chunksOf(9));
    const order: string[] = [];
    for (let run = 1; run <= 4; run++) {
      const stop = new AbortController();
      const report = await maintainStore(repository, VERIFY, {
        signal: stop.signal,
        log: (line) => {
          const id = /^verifying snapshot "host\/(\w+)/.exec(line)?.[1];
          if (id !== undefined) order.push(id);
          if (line.startsWith("percentage done")) stop.abort();
        },
      });
      const { state, left, figures } = stepOf(report, "verify");
      assertEquals(figures.verified, 1);
      assertEquals([state, left], [
        run === 4 ? "ok" : "interrupted",
        run === 4 ? undefined : `${4 - run} of ${5 - run} snapshots`,
      ]);
    }
    assertEquals(order, ["new", "b", "d", "a"]);
    const report = await maintainStore(repository, VERIFY);
    assertEquals([report.state, stepOf(report, "verify").figures.due], ["ok", 0]);
  }));

Deno.test("a verification that was ended in a snapshot goes on there, under the name of the first", () =>
  withLocalRepository(async (repository) => {
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    const chunks = await chunksOf(...numbers);
    const total = chunks.reduce((sum, { size }) => sum + size, 0);
    await writeSnapshot(repository, { type: "host", id: "a", time: TIME }, chunks);
    const snapshot = snapshotOf(repository, "a");
    let [read, runs] = [0, 0];
    const begun = Math.floor(Date.now() / 1000);
    for (;; runs++) {
      assert(runs < 10, "it never ends");
      const stop = new AbortController();
      let mine = 0;
      const report = await maintainStore(repository, VERIFY, {
        signal: stop.signal,
        onProgress: ({ bytesRead }) => {
          mine = bytesRead;
          if (bytesRead > total / 3) stop.abort();
        },
      });
      read += mine;
      if (report.complete) break;
      assertEquals(stepOf(report, "verify").left, "1 of 1 snapshots");
      assertEquals(await stateOf(snapshot), undefined);
    }
    assert(runs >= 2, `${runs} runs`);
    // Those that were in hand are read again.
    assert(read >= total && read < total * 1.4, `${read} of ${total}`);
    const verified = (await stateOf(snapshot))!;
    assertEquals(verified.state, "ok");
    const { startTime, workerType } = parseUpid(verified.upid);
    assertEquals(workerType, "verify");
    assert(startTime >= begun);
  }));

Deno.test("damage that was met before the interruption fails the snapshot after it", () =>
  withLocalRepository(async (repository) => {
    const chunks = await chunksOf(...Array.from({ length: 100 }, (_, i) => i));
    await writeSnapshot(repository, { type: "host", id: "a", time: TIME }, chunks);
    damageChunk(repository, chunks[0]!.digest);
    const stop = new AbortController();
    const first = await maintainStore(repository, VERIFY, {
      signal: stop.signal,
      onProgress: ({ bytesRead }) => bytesRead > 50_000 && stop.abort(),
    });
    assertEquals([first.state, first.complete], ["failed", false]);
    assertEquals(first.badChunks.map(({ digest }) => digest), [encodeHex(chunks[0]!.digest)]);
    const second = await maintainStore(repository, VERIFY);
    assertEquals([second.state, second.complete], ["failed", true]);
    assertEquals((await stateOf(snapshotOf(repository, "a")))!.state, "failed");
    assertEquals(second.badSnapshots.map(({ snapshot }) => snapshot), [
      "host/a/2023-11-14T22:13:20Z",
    ]);
  }));

Deno.test("a damaged chunk is told with all its snapshots, verified lately or out of scope", () =>
  withLocalRepository(async (repository) => {
    const [shared, own] = await chunksOf(1, 2);
    await repository.createNamespace("n");
    await writeSnapshot(repository, { type: "host", id: "a", time: TIME }, [shared!]);
    await writeSnapshot(repository, { type: "host", id: "b", time: TIME }, [shared!, own!]);
    await writeSnapshot(repository, { type: "host", id: "c", time: TIME }, [shared!], "n");
    await writeSnapshot(repository, { type: "host", id: "d", time: TIME }, [own!]);
    await verifiedBefore(snapshotOf(repository, "b"), 1);
    damageChunk(repository, shared!.digest);
    const report = await maintainStore(repository, { ...VERIFY, maxDepth: 0 });
    assertEquals(report.state, "failed");
    const names = ["host/a/", "host/b/", "n:host/c/"].map((name) => `${name}2023-11-14T22:13:20Z`);
    assertEquals(report.badChunks, [{
      digest: encodeHex(shared!.digest),
      problem: "is damaged: its CRC does not match",
      snapshots: names,
    }]);
    assertEquals(report.badSnapshots.map(({ snapshot }) => snapshot).sort(), names);
    const states = [];
    for (const [id, namespace] of [["a", ""], ["b", ""], ["c", "n"], ["d", ""]] as const) {
      states.push((await stateOf(snapshotOf(repository, id, namespace)))?.state);
    }
    assertEquals(states, ["failed", "failed", "failed", "ok"]);
    // It stays known as long as nothing has changed, without being read again.
    const again = await maintainStore(repository, VERIFY);
    assertEquals([again.state, stepOf(again, "verify").figures.due], ["failed", 0]);
    assertEquals(again.badSnapshots.length, 3);
    // A backup of the same data heals it, and all are looked at again.
    await writeSnapshot(repository, { type: "host", id: "e", time: TIME }, [shared!]);
    const healed = await maintainStore(repository, VERIFY);
    assertEquals([healed.state, stepOf(healed, "verify").figures.due], ["ok", 4]);
    assertEquals((await stateOf(snapshotOf(repository, "c", "n")))!.state, "ok");
  }));

Deno.test("samples side by side reach every chunk once in the number of runs that is told", () =>
  withLocalRepository(async (repository) => {
    const chunks = await chunksOf(...Array.from({ length: 120 }, (_, i) => i));
    await writeSnapshot(repository, { type: "host", id: "a", time: TIME }, chunks.slice(0, 80));
    await writeSnapshot(repository, { type: "host", id: "b", time: TIME }, chunks.slice(40));
    const bad = chunks[60]!;
    let [seen, found] = [0, 0];
    const plan = { ...VERIFY, whole: undefined, sampleShare: 0.1 };
    damageChunk(repository, bad.digest);
    Deno.removeSync(chunkPath(repository, chunks[100]!.digest));
    for (let run = 1; run <= 10; run++) {
      const report = await maintainStore(repository, plan);
      const { figures } = stepOf(report, "verify");
      assertEquals([figures["round-runs"], figures["round-runs-left"]], [run, 10 - run]);
      seen += figures["sample-chunks"]!;
      found += report.badChunks.length;
      for (const { digest, snapshots } of report.badChunks) {
        assertEquals(snapshots.length, digest === encodeHex(bad.digest) ? 2 : 1);
      }
    }
    assertEquals([seen, found], [120, 2]);
    assertEquals((await stateOf(snapshotOf(repository, "a")))!.state, "failed");
    // The next round begins.
    const { figures } = stepOf(await maintainStore(repository, plan), "verify");
    assertEquals([figures["round-runs"], figures["round-percent"]], [1, 10]);
  }));

Deno.test("a sample that is ended goes on where it was, and sees the files in every run", () =>
  withLocalRepository(async (repository) => {
    const chunks = await chunksOf(...Array.from({ length: 100 }, (_, i) => i));
    await writeSnapshot(repository, { type: "host", id: "a", time: TIME }, chunks);
    const plan = { ...VERIFY, whole: undefined, sampleShare: 1 };
    const sorted = chunks.toSorted((a, b) => compareBytes(a.digest, b.digest));
    damageChunk(repository, sorted[50]!.digest);
    const stop = new AbortController();
    const first = await maintainStore(repository, plan, {
      signal: stop.signal,
      log: (line) => line.startsWith("corrupt chunk") && stop.abort(),
    });
    assertEquals([first.complete, first.badChunks.length], [false, 1]);
    const second = await maintainStore(repository, plan);
    assertEquals(second.complete, true);
    const [before, after] = [first, second].map((report) =>
      stepOf(report, "verify").figures["sample-chunks"]!
    );
    // Those in hand are checked twice, and none is left out.
    assert(before! >= 43 && before! < 60, `${before}`);
    assert(before! + after! >= 100 && before! + after! <= 116, `${before} and ${after}`);
    await repository.forgetGroup("", { type: "host", id: "a" });
    await writeSnapshot(repository, { type: "host", id: "a", time: TIME }, chunks);
    assertEquals((await maintainStore(repository, plan)).state, "ok");
    const index = `${repository.datastore.path}/${
      snapshotOf(repository, "a").folder
    }/root.pxar.didx`;
    Deno.writeFileSync(index, Deno.readFileSync(index).subarray(0, 4096 + 40 * 7));
    const damaged = await maintainStore(repository, { ...plan, sampleShare: 0.001 });
    assertEquals([damaged.state, damaged.badSnapshots.length], ["failed", 1]);
    assert(damaged.badSnapshots[0]!.problems[0]!.includes("root.pxar.didx"));
  }));
