import { assert, assertEquals, assertRejects } from "@std/assert";
import { AuthError, LockedError, UsageError } from "../../lib/errors/mod.ts";
import { parseGroupFilter } from "../../lib/filters/mod.ts";
import { openRemoteRepository, type RemoteRepository } from "../../lib/remote/mod.ts";
import { HeldCollections } from "../support/held_collections.ts";
import { chunkFile, maintainStore, stepOf } from "../support/maintain_store.ts";
import { remoteOptions } from "../support/remote_repository.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";
import { ADMINISTRATOR, TestServer } from "../support/test_server.ts";

const TIME = 1700000000;
const ids = ["a", "b", "c", "d"];

/** A server with four groups of two snapshots; `joe@pbs` has a backup of his own there. */
async function withServer(
  body: (repository: RemoteRepository, server: TestServer) => Promise<void>,
): Promise<void> {
  const accounts = {
    accounts: [...ADMINISTRATOR.accounts, { authId: "joe@pbs", enabled: true, expire: 0 }],
    rules: [
      ...ADMINISTRATOR.rules,
      { path: "/datastore", authId: "joe@pbs", roles: ["DatastorePowerUser"], propagate: true },
    ],
    secrets: { ...ADMINISTRATOR.secrets, "joe@pbs": "a password" },
  };
  await using server = await TestServer.start({ accounts });
  await using repository = await openRemoteRepository(remoteOptions(server));
  for (const [i, id] of ids.entries()) {
    for (const time of [TIME, TIME + 1]) {
      await writeSnapshot(repository, { type: "host", id, time }, [await makeChunk(i, 1000)]);
    }
  }
  await using joe = await openRemoteRepository(remoteOptions(server, { authId: "joe@pbs" }));
  for (const time of [TIME, TIME + 1]) {
    await writeSnapshot(joe, { type: "host", id: "joe", time }, [await makeChunk(9, 1000)]);
  }
  await body(repository, server);
}

Deno.test("a server's datastore is maintained by its tasks, whose logs are shown", () =>
  withServer(async (repository) => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const dry = await maintainStore(repository, { keep: { last: 1 }, dryRun: true });
    assertEquals([stepOf(dry, "prune").figures.removed, stepOf(dry, "verify").figures.due], [
      5,
      10,
    ]);
    assertEquals((await repository.tasks.list({ all: true, limit: 50 })).length, 8);
    const report = await maintainStore(repository, { keep: { last: 1 } }, { log });
    assertEquals([report.state, report.complete], ["ok", true]);
    assertEquals(stepOf(report, "prune").figures.removed, 5);
    assertEquals(stepOf(report, "verify").figures.due, 5);
    assertEquals(stepOf(report, "garbage-collection").figures["removed-chunks"], 0);
    for (const text of ["phase 2: remove unused chunks", "percentage done: 100.00%"]) {
      assert(lines.some((line) => line.startsWith(text)), text);
    }
    const kinds = (await repository.tasks.list({ all: true, limit: 50 })).map(({ workerType }) =>
      workerType
    );
    assertEquals(kinds.filter((kind) => kind === "verify").length, 1);
    const listed = await repository.listSnapshots("");
    assertEquals(listed.map(({ verification }) => verification?.state), Array(5).fill("ok"));
    const again = await maintainStore(repository);
    assertEquals([again.state, stepOf(again, "verify").figures.due], ["ok", 0]);
    await assertRejects(() => maintainStore(repository, { cutoffSeconds: 0 }), UsageError);
  }));

Deno.test("a user without a privilege gets a line for each step that is refused, the others go on", () =>
  withServer(async (_, server) => {
    await using joe = await openRemoteRepository(remoteOptions(server, { authId: "joe@pbs" }));
    const lines: string[] = [];
    const log = (line: string, isProblem = false) => isProblem && lines.push(line);
    const report = await maintainStore(joe, { keep: { last: 1 } }, { log });
    assertEquals(report.steps.map(({ step, state }) => [step, state]), [
      ["prune", "ok"],
      ["garbage-collection", "refused"],
      ["verify", "ok"],
    ]);
    assertEquals([report.state, report.complete], ["failed", false]);
    assertEquals(stepOf(report, "prune").figures.removed, 1);
    assertEquals(lines.length, 1);
    assert(lines[0]!.startsWith("garbage-collection: refused: "), lines[0]);
    assert(lines[0]!.endsWith("(--skip garbage-collection leaves it out)"), lines[0]);
    await using other = await openRemoteRepository(
      remoteOptions(server, { authId: "admin@pbs!ci", password: "a secret" }),
    );
    await assertRejects(
      () => joe.prune({ namespace: "", group: { type: "host", id: "a" }, keep: { last: 1 } }),
      AuthError,
    );
    assertEquals((await other.listSnapshots("")).length, 9);
  }));

Deno.test("a sample of a server takes the snapshots that wait longest, until all had their turn", () =>
  withServer(async (repository) => {
    const skip = new Set(["garbage-collection", "prune"] as const);
    const plan = {
      skip,
      whole: undefined,
      sampleShare: 0.3,
      filters: [parseGroupFilter("regex:.")],
    };
    const counts: number[] = [];
    for (let run = 0; run < 4; run++) {
      const report = await maintainStore(repository, plan);
      assertEquals([report.state, stepOf(report, "verify").figures["sample-snapshots"]], ["ok", 3]);
      const verified = (await repository.listSnapshots("")).filter((each) => each.verification);
      counts.push(verified.length);
    }
    assertEquals(counts, [3, 6, 9, 10]);
  }));

Deno.test("damage on a server is told with its snapshots; some groups alone are a task each", () =>
  withServer(async (repository, server) => {
    const { digest } = await makeChunk(0, 1000);
    const path = chunkFile(server.datastorePath, digest);
    Deno.writeFileSync(path, Deno.readFileSync(path).map((byte, i) => i === 12 ? byte ^ 1 : byte));
    const filters = [parseGroupFilter("group:host/a"), parseGroupFilter("group:host/b")];
    const report = await maintainStore(repository, { filters });
    assertEquals([report.state, stepOf(report, "verify").state], ["failed", "failed"]);
    assertEquals(report.badSnapshots.map(({ snapshot }) => snapshot), [
      "host/a/2023-11-14T22:13:20Z",
      "host/a/2023-11-14T22:13:21Z",
    ]);
    const tasks = await repository.tasks.list({ all: true, limit: 50 });
    assertEquals(tasks.filter(({ workerType }) => workerType === "verify_group").length, 2);
    const again = await maintainStore(repository);
    assertEquals([again.state, again.badSnapshots[0]!.problems], ["failed", [
      "its last verification failed",
    ]]);
  }));

Deno.test("who maintains a server that is collecting garbage is told who does, and ends", () =>
  withServer(async (repository, server) => {
    let held = new HeldCollections(server);
    const upid = await repository.tasks.startGarbageCollection();
    const error = await assertRejects(() => maintainStore(repository), LockedError);
    assert(error.message.includes("is being maintained: task garbage_collection of admin@pbs"));
    held.letGo();
    await repository.tasks.follow(upid, () => {});
    const none = await maintainStore(repository, { timeLimitSeconds: 0 });
    assertEquals([none.state, none.complete], ["ok", false]);
    held = new HeldCollections(server);
    const stop = new AbortController();
    const maintaining = maintainStore(repository, {}, {
      signal: stop.signal,
      log: (line) => line.startsWith("starting garbage collection") && stop.abort(),
    });
    await held.stopped();
    held.letGo();
    const report = await maintaining;
    assertEquals(report.steps.map(({ state }) => state), ["skipped", "interrupted", "left"]);
    assertEquals((await maintainStore(repository)).complete, true);
  }));
