import { assertEquals, assertRejects } from "@std/assert";
import { withLocalRepository } from "../../tests/support/local_repository.ts";
import { realDatastore } from "../../tests/support/real_datastore.ts";
import { Datastore, LocalRepository } from "../datastore/mod.ts";
import { CancelledError, ConflictError } from "../errors/mod.ts";
import { formatSnapshotPath, type Repository } from "../repository/mod.ts";
import {
  type CopyObserver,
  type CopyPlan,
  CopyScope,
  type CopySelection,
  copySnapshot,
  ensureNamespace,
  planCopy,
} from "./mod.ts";

const EVERYTHING: CopySelection = { namespace: "", maxDepth: 7, targetNamespace: "" };

function observer(): CopyObserver {
  return {
    progress: { bytesDone: 0, bytesMoved: 0, chunksMoved: 0, chunksReused: 0, bytesReused: 0 },
    log: () => {},
  };
}

async function withRealRepository(body: (source: LocalRepository) => Promise<void>): Promise<void> {
  await using source = new LocalRepository(Datastore.open(await realDatastore()));
  await body(source);
}

/** Copies what a plan says. @returns Counters over all of it. */
async function copyAll(source: Repository, target: Repository, { groups }: CopyPlan) {
  const heard = observer();
  const { signal } = new AbortController();
  for (const group of groups) {
    await ensureNamespace(target, group.targetNamespace);
    for (const { from, to, decision } of group.snapshots) {
      if (decision !== "copy") continue;
      await copySnapshot(source, target, { from, to, observer: heard, signal });
    }
  }
  return heard.progress;
}

function decisions({ groups }: CopyPlan): string[] {
  return groups.flatMap(({ namespace, snapshots }) =>
    snapshots.map(({ info, decision }) => `${namespace}:${formatSnapshotPath(info)} ${decision}`)
  );
}

Deno.test("copySnapshot moves each chunk once, as it is, and the second time nothing", async () => {
  await withRealRepository((source) =>
    withLocalRepository(async (target) => {
      const plan = await planCopy(source, target, EVERYTHING);
      assertEquals(decisions(plan).filter((each) => each.endsWith(" copy")).length, 12);
      const { chunksMoved } = await copyAll(source, target, plan);
      assertEquals(chunksMoved, 56);
      for await (const { items } of source.datastore.chunks.sweep()) {
        for (const { kind, name } of items) {
          if (kind !== "chunk") continue;
          const path = `.chunks/${name.slice(0, 4)}/${name}`;
          const [original, copy] = [source, target].map(({ datastore }) =>
            Deno.readFileSync(`${datastore.path}/${path}`)
          );
          assertEquals(copy, original, path);
        }
      }
      const { ok } = await target.verify({ namespace: "" }, () => {});
      assertEquals(ok, true);
      const again = await planCopy(source, target, EVERYTHING);
      assertEquals(decisions(again).every((each) => each.endsWith(" present")), true);
      // Into another namespace: everything is there already.
      const elsewhere = { ...EVERYTHING, targetNamespace: "copies" };
      const moved = await copyAll(source, target, await planCopy(source, target, elsewhere));
      assertEquals([moved.chunksMoved, moved.chunksReused], [0, 128]);
    })
  );
});

Deno.test("planCopy chooses by group, number and time, and leaves what is too old", async () => {
  await withRealRepository((source) =>
    withLocalRepository(async (target) => {
      const split = { ...EVERYTHING, isMeant: ({ id }: { id: string }) => id === "split" };
      const newest = await planCopy(source, target, { ...split, last: 1 });
      assertEquals(decisions(newest), [":host/split/2023-11-15T01:13:20Z copy"]);
      const since = await planCopy(source, target, { ...split, sinceSeconds: 1700007200 });
      assertEquals(decisions(since), [
        ":host/split/2023-11-15T00:13:20Z copy",
        ":host/split/2023-11-15T01:13:20Z copy",
      ]);
      const scope = new CopyScope(["host/split/2023-11-14T23:13:20Z"]);
      const named = { ...EVERYTHING, isMeant: scope.includes.bind(scope) };
      await copyAll(source, target, await planCopy(source, target, named));
      const rest = await planCopy(source, target, split);
      assertEquals(decisions(rest), [
        ":host/split/2023-11-14T22:13:20Z older",
        ":host/split/2023-11-14T23:13:20Z present",
        ":host/split/2023-11-15T00:13:20Z copy",
        ":host/split/2023-11-15T01:13:20Z copy",
      ]);
      // What the snapshot before has is not moved.
      const progress = await copyAll(source, target, rest);
      assertEquals(progress.chunksReused > 3 * progress.chunksMoved, true);
    })
  );
});

Deno.test("copySnapshot leaves no snapshot behind when it is refused or ended", async () => {
  await withRealRepository((source) =>
    withLocalRepository(async (target) => {
      const plan = await planCopy(source, target, EVERYTHING);
      const [first, second] = plan.groups.find(({ group }) => group.id === "museum")!.snapshots;
      const { signal } = new AbortController();
      const heard = observer();
      await copySnapshot(source, target, { ...second!, observer: heard, signal });
      await assertRejects(
        () => copySnapshot(source, target, { ...first!, observer: heard, signal }),
        ConflictError,
        "older than last backup",
      );
      const ended = AbortSignal.abort();
      const [split] = plan.groups.find(({ group }) => group.id === "split")!.snapshots;
      await assertRejects(
        () => copySnapshot(source, target, { ...split!, observer: heard, signal: ended }),
        CancelledError,
      );
      assertEquals((await target.listSnapshots("")).length, 1);
    })
  );
});
