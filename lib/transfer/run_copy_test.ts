import { assertEquals } from "@std/assert";
import { withLocalRepository } from "../../tests/support/local_repository.ts";
import { realDatastore } from "../../tests/support/real_datastore.ts";
import { Datastore, LocalRepository } from "../datastore/mod.ts";
import { LockedError } from "../errors/mod.ts";
import type { BeginBackup, Repository } from "../repository/mod.ts";
import { type CopyReport, planCopy, progressOf, runCopy } from "./mod.ts";

async function copyEverything(source: Repository, target: Repository): Promise<CopyReport> {
  const plan = await planCopy(source, target, {
    namespace: "",
    maxDepth: 7,
    targetNamespace: "",
  });
  const { signal } = new AbortController();
  return await runCopy({ source, target, plan, signal }, {
    progress: progressOf(plan),
    log: () => {},
    snapshotDone: () => {},
  });
}

function expected(copied: number, failed: number, present: number): CopyReport["snapshots"] {
  return { copied, failed, present, older: 0, unfinished: 0 };
}

Deno.test("runCopy copies nothing newer into a group that was in use, so that nothing is shut out", async () => {
  await using source = new LocalRepository(Datastore.open(await realDatastore()));
  await withLocalRepository(async (target) => {
    let refusals = 1;
    const beginBackup = async (begin: BeginBackup) => {
      if (begin.snapshot.id === "split" && refusals-- > 0) throw new LockedError("in use");
      return await target.beginBackup(begin);
    };
    // The group is free again when its second snapshot would be copied.
    const busy = new Proxy(target, {
      get: (_, name) => {
        if (name === "beginBackup") return beginBackup;
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const first = await copyEverything(source, busy);
    assertEquals(first.snapshots, expected(8, 4, 0));
    const second = await copyEverything(source, target);
    assertEquals(second.snapshots, expected(4, 0, 8));
  });
});
