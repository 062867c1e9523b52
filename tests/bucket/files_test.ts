import { assert, assertEquals, assertRejects } from "@std/assert";
import { BucketDatastore } from "../../lib/bucket/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { PbsError } from "../../lib/errors/mod.ts";
import { readIndex } from "../../lib/datastore/mod.ts";
import type { BackupSnapshot, BackupTarget } from "../../lib/repository/mod.ts";
import { BucketWorld, QUICK } from "../support/bucket_world.ts";
import { eventually } from "../support/eventually.ts";
import { GOLDEN_NAME, goldenObjects, goldenRequests } from "../support/golden_buckets.ts";
import { keysOf } from "../support/golden_story.ts";
import { comparable, RecordingObjectStore } from "../support/recording_object_store.ts";
import {
  makeChunk,
  uploadManifest,
  writeArchive,
  writeSnapshot,
} from "../support/target_conformance.ts";
import { testWithPeers } from "../support/with_peers.ts";

const first = { type: "host" as const, id: "elsa", time: 1700000000 };

/** A datastore, and what it asks the bucket for. */
async function withRecording(
  body: (recording: RecordingObjectStore, repository: LocalRepository) => Promise<void>,
  name = "store",
): Promise<void> {
  await using world = await BucketWorld.make();
  const recording = new RecordingObjectStore(world.objects);
  const opened = await BucketDatastore.create(world.place(name, name, recording), QUICK);
  await using repository = new LocalRepository(opened.datastore, { owner: "test@pbs" });
  recording.take();
  await body(recording, repository);
}

const ZERO_CHUNK =
  "pbs-s3/.chunks/bb9f/bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8";

/** Snapshots of the recorded backups, by operation. */
const RECORDED: Readonly<Record<string, { namespace?: string; snapshot: BackupSnapshot }>> = {
  "backup-legacy-first": { snapshot: { type: "host", id: "museum", time: 1700000000 } },
  "backup-legacy-again": { snapshot: { type: "host", id: "museum", time: 1700003600 } },
  "backup-split-data": { snapshot: { type: "host", id: "split", time: 1700000000 } },
  "backup-split-metadata": { snapshot: { type: "host", id: "split", time: 1700003600 } },
  "backup-vm-image": { snapshot: { type: "vm", id: "100", time: 1700000000 } },
  "backup-encrypted": {
    namespace: "a/b",
    snapshot: { type: "host", id: "enc", time: 1700000000 },
  },
  "backup-encrypted-split": {
    namespace: "a/b",
    snapshot: { type: "host", id: "enc", time: 1700003600 },
  },
};

testWithPeers("backups ask for what the reference asks for, in its order, and leave its bytes", [
  "zstd",
  "tar",
], async () => {
  const golden = await goldenObjects("bucket-full");
  await withRecording(async (recording, repository) => {
    // The chunk of the test, which the recorded datastore had from its creation on.
    const zero = await makeChunk(0, 4 * 1024 * 1024);
    await repository.datastore.chunks.insert(zero.digest, golden.get(ZERO_CHUNK)!);
    for (const [operation, { namespace = "", snapshot }] of Object.entries(RECORDED)) {
      for (const [name, parent] of namespace === "" ? [] : [["a", ""], ["a/b", "a"]]) {
        const before = await repository.listNamespaces(parent!);
        if (before.some((each) => each.namespace === name)) continue;
        recording.take();
        await repository.createNamespace(name!);
        const recorded = name === "a" ? "namespace-create" : "namespace-create-nested";
        assertEquals(comparable(recording.take()), comparable(goldenRequests(recorded)));
      }
      recording.take();
      const requests = goldenRequests(operation);
      const target = await repository.beginBackup({ namespace, snapshot });
      await replay(target, requests.map((request) => request.at(-1) as string), golden);
      await target.finish();
      assertEquals(byKind(comparable(recording.take())), byKind(comparable(requests)), operation);
    }
    for (const key of await keysOf(recording.inner)) {
      // Manifests have the statistics of our upload, verification states and notes.
      if (key.endsWith("/index.json.blob") || key.endsWith(".in-use")) continue;
      // It was given to somebody else afterwards.
      if (key.endsWith("vm/100/owner")) continue;
      const [ours, theirs] = [(await recording.inner.get(key))!.content, golden.get(key)!];
      // An index says when it was made, and has a number of its own.
      const isIndex = /\.[df]idx$/.test(key);
      assertEquals(ours.subarray(0, 8), theirs.subarray(0, 8), key);
      assertEquals(ours.subarray(isIndex ? 32 : 0), theirs.subarray(isIndex ? 32 : 0), key);
    }
  }, GOLDEN_NAME);
});

/** Stores archives, blobs and the manifest in the order in which they were recorded. */
async function replay(
  target: BackupTarget,
  keys: readonly string[],
  golden: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const isStored = new Set(keys.filter((key) => key.includes("/.chunks/")));
  for (const key of new Set(keys)) {
    const name = key.slice(key.lastIndexOf("/") + 1);
    const content = golden.get(key)!;
    if (name === "owner" || isStored.has(key)) continue;
    if (name.endsWith(".blob")) {
      await target.uploadBlob(name, content);
      continue;
    }
    const index = readIndex(content, name);
    const kind = name.endsWith(".fidx") ? "fixed" : "dynamic";
    // What the previous backup had becomes known.
    if (target.previousTime !== undefined) await target.previousIndex(name).catch(() => {});
    const writer = await target.createIndex(kind, name, kind === "fixed" ? index.size : undefined);
    for (let i = 0; i < index.chunkCount; i++) {
      const [digest, offset] = [index.digestAt(i), index.startOf(i)];
      const size = index.endOf(i) - offset;
      const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      const blob = golden.get(`${GOLDEN_NAME}/.chunks/${hex.slice(0, 4)}/${hex}`)!;
      await writer.putChunk({ digest, size, blob });
      await writer.append([{ digest, offset }]);
    }
    const { chunkCount, size, checksum } = index;
    await writer.close({ chunkCount, size, checksum });
  }
}

/** The chunks, which come in any order and several at a time, and the order of everything else. */
function byKind(lines: readonly string[]): { chunks: string[]; others: string[] } {
  const isChunk = (line: string) => line.includes("/.chunks/");
  return {
    chunks: lines.filter(isChunk).sort(),
    others: comparable(lines.filter((line) => !isChunk(line)).map((line) => line.split(" "))),
  };
}

Deno.test("a backup whose manifest is refused cleans up as the reference does", () =>
  withRecording(async (recording, repository) => {
    recording.before = (kind, key) => {
      if (kind === "put" && key.endsWith("index.json.blob")) throw new PbsError("refused");
    };
    const target = await repository.beginBackup({ namespace: "", snapshot: first });
    const summary = await writeArchive(target, "dynamic", "root.pxar.didx", [
      await makeChunk(1, 1000),
    ]);
    await uploadManifest(target, { "root.pxar.didx": summary });
    await assertRejects(() => target.finish(), PbsError, "refused");
    await target.abort();
    const kinds = comparable(recording.take()).map((line) => line.split(" ")[0]);
    const recorded = comparable(goldenRequests("backup-aborted-manifest-refused"))
      .map((line) => line.split(" ")[0]);
    // The recorded one has a catalog as well.
    assertEquals(kinds, [...recorded.slice(0, 3), ...recorded.slice(5)]);
    const left = await keysOf(recording.inner, "store/");
    assertEquals(left.filter((key) => !key.includes("/.chunks/")), ["store/.in-use"]);
    assertEquals(await repository.listGroups(""), []);
  }));

Deno.test("an abort waits for what is under way: nothing arrives after the clean-up", () =>
  withRecording(async (recording, repository) => {
    const late = Promise.withResolvers<void>();
    let isHanging = false;
    recording.before = async (kind, key) => {
      if (kind !== "put" || !key.endsWith(".conf.blob")) return;
      isHanging = true;
      await late.promise;
    };
    const target = await repository.beginBackup({ namespace: "", snapshot: first });
    const upload = target.uploadBlob("x.conf.blob", (await makeChunk(1, 100)).blob);
    const refused = assertRejects(() => upload);
    await eventually(() => Promise.resolve(assert(isHanging)));
    const abort = target.abort();
    let isAborted = false;
    abort.then(() => isAborted = true);
    // It cannot have ended as long as the upload has not.
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(isAborted, false);
    late.resolve();
    await abort;
    await refused;
    assertEquals(await keysOf(recording.inner, "store/.cnt/"), []);
    assertEquals(await repository.listGroups(""), []);
  }));

Deno.test("removing a group, a namespace or a snapshot does not touch neighbours of a longer name", () =>
  withRecording(async (recording, repository) => {
    const chunk = [await makeChunk(1, 1000)];
    const vm = (id: string) => ({ type: "vm" as const, id, time: 1700000000 });
    for (const namespace of ["a", "ab", "a-b", "a.b"]) await repository.createNamespace(namespace);
    for (const namespace of ["", "a", "ab", "a-b", "a.b"]) {
      for (const id of ["10", "100", "10-x", "10.x", "10_"]) {
        await writeSnapshot(repository, vm(id), chunk, namespace);
      }
    }
    const all = await keysOf(recording.inner, "store/.cnt/");
    await repository.forgetGroup("", vm("10"));
    await repository.forgetSnapshot("ab", vm("10"));
    await repository.deleteNamespace("a", true);
    const gone = ["vm/10/", "ns/ab/vm/10/", "ns/a/"].map((path) => `store/.cnt/${path}`);
    assertEquals(
      await keysOf(recording.inner, "store/.cnt/"),
      all.filter((key) => !gone.some((prefix) => key.startsWith(prefix))),
    );
    await repository.moveGroup({ group: vm("10"), from: "a-b", to: "", merge: true }, () => {});
    assertEquals((await keysOf(recording.inner, "store/.cnt/ns/a-b/vm/100/")).length, 3);
    for (const [kind, key] of recording.take()) {
      if (kind === "list") assert(key!.endsWith("/"), key);
    }
  }));

Deno.test("the object of a namespace stays as long as the namespace does", () =>
  withRecording(async (recording, repository) => {
    await repository.createNamespace("a");
    await writeSnapshot(repository, first, [await makeChunk(1, 1000)], "a");
    await assertRejects(() => repository.deleteNamespace("a", false), PbsError, "partially");
    assertEquals((await keysOf(recording.inner)).length, 0);
    assert((await keysOf(recording.inner, "store/")).includes("store/.cnt/ns/a/.namespace"));
    await repository.deleteNamespace("a", true);
    assertEquals(await keysOf(recording.inner, "store/.cnt/"), []);
  }));

Deno.test("where the bucket refuses a change, the cache has none either", () =>
  withRecording(async (recording, repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 1000)]);
    await repository.setProtected("", first, true);
    await repository.writeGroupNotes("", first, "before");
    await repository.createNamespace("n");
    await repository.createNamespace("gone");
    const second = { ...first, id: "olaf" };
    await writeSnapshot(repository, second, [await makeChunk(1, 1000)]);
    const before = await keysOf(recording.inner, "store/");
    recording.before = (kind) => {
      if (kind !== "get" && kind !== "list") throw new PbsError("refused");
    };
    for (
      const change of [
        () => repository.setProtected("", first, false),
        () => repository.setProtected("", second, true),
        () => repository.writeGroupNotes("", first, "after"),
        () => repository.writeNotes("", first, "after"),
        () => repository.changeOwner("", first, "other@pam"),
        () => repository.createNamespace("m"),
        () => repository.deleteNamespace("gone", false),
        () => repository.forgetSnapshot("", second),
        () => repository.moveGroup({ group: first, from: "", to: "n", merge: true }, () => {}),
      ]
    ) await assertRejects(change, PbsError, "refused", String(change));
    recording.before = () => {};
    assertEquals(await keysOf(recording.inner, "store/"), before);
    assertEquals(await repository.isProtected("", first), true);
    assertEquals(await repository.isProtected("", second), false);
    assertEquals(await repository.readGroupNotes("", first), "before");
    assertEquals(await repository.readNotes("", first), "");
    assertEquals((await repository.listGroups("")).map(({ owner }) => owner), [
      "test@pbs",
      "test@pbs",
    ]);
    assertEquals((await repository.listNamespaces("")).length, 3);
    assertEquals((await repository.listSnapshots("")).length, 2);
  }));

Deno.test("a snapshot that the bucket has lost a file of takes it along when it is moved", () =>
  withRecording(async (recording, repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 1000)]);
    await repository.createNamespace("n");
    const before = await keysOf(recording.inner, "store/.cnt/host/");
    const lost = before.find((key) => key.endsWith(".didx"))!;
    await recording.inner.remove(lost);
    await repository.moveGroup({ group: first, from: "", to: "n", merge: true }, () => {});
    assertEquals(await keysOf(recording.inner, "store/.cnt/host/"), []);
    assertEquals(
      await keysOf(recording.inner, "store/.cnt/ns/n/host/"),
      before.map((key) => key.replace("/host/", "/ns/n/host/")),
    );
  }));
