import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, ConflictError, LockedError } from "../errors/mod.ts";
import { withLocalRepository } from "../../tests/support/local_repository.ts";
import { DatastoreGroup } from "./datastore_group.ts";
import type { LocalRepository } from "./local_repository.ts";
import { moveGroup } from "./move_group.ts";
import { moveNamespace } from "./move_namespace.ts";
import { createNamespace } from "./namespaces.ts";
import { snapshotsOf } from "./snapshot_tree.ts";

const GROUP = { type: "host", id: "a" } as const;

/** Makes an unfinished snapshot by hand: moving does not look into it. */
function snapshot({ datastore }: LocalRepository, namespace: string, time: string): void {
  const folder = `${datastore.path}/${namespace === "" ? "" : `ns/${namespace}/`}host/a`;
  Deno.mkdirSync(`${folder}/${time}`, { recursive: true });
  Deno.writeTextFileSync(`${folder}/owner`, "joe@pbs\n");
}

function groupIn({ datastore }: LocalRepository, namespace: string): DatastoreGroup {
  return new DatastoreGroup(datastore, namespace, GROUP);
}

async function timesIn(repository: LocalRepository, namespace: string): Promise<number[]> {
  const snapshots = await snapshotsOf(groupIn(repository, namespace));
  return snapshots.map(({ time }) => time).reverse();
}

Deno.test("moveGroup() moves all snapshots and leaves nothing behind", async () => {
  await withLocalRepository(async (repository) => {
    const { datastore } = repository;
    await createNamespace(datastore, "n");
    snapshot(repository, "", "2023-11-14T22:13:20Z");
    snapshot(repository, "", "2023-11-15T22:13:20Z");
    await moveGroup(groupIn(repository, ""), "n");
    assertEquals(await timesIn(repository, "n"), [1700000000, 1700086400]);
    assertEquals(await repository.listGroups(""), []);
    assertEquals((await repository.listGroups("n"))[0]!.owner, "joe@pbs");
  });
});

Deno.test("moveGroup() merges only with older snapshots, and moves nothing otherwise", async () => {
  await withLocalRepository(async (repository) => {
    const { datastore } = repository;
    await createNamespace(datastore, "n");
    snapshot(repository, "n", "2023-11-15T22:13:20Z");
    snapshot(repository, "", "2023-11-14T22:13:20Z");
    await assertRejects(() => moveGroup(groupIn(repository, ""), "n"), ConflictError, "not older");
    await assertRejects(
      () => moveGroup(groupIn(repository, "n"), "", { merge: false }),
      ConflictError,
      "exists",
    );
    await moveGroup(groupIn(repository, "n"), "");
    assertEquals(await timesIn(repository, ""), [1700000000, 1700086400]);
  });
});

Deno.test("moves and garbage collection keep each other away", async () => {
  await withLocalRepository(async (repository) => {
    const { datastore } = repository;
    await createNamespace(datastore, "n");
    snapshot(repository, "", "2023-11-14T22:13:20Z");
    {
      using _collector = await datastore.processLock.acquireExclusive();
      await assertRejects(() => moveGroup(groupIn(repository, ""), "n"), LockedError, "garbage");
    }
    using _mover = await datastore.processLock.acquireMove();
    assertThrows(() => datastore.processLock.acquireExclusive(), LockedError, "moved");
  });
});

Deno.test("moveNamespace() moves what is below and removes the emptied namespaces", async () => {
  await withLocalRepository(async (repository) => {
    const { datastore } = repository;
    for (const name of ["a", "a/b"]) await createNamespace(datastore, name);
    snapshot(repository, "a/ns/b", "2023-11-14T22:13:20Z");
    await moveNamespace(datastore, "a", "x/y");
    const names = (await repository.listNamespaces("")).map(({ namespace }) => namespace);
    assertEquals(names, ["", "x", "x/y", "x/y/b"]);
    assertEquals(await timesIn(repository, "x/y/b"), [1700000000]);
    await assertRejects(() => moveNamespace(datastore, "x", "x/z"), Error, "below itself");
  });
});

Deno.test("moveNamespace() that is stopped leaves each group in one place or the other", async () => {
  await withLocalRepository(async (repository) => {
    const { datastore } = repository;
    for (const name of ["a", "a/b"]) await createNamespace(datastore, name);
    snapshot(repository, "a", "2023-11-14T22:13:20Z");
    snapshot(repository, "a/ns/b", "2023-11-15T22:13:20Z");
    const controller = new AbortController();
    const log = (line: string) => line.startsWith("moved snapshot") && controller.abort();
    const { signal } = controller;
    await assertRejects(
      () => repository.moveNamespace({ from: "a", to: "x" }, log, signal),
      CancelledError,
    );
    assertEquals([await timesIn(repository, "x"), await timesIn(repository, "a")], [
      [1700000000],
      [],
    ]);
    assertEquals(await timesIn(repository, "a/b"), [1700086400]);
    // What is left goes the next time.
    await repository.moveNamespace({ from: "a", to: "x" }, () => {});
    assertEquals(await timesIn(repository, "x/b"), [1700086400]);
    const names = (await repository.listNamespaces("")).map(({ namespace }) => namespace);
    assertEquals(names, ["", "x", "x/b"]);
  });
});
