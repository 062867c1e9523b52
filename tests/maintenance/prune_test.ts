import { assertEquals, assertThrows } from "@std/assert";
import type { LocalRepository } from "../../lib/datastore/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { parseGroupFilter } from "../../lib/filters/mod.ts";
import type { MaintenancePlan } from "../../lib/maintenance/mod.ts";
import { formatGroupPath } from "../../lib/repository/mod.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { maintainStore, stepOf } from "../support/maintain_store.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";

const TIME = 1700000000;
const GROUPS = [
  ["", "host", "web"],
  ["", "vm", "100"],
  ["a", "host", "db"],
  ["a/b", "ct", "7"],
] as const;

/** Three snapshots in each of the groups; the one of the virtual machine is somebody else's. */
async function fill(repository: LocalRepository): Promise<void> {
  const chunk = await makeChunk(1, 1000);
  await repository.createNamespace("a");
  await repository.createNamespace("a/b");
  for (const [namespace, type, id] of GROUPS) {
    for (const time of [TIME, TIME + 1, TIME + 2]) {
      await writeSnapshot(repository, { type, id, time }, [chunk], namespace);
    }
  }
  await repository.changeOwner("", { type: "vm", id: "100" }, "joe@pbs!token");
}

/** How many snapshots each group has, in the order of {@linkcode GROUPS}. */
async function counts(repository: LocalRepository): Promise<number[]> {
  const all: number[] = [];
  for (const [namespace, type, id] of GROUPS) {
    all.push((await repository.listSnapshots(namespace, { type, id })).length);
  }
  return all;
}

const ONLY_PRUNE = { skip: new Set(["garbage-collection", "verify"] as const), keep: { last: 1 } };

Deno.test("all groups are pruned by one policy, or those of a scope", () =>
  withLocalRepository(async (repository) => {
    await fill(repository);
    const filter = (...texts: string[]) => texts.map(parseGroupFilter);
    const scopes: [Partial<MaintenancePlan>, number[]][] = [
      [{ filters: filter("group:host/none") }, [3, 3, 3, 3]],
      [{ owner: "jane@pbs" }, [3, 3, 3, 3]],
      [{ owner: "joe@pbs", keep: { last: 2 } }, [3, 2, 3, 3]],
      [{ owner: "joe@pbs!token" }, [3, 1, 3, 3]],
      [{ filters: filter("regex:^host/w", "regex:7$"), keep: { last: 2 } }, [2, 1, 3, 2]],
      [{ namespace: "a", maxDepth: 0 }, [2, 1, 1, 2]],
      [{ filters: filter("type:ct", "type:host", "exclude:group:host/web") }, [2, 1, 1, 1]],
      [{}, [1, 1, 1, 1]],
    ];
    for (const [scope, expected] of scopes) {
      const report = await maintainStore(repository, { ...ONLY_PRUNE, ...scope });
      assertEquals([report.state, report.complete], ["ok", true]);
      assertEquals(await counts(repository), expected, JSON.stringify(scope));
    }
  }));

Deno.test("nothing is pruned without a rule, in a dry run, or if it is protected", () =>
  withLocalRepository(async (repository) => {
    await fill(repository);
    const { skip } = ONLY_PRUNE;
    assertEquals(stepOf(await maintainStore(repository, { skip }), "prune").state, "skipped");
    assertEquals(await counts(repository), [3, 3, 3, 3]);
    const dry = stepOf(await maintainStore(repository, { ...ONLY_PRUNE, dryRun: true }), "prune");
    assertEquals([dry.figures.removed, dry.removed?.length], [8, 8]);
    assertEquals(dry.removed?.[4], "a:host/db/2023-11-14T22:13:20Z");
    assertEquals(await counts(repository), [3, 3, 3, 3]);
    await repository.setProtected("", { type: "host", id: "web", time: TIME }, true);
    const { figures } = stepOf(await maintainStore(repository, ONLY_PRUNE), "prune");
    assertEquals(figures, { groups: 4, removed: 7, kept: 5, protected: 1, "in-use": 0 });
    assertEquals(await counts(repository), [2, 1, 1, 1]);
  }));

Deno.test("a snapshot that is being read stays with a warning, and so does a group that is damaged", () =>
  withLocalRepository(async (repository) => {
    await fill(repository);
    const { type, id } = { type: "host" as const, id: "web" };
    {
      await using _reader = await repository.openSnapshot("", { type, id, time: TIME });
      const report = await maintainStore(repository, ONLY_PRUNE);
      const { state, figures } = stepOf(report, "prune");
      assertEquals([report.state, state, figures["in-use"]], ["warnings", "warnings", 1]);
      assertEquals(await counts(repository), [2, 1, 1, 1]);
    }
    assertEquals((await maintainStore(repository, ONLY_PRUNE)).state, "ok");
    assertEquals(await counts(repository), [1, 1, 1, 1]);
  }));

Deno.test("group filters that are none are refused, the others say what they match", () => {
  for (
    const text of ["", "type:", "type:lxc", "group:web", "regex:(", "host/web", "exclude:", "x:y"]
  ) {
    assertThrows(() => parseGroupFilter(text), UsageError);
  }
  const groups = ["host/a", "vm/1"].map((path) => path.split("/")) as ["host" | "vm", string][];
  const matched = (text: string) =>
    groups.map(([type, id]) => ({ type, id })).filter(parseGroupFilter(text).matches)
      .map(formatGroupPath);
  assertEquals(matched("group:host/a"), ["host/a"]);
  assertEquals(matched("include:type:vm"), ["vm/1"]);
  assertEquals(matched("exclude:regex:^(host|vm)/"), ["host/a", "vm/1"]);
});
