import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { beginBackup, Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { SystemError } from "../../lib/errors/mod.ts";
import {
  type BackupSnapshot,
  type BackupTarget,
  formatSnapshotPath,
  parseUpid,
} from "../../lib/repository/mod.ts";
import { openRemoteRepository } from "../../lib/remote/mod.ts";
import { eventually } from "../support/eventually.ts";
import { failingDatastore, FailingStep } from "../support/failing_datastore.ts";
import { kernelLocks } from "../support/kernel_locks.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { remoteOptions, withRemoteRepository } from "../support/remote_repository.ts";
import {
  makeChunk,
  uploadManifest,
  writeArchive,
  writeSnapshot,
} from "../support/target_conformance.ts";
import { TestServer } from "../support/test_server.ts";

const TIME = 1700000000;
const WEB = { type: "host" as const, id: "web" };
/** More than any session has. */
const MAX_STEPS = 100;

function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

/** What a session stores: chunks, indexes of both kinds, a blob, the manifest. */
async function store(target: BackupTarget): Promise<void> {
  const chunk = await makeChunk(7, 4000);
  const tree = await writeArchive(target, "dynamic", "root.pxar.didx", [chunk]);
  const image = await writeArchive(target, "fixed", "disk.img.fidx", [chunk]);
  await target.uploadBlob("app.conf.blob", chunk.blob);
  await uploadManifest(target, { "root.pxar.didx": tree, "disk.img.fidx": image });
}

/** A whole session. Whoever began it ends it, whatever happens. */
async function session(
  datastore: Datastore,
  snapshot: BackupSnapshot,
  ends: "finish" | "abort",
): Promise<void> {
  const begin = { namespace: "", snapshot, owner: "root@pam", checkOwner: true };
  await using target = await beginBackup(datastore, begin);
  await store(target);
  if (ends === "finish") await target.finish();
  // An index that nobody closes any more.
  else await target.createIndex("dynamic", "open.pxar.didx");
}

/** Nothing of a session that has ended is in anybody's way. */
async function assertReleased(
  repository: LocalRepository,
  group: { readonly type: "host"; readonly id: string },
  step: string,
): Promise<void> {
  const { datastore } = repository;
  assertEquals(kernelLocks(datastore.path), [], step);
  (await datastore.processLock.acquireExclusive())[Symbol.dispose]();
  await writeSnapshot(repository, { ...group, time: TIME + 1000 }, [await makeChunk(1, 500)]);
  await repository.forgetGroup("", group);
  assert(![...Deno.readDirSync(`${datastore.path}/host`)].some(({ name }) => name === group.id));
}

for (const ends of ["finish", "abort"] as const) {
  for (const whenDone of [false, true]) {
    const when = whenDone ? "after its work" : "before its work";
    Deno.test(`a local session (${ends}) gives everything back whichever step fails ${when}`, () =>
      withLocalRepository(async (repository) => {
        const { datastore } = repository;
        const failed: string[] = [];
        for (let number = 1; number < MAX_STEPS; number++) {
          // In a group of its own, and in one that has a snapshot to build upon.
          for (const hasPrevious of [false, true]) {
            const group = { type: "host" as const, id: `g${number}${hasPrevious ? "p" : ""}` };
            if (hasPrevious) {
              await writeSnapshot(repository, { ...group, time: TIME - 100 }, [
                await makeChunk(9, 900),
              ]);
            }
            const before = descriptors();
            const step = new FailingStep(number, whenDone);
            const failing = failingDatastore(datastore, step);
            await session(failing, { ...group, time: TIME }, ends).catch((error) =>
              assertMatch(String(error), /was made to fail|cannot|already/)
            );
            assertEquals(descriptors(), before, step.failed);
            const isThere = (await repository.listSnapshots("", group)).some(({ time }) =>
              time === TIME
            );
            if (step.failed !== undefined) failed.push(step.failed);
            else assertEquals(isThere, ends === "finish");
            await assertReleased(repository, group, `${number} ${step.failed}`);
          }
        }
        // Otherwise nothing was tested.
        const last = ends === "finish" ? "files.replace" : "files.removeTree";
        for (const name of ["files.makeFolder", last]) assert(failed.includes(name), name);
        assert(failed.length < 2 * (MAX_STEPS - 1));
      }));
  }
}

/** What else takes locks, on two groups of two snapshots each. */
const MAINTENANCE: Readonly<Record<string, (repository: LocalRepository) => Promise<unknown>>> = {
  "prune": (repository) => repository.prune({ namespace: "", group: WEB, keep: { last: 1 } }),
  "removal of a snapshot": (repository) => repository.forgetSnapshot("", { ...WEB, time: TIME }),
  "removal of a group": (repository) => repository.forgetGroup("", WEB),
  "a move of a group": (repository) =>
    repository.moveGroup({ group: WEB, from: "", to: "b" }, () => {}),
  "a move of a namespace": (repository) =>
    repository.moveNamespace({ from: "a", to: "c" }, () => {}),
  "removal of a namespace": (repository) => repository.deleteNamespace("a", true),
  "protection": (repository) => repository.setProtected("", { ...WEB, time: TIME }, true),
  "a change of the owner": (repository) => repository.changeOwner("", WEB, "joe@pbs"),
  "notes": (repository) => repository.writeNotes("", { ...WEB, time: TIME }, "remember"),
  "notes of a group": (repository) => repository.writeGroupNotes("", WEB, "remember"),
  "verification": (repository) => repository.verify({ namespace: "" }, () => {}),
  "garbage collection": (repository) => repository.garbageCollect(() => {}),
  "reading": async (repository) => {
    await using source = await repository.openSnapshot("", { ...WEB, time: TIME });
    await source.readFile("root.pxar.didx");
  },
};

for (const [name, work] of Object.entries(MAINTENANCE)) {
  Deno.test(`${name} gives its locks back whichever step fails`, () =>
    withLocalRepository(async ({ datastore }) => {
      let isOver = false;
      let steps = 0;
      // A collection asks for so many folders of chunks that its first steps must do.
      const enough = name === "garbage collection" ? 40 : MAX_STEPS;
      for (; !isOver && steps < enough; steps++) {
        const repository = new LocalRepository(datastore);
        for (const namespace of ["a", "b"]) await repository.createNamespace(namespace);
        await repository.forgetGroup("", WEB).catch(() => {});
        for (const namespace of ["a", "b", "c"]) {
          await repository.deleteNamespace(namespace, true);
          if (namespace !== "c") await repository.createNamespace(namespace);
        }
        for (const namespace of ["", "a"]) {
          for (const time of [TIME, TIME + 100]) {
            const chunks = [await makeChunk(1, 1000)];
            await writeSnapshot(repository, { ...WEB, time }, chunks, namespace);
          }
        }
        const before = descriptors();
        const step = new FailingStep(steps + 1, false);
        const failing = new LocalRepository(failingDatastore(datastore, step));
        // Prune and verification go on after what failed.
        await work(failing).catch((error) => assertMatch(String(error), /was made to fail|cannot/));
        isOver = step.failed === undefined;
        assertEquals(descriptors(), before, step.failed);
        assertEquals(kernelLocks(datastore.path), [], step.failed);
        (await datastore.processLock.acquireExclusive())[Symbol.dispose]();
        await repository.setProtected("", { ...WEB, time: TIME }, false).catch((error) =>
          assertMatch(String(error), /does not exist/)
        );
      }
      assert((isOver || enough < MAX_STEPS) && steps > 2, `${steps}`);
    }, { gcAccessTimeCheck: false }));
}

/** Has a server work with a datastore one of whose steps fails; `undefined` ends that. */
function fail(server: TestServer, step: FailingStep | undefined): void {
  const { state } = server.server;
  Reflect.deleteProperty(state, "datastore");
  if (step === undefined) return;
  const { datastore } = state;
  Object.defineProperty(state, "datastore", {
    configurable: true,
    value: (...args: Parameters<typeof datastore>) => {
      const offered = datastore.apply(state, args);
      return { ...offered, datastore: failingDatastore(offered.datastore, step) };
    },
  });
}

async function idle(server: TestServer): Promise<void> {
  await eventually(() => {
    assertEquals(server.server.state.tasks.running.length, 0);
    return Promise.resolve();
  });
}

Deno.test("a served session gives everything back whichever step fails", () =>
  withRemoteRepository(async (remote, server) => {
    using datastore = Datastore.open(server.datastorePath);
    const local = new LocalRepository(datastore);
    let isOver = false;
    for (let number = 1; !isOver && number < MAX_STEPS; number++) {
      const group = { type: "host" as const, id: `g${number}` };
      const step = new FailingStep(number, false);
      fail(server, step);
      try {
        await using target = await remote.beginBackup({
          namespace: "",
          snapshot: { ...group, time: TIME },
        });
        await store(target);
        await target.finish();
        isOver = true;
      } catch (error) {
        assertMatch(String(error), /was made to fail|cannot|already/);
      }
      fail(server, undefined);
      await idle(server);
      await assertReleased(local, group, `${number} ${step.failed}`);
    }
    assert(isOver);
  }));

Deno.test("a served reader gives its lock back whichever step fails", () =>
  withRemoteRepository(async (remote, server) => {
    const group = { type: "host" as const, id: "web" };
    const snapshot = { ...group, time: TIME };
    await writeSnapshot(remote, snapshot, [await makeChunk(1, 4000)]);
    await idle(server);
    let isOver = false;
    for (let number = 1; !isOver && number < MAX_STEPS; number++) {
      fail(server, new FailingStep(number, false));
      try {
        await using source = await remote.openSnapshot("", snapshot);
        await source.readFile("root.pxar.didx");
        isOver = true;
      } catch (error) {
        assertMatch(String(error), /was made to fail/);
      }
      fail(server, undefined);
      await idle(server);
      assertEquals(kernelLocks(server.datastorePath), []);
    }
    assert(isOver);
  }));

Deno.test("a task log that cannot be made refuses a session and leaves nothing of it", () =>
  withRemoteRepository(async (remote, server) => {
    const snapshot = { type: "host" as const, id: "web", time: TIME };
    await writeSnapshot(remote, snapshot, [await makeChunk(1, 4000)]);
    await idle(server);
    const logs = `${server.dir.path}/log/tasks`;
    const [folder] = [...Deno.readDirSync(logs)].filter(({ isDirectory }) => isDirectory);
    Deno.renameSync(`${logs}/${folder!.name}`, `${logs}/aside`);
    Deno.writeTextFileSync(`${logs}/${folder!.name}`, "in the way");
    const later = { ...snapshot, time: TIME + 100 };
    for (const { id } of [snapshot, { id: "new" }]) {
      await assertRejects(
        () => remote.beginBackup({ namespace: "", snapshot: { ...later, id } }),
        Error,
        "cannot make the log of the task",
      );
    }
    await assertRejects(() => remote.openSnapshot("", snapshot), Error, "cannot make the log");
    await assertRejects(
      () => remote.verify({ namespace: "" }, () => {}),
      Error,
      "cannot make the log",
    );
    assertEquals(kernelLocks(server.datastorePath), []);
    const host = `${server.datastorePath}/host`;
    assertEquals([...Deno.readDirSync(host)].map(({ name }) => name), ["web"]);
    assertEquals([...Deno.readDirSync(`${host}/web`)].length, 2);
    // What frees space has to run on a disk that is full.
    await remote.prune({ namespace: "", group: snapshot, keep: { last: 1 } });
    const lines: string[] = [];
    await remote.garbageCollect((line) => lines.push(line));
    assertMatch(lines.join(), /^WARN: cannot make the log of the task: /);
    const [collection] = server.server.state.tasks.list();
    assertEquals(collection!.upid.workerType, "garbage_collection");
    assertEquals(collection!.end!.status, "WARNINGS: 1");
    Deno.removeSync(`${logs}/${folder!.name}`);
    Deno.renameSync(`${logs}/aside`, `${logs}/${folder!.name}`);
    await writeSnapshot(remote, later, [await makeChunk(2, 4000)]);
  }));

Deno.test("names that are too long for a task's log are cut in its identifier only", () =>
  withRemoteRepository(async (remote, server) => {
    const { tasks } = server.server.state;
    for (const id of ["a".repeat(180), "b-".repeat(100), "c".repeat(255)]) {
      const snapshot = { type: "host" as const, id, time: TIME };
      await writeSnapshot(remote, snapshot, [await makeChunk(1, 400)]);
      await idle(server);
      const [task] = tasks.list();
      assertEquals(task!.end!.status, "OK");
      assert(task!.id.length <= 255);
      assertMatch(parseUpid(task!.id).workerId, /^store1:host\/[abc-]+\.\.\.$/);
      const log = await tasks.readWholeLog(parseUpid(task!.id));
      assert(log.includes(formatSnapshotPath(snapshot)));
      const source = await remote.openSnapshot("", snapshot);
      await source[Symbol.asyncDispose]();
      assertEquals(await remote.verify({ namespace: "", group: snapshot }, () => {}), { ok: true });
      assertEquals(
        (await remote.prune({ namespace: "", group: snapshot, keep: { last: 1 } })).length,
        1,
      );
      await remote.forgetGroup("", snapshot);
    }
  }));

Deno.test("a backup whose verification cannot be started is complete all the same", async () => {
  await using server = await TestServer.start({
    datastores: (path) => [{ name: "store1", path, verifyNew: true }],
  });
  await using remote = await openRemoteRepository(remoteOptions(server));
  const { tasks } = server.server.state;
  const start = tasks.start.bind(tasks);
  tasks.start = (task, work) => {
    if (task.workerType === "verify") throw new SystemError(28, "no space");
    return start(task, work);
  };
  await writeSnapshot(remote, { type: "host", id: "web", time: TIME }, [await makeChunk(1, 400)]);
  await idle(server);
  assertEquals(tasks.list()[0]!.end!.status, "WARNINGS: 1");
});
