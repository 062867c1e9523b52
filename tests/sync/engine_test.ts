import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { parseGroupFilter } from "../../lib/filters/mod.ts";
import { parseSnapshotPath } from "../../lib/repository/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { placesIn, shortOutcomes, SyncWorld } from "../support/sync_world.ts";

function snapshot(path: string) {
  return parseSnapshotPath(`${path}T00:00:00Z`);
}

Deno.test("a sync copies what is new, maps namespaces, and does nothing the second time", async () => {
  await using world = await SyncWorld.make();
  await world.backUp([
    ":host/web/2026-01-01",
    ":host/web/2026-01-02",
    "a:vm/1/2026-01-01",
    "a/b:host/web/2026-01-01",
  ]);
  const first = await world.sync({ targetNamespace: "copy", workers: 3 });
  assertEquals([first.report.snapshotsCopied, first.report.failed], [4, 0]);
  assertEquals(await placesIn(world.target), [
    "copy:host/web/2026-01-01",
    "copy:host/web/2026-01-02",
    "copy/a:vm/1/2026-01-01",
    "copy/a/b:host/web/2026-01-01",
  ]);
  assertEquals(
    (await world.target.verify({ namespace: "", ignoreVerified: false }, () => {})).ok,
    true,
  );
  const second = await world.sync({ targetNamespace: "copy" });
  assertEquals([second.outcomes, second.report.bytesMoved], [[], 0]);
  await world.backUp([":host/web/2026-01-03"]);
  const third = await world.sync({ targetNamespace: "copy" });
  assertEquals(shortOutcomes(third.outcomes), ["copy copy:host/web/2026-01-03"]);
});

Deno.test("depth, filters and the number of the last ones say what is meant", async () => {
  await using world = await SyncWorld.make();
  await world.backUp([
    ...[1, 2, 3].map((day) => `:host/web/2026-01-0${day}`),
    ":host/mail/2026-01-01",
    ":vm/1/2026-01-01",
    "a:host/web/2026-01-01",
  ]);
  const { report } = await world.sync({
    maxDepth: 0,
    filters: ["type:host", "exclude:regex:/m"].map(parseGroupFilter),
    transferLast: 2,
  });
  assertEquals(await placesIn(world.target), [":host/web/2026-01-02", ":host/web/2026-01-03"]);
  assertEquals([report.groups, report.snapshotsLeftOut], [1, 1]);
});

Deno.test("what has vanished is removed if asked, but for what is protected, of others, or not meant", async () => {
  await using world = await SyncWorld.make();
  const { source, target } = world;
  await world.backUp([
    ...[1, 2, 3, 4].map((day) => `:host/web/2026-01-0${day}`),
    ":host/gone/2026-01-01",
    ":host/theirs/2026-01-01",
    ":vm/1/2026-01-01",
    "a:host/web/2026-01-01",
    "kept:host/web/2026-01-01",
  ]);
  await world.sync();
  await target.setProtected("", snapshot("host/web/2026-01-01"), true);
  await target.setProtected("kept", snapshot("host/web/2026-01-01"), true);
  await target.changeOwner("", { type: "host", id: "theirs" }, "joe@pbs");
  await source.forgetSnapshot("", snapshot("host/web/2026-01-01"));
  await source.forgetSnapshot("", snapshot("host/web/2026-01-02"));
  for (const id of ["gone", "theirs"]) await source.forgetGroup("", { type: "host", id });
  await source.forgetGroup("", { type: "vm", id: "1" });
  await source.deleteNamespace("a", true);
  await source.deleteNamespace("kept", true);
  const everything = await placesIn(target);
  const options = {
    removeVanished: true,
    ownerFor: () => "root@pam",
    filters: [parseGroupFilter("type:host")],
  };
  const expected = [
    "keep :host/web/2026-01-01",
    "remove :host/web/2026-01-02",
    "remove :host/gone/2026-01-01",
    "remove a:host/web/2026-01-01",
    "remove a:",
    "keep kept:host/web/2026-01-01",
  ];
  const dry = await world.sync({ ...options, dryRun: true });
  assertEquals(shortOutcomes(dry.outcomes).sort(), expected.toSorted());
  assertEquals(await placesIn(target), everything);
  const { report, outcomes } = await world.sync(options);
  assertEquals(shortOutcomes(outcomes).sort(), expected.toSorted());
  assertEquals([report.snapshotsRemoved, report.snapshotsKept, report.failed], [3, 2, 0]);
  assertEquals(await placesIn(target), [
    ":host/theirs/2026-01-01",
    ":host/web/2026-01-01",
    ":host/web/2026-01-03",
    ":host/web/2026-01-04",
    ":vm/1/2026-01-01",
    "kept:host/web/2026-01-01",
  ]);
});

Deno.test("the copy of what is damaged in the source is not taken for vanished", async () => {
  await using world = await SyncWorld.make();
  await world.backUp([":host/web/2026-01-01", ":host/web/2026-01-02"]);
  await world.sync();
  const folder = `${world.source.datastore.path}/host/web/2026-01-01T00:00:00Z`;
  await Deno.remove(`${folder}/index.json.blob`);
  const { report, outcomes } = await world.sync({ removeVanished: true });
  assertEquals(shortOutcomes(outcomes), ["leave-out :host/web/2026-01-01"]);
  assertEquals(report.snapshotsRemoved, 0);
  assertEquals((await placesIn(world.target)).length, 2);
});

Deno.test("a damaged snapshot is named, and others are copied all the same", async () => {
  await using world = await SyncWorld.make();
  const { source } = world;
  await world.backUp([
    ":host/web/2026-01-01",
    ":host/web/2026-01-02",
    ":host/web/2026-01-03",
    ":vm/1/2026-01-01",
  ]);
  const folder = `${source.datastore.path}/host/web`;
  await Deno.truncate(`${folder}/2026-01-01T00:00:00Z/data.pxar.didx`, 5000);
  await Deno.truncate(`${folder}/2026-01-02T00:00:00Z/data.pxar.didx`, 5000);
  const group = { type: "host", id: "web" } as const;
  const { time } = snapshot("host/web/2026-01-01");
  await source.verify({ namespace: "", group, time, ignoreVerified: false }, () => {});
  const { report, outcomes } = await world.sync({ removeVanished: true });
  assertEquals(shortOutcomes(outcomes), [
    "leave-out :host/web/2026-01-01",
    "fail :host/web/2026-01-02",
    "copy :host/web/2026-01-03",
    "copy :vm/1/2026-01-01",
  ]);
  assertStringIncludes(outcomes[0]!.reason!, "its verification has failed");
  assertStringIncludes(outcomes[1]!.reason!, "it is corrupt");
  assertEquals(report.failed, 1);
  const verified = await world.sync({ verifiedOnly: true, targetNamespace: "checked" });
  assertEquals(verified.report.snapshotsCopied, 0);
});

Deno.test("what a verification of the target found bad is fetched again if asked", async () => {
  await using world = await SyncWorld.make();
  const { target } = world;
  await world.backUp([":host/web/2026-01-01", ":host/web/2026-01-02"]);
  await world.sync({ targetNamespace: "copy" });
  const folder = `${target.datastore.path}/ns/copy/host/web/2026-01-01T00:00:00Z`;
  await Deno.truncate(`${folder}/data.pxar.didx`, 5000);
  const check = async () =>
    (await target.verify({ namespace: "", ignoreVerified: false }, () => {})).ok;
  assertEquals(await check(), false);
  assertEquals((await world.sync({ targetNamespace: "copy" })).outcomes, []);
  const { outcomes, report } = await world.sync({ targetNamespace: "copy", resyncCorrupt: true });
  assertEquals(shortOutcomes(outcomes), ["resync copy:host/web/2026-01-01"]);
  assertEquals([report.snapshotsResynced, report.failed], [1, 0]);
  assert(await check());
});

Deno.test("groups get the owner that is meant, and those of others are left alone", async () => {
  await using world = await SyncWorld.make();
  const { source, target } = world;
  await world.backUp([":host/mail/2026-01-01", ":host/web/2026-01-01", ":vm/1/2026-01-01"]);
  await source.changeOwner("", { type: "host", id: "web" }, "joe@pbs");
  await source.changeOwner("", { type: "vm", id: "1" }, "ann@pbs");
  const ownerFor = (owner: string | undefined) => owner === "joe@pbs" ? "joe@site" : owner;
  await world.sync({ ownerFor });
  const owners = (await target.listGroups("")).map(({ owner }) => owner);
  assertEquals(owners, ["root@pam", "joe@site", "ann@pbs"]);
  await target.changeOwner("", { type: "vm", id: "1" }, "eve@pbs");
  await world.backUp([":vm/1/2026-01-02", ":host/web/2026-01-02"]);
  const { outcomes } = await world.sync({ ownerFor });
  assertEquals(shortOutcomes(outcomes), ["copy :host/web/2026-01-02", "fail :vm/1"]);
  assertStringIncludes(outcomes[1]!.reason!, "belongs to eve@pbs");
  const own = await world.sync({ sourceOwner: "joe@pbs", targetNamespace: "own" });
  assertEquals(own.report.groups, 1);
});

Deno.test("a sync that would copy its own copies, or remove its source, is refused", async () => {
  await using world = await SyncWorld.make();
  const { source } = world;
  await world.backUp(["a:host/web/2026-01-01"]);
  for (
    const [sourceNamespace, targetNamespace, removeVanished] of [
      ["", "", false],
      ["", "a/b", false],
      ["a", "", true],
    ] as const
  ) {
    await assertRejects(
      () => world.sync({ target: source, sourceNamespace, targetNamespace, removeVanished }),
      UsageError,
      "overlap",
    );
  }
  await world.sync({ target: source, sourceNamespace: "a", targetNamespace: "b" });
  assertEquals((await placesIn(source)).length, 2);
});

Deno.test("a bucket is kept equal to a directory, and a directory to a bucket", async () => {
  await using world = await SyncWorld.make();
  const { datastore } = await openSharedDatastore(new MemoryObjectStore(), "store1", {
    create: true,
  });
  await using bucket = new LocalRepository(datastore);
  await world.backUp([":host/web/2026-01-01", ":host/web/2026-01-02", "a:vm/1/2026-01-01"]);
  assertEquals((await world.sync({ target: bucket })).report.snapshotsCopied, 3);
  await world.source.forgetSnapshot("", snapshot("host/web/2026-01-01"));
  await world.source.deleteNamespace("a", true);
  const { outcomes } = await world.sync({ target: bucket, removeVanished: true });
  assertEquals(shortOutcomes(outcomes), [
    "remove :host/web/2026-01-01",
    "remove a:vm/1/2026-01-01",
    "remove a:",
  ]);
  const back = await world.sync({ source: bucket });
  assertEquals(shortOutcomes(back.outcomes), ["copy :host/web/2026-01-02"]);
  assertEquals(await placesIn(world.target), [":host/web/2026-01-02"]);
});
