import { assert, assertEquals, assertRejects } from "@std/assert";
import { BucketDatastore, removeBucketDatastore } from "../../lib/bucket/mod.ts";
import type { CreateBucketDatastore } from "../../lib/bucket/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { openKey, parseKeyFile, sha256 } from "../../lib/crypto/mod.ts";
import { newRestoreProgress, runRestore } from "../../lib/restore/mod.ts";
import { restoreRequest } from "./restore_request.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { ConflictError } from "../../lib/errors/mod.ts";
import { setFileTimes } from "../../ffi/posix_files.ts";
import type { BackupSnapshot } from "../../lib/repository/mod.ts";
import type { ObjectStore } from "../../lib/s3/mod.ts";
import {
  GOLDEN_NAME,
  goldenCache,
  goldenKeys,
  goldenListing,
  goldenPath,
  goldenRequests,
  putGoldenBucket,
} from "./golden_buckets.ts";
import { makeChunk, writeSnapshot } from "./target_conformance.ts";
import { restoreStored } from "./restore_stored.ts";
import { comparable, RecordingObjectStore } from "./recording_object_store.ts";

/** First backup time of the recorded buckets. */
export const T0 = 1700000000;
const HOUR = 3600;

/** How datastores of these tests are made. */
export const QUICK_BUCKET: CreateBucketDatastore = {
  hostname: "vm",
  chunkFoldersOnDemand: true,
  syncLevel: "none",
  gcAccessTimeCheck: false,
  timeZone: "UTC",
};

/** A snapshot of the recorded buckets. */
export function golden(id: string, hours = 0, type: "host" | "vm" = "host"): BackupSnapshot {
  return { type, id, time: T0 + hours * HOUR };
}

/** All keys of a datastore. */
export async function keysOf(objects: ObjectStore, prefix = `${GOLDEN_NAME}/`): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of objects.list(prefix)) keys.push(...page.objects.map(({ key }) => key));
  return keys.sort();
}

/** Files of a cache as the recorded ones are listed, but for the chunks and what is only ours. */
export function cacheTree(path: string): Record<string, readonly [size: number, mode: string]> {
  const files: Record<string, readonly [number, string]> = {};
  const visit = (folder: string) => {
    const entries = [...Deno.readDirSync(`${path}/${folder}`)];
    for (const { name, isDirectory } of entries) {
      const below = folder === "" ? name : `${folder}/${name}`;
      const { size, mode } = Deno.lstatSync(`${path}/${below}`);
      if (isDirectory) visit(below);
      else files[below] = [size, `0o${mode!.toString(8)}`];
    }
  };
  for (const tree of ["ct", "host", "vm", "ns"]) {
    try {
      visit(tree);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return files;
}

/** The recorded files of a cache that are no chunks. */
export function goldenTree(state: string): Record<string, readonly [size: number, mode: string]> {
  return Object.fromEntries(
    Object.entries(goldenCache(state)).filter(([path]) => /^(ct|host|vm|ns)\//.test(path))
      // Directories have no content to compare.
      .filter(([, [, mode]]) => mode.startsWith("0o100")),
  );
}

/** Sets back when all chunk files of a cache were last used. */
export function ageChunks(path: string, seconds: number): void {
  const then = Math.floor(Date.now() / 1000) - seconds;
  for (const { name: folder } of Deno.readDirSync(`${path}/.chunks`)) {
    for (const { name } of Deno.readDirSync(`${path}/.chunks/${folder}`)) {
      assertEquals(setFileTimes(`${path}/.chunks/${folder}/${name}`, then, then), 0);
    }
  }
}

/** What a test of the recorded buckets runs on. */
export interface GoldenWorld {
  readonly objects: ObjectStore;
  /** Folder for caches. */
  readonly folder: string;
  /** Makes all objects old enough for a collection. */
  ageObjects(): void;
}

/** Runs a part of a test. */
export type Step = (name: string, work: () => void | Promise<void>) => Promise<unknown>;

/** Lists of keys that a collection deletes: the recorded ones in one request. */
function deletedKeys(requests: readonly (readonly (string | number)[])[]): string[] {
  return requests.filter((request) => request.includes("removeAll"))
    .flatMap((request) => request.slice(request.indexOf("removeAll") + 1).map(String)).sort();
}

/**
 * The story of the recorded bucket, done by us from where it is full to its end; keys and requests are
 * compared with the recorded ones on the way.
 */
export async function playGoldenStory(world: GoldenWorld, step: Step): Promise<void> {
  await putGoldenBucket(world.objects, "bucket-full");
  const recording = new RecordingObjectStore(world.objects);
  const place = {
    objects: recording,
    name: GOLDEN_NAME,
    cachePath: `${world.folder}/cache`,
  };
  const options = QUICK_BUCKET;
  const opened = await BucketDatastore.reuse(place, { ...options, gcAccessTimeCheck: true });
  const { datastore } = opened;
  const repository = new LocalRepository(datastore);
  const operation = async (name: string, work: () => Promise<unknown>) => {
    recording.take();
    await work();
    const done = recording.take();
    return { ours: comparable(done), theirs: comparable(goldenRequests(name)), done };
  };
  const same = async (name: string, work: () => Promise<unknown>) => {
    const { ours, theirs } = await operation(name, work);
    assertEquals(ours, theirs, name);
  };
  try {
    await step("re-using asks for what the reference asks for, and lists the same", () => {
      // Ours writes the note only where there is none: of two who do so at once, one gets it.
      const ours = comparable(recording.take())
        .map((line) => line === "putIfAbsent pbs-s3/.in-use" ? "put pbs-s3/.in-use" : line);
      const theirs = comparable(goldenRequests("create-reuse"));
      const isContent = (line: string) => line.startsWith("get ") && line.includes("/.cnt/");
      assertEquals(
        ours.filter((line) => !isContent(line)),
        theirs.filter((line) => !isContent(line)),
      );
      const contents = Object.keys(goldenKeys("full"))
        .filter((key) => key.startsWith(`${GOLDEN_NAME}/.cnt/`) && !key.endsWith("/.namespace"));
      assertEquals(ours.filter(isContent).sort(), contents.map((key) => `get ${key}`).sort());
      assertEquals(cacheTree(datastore.path), goldenTree("full"));
      // As in the recorded cache, only the chunk of the test is known.
      assertEquals([...Deno.readDirSync(`${datastore.path}/.chunks`)].map(({ name }) => name), [
        "bb9f",
      ]);
    });
    await step("everything in it verifies", async () => {
      const { done } = await operation("verify", () => verifyAll(repository));
      const chunks = (requests: readonly (readonly (string | number)[])[]) =>
        new Set(
          requests.filter((request) => request.includes("get")).map((request) => request.at(-1)),
        );
      // The recorded verification had fewer snapshots to look at.
      for (const key of chunks(goldenRequests("verify"))) assert(chunks(done).has(key), `${key}`);
      assertEquals(new Set(done.map(([kind]) => kind)), new Set(["get", "put"]));
    });
    await step("changes ask for the same in the same order", async () => {
      const museum = golden("museum");
      const { files } = datastore;
      const log = await files.read("host/museum/2023-11-14T22:13:20Z/client.log.blob");
      await files.removeFile("host/museum/2023-11-14T22:13:20Z/client.log.blob");
      await same("upload-log", () => repository.uploadLog("", museum, log));
      await same("protected-off", () => repository.setProtected("", museum, false));
      await same("protected-on", () => repository.setProtected("", museum, true));
      await same("notes-update", () => repository.writeNotes("", museum, "notes"));
      await same("group-notes", () => repository.writeGroupNotes("", museum, "of the group"));
      const vm = { type: "vm" as const, id: "100" };
      await same("change-owner", () => repository.changeOwner("", vm, "root@pam"));
      const mover = { type: "host" as const, id: "mover" };
      await repository.moveGroup({ group: mover, from: "a", to: "", merge: true }, () => {});
      await same("mover-notes", () => repository.writeGroupNotes("", mover, "moved"));
      const moved = await operation(
        "move-group",
        () => repository.moveGroup({ group: mover, from: "", to: "a", merge: true }, () => {}),
      );
      const kinds = (lines: readonly string[], kind: string) =>
        lines.filter((line) => line.startsWith(`${kind} `)).sort();
      assertEquals(kinds(moved.ours, "copy"), kinds(moved.theirs, "copy"));
      assertEquals(kinds(moved.ours, "put"), kinds(moved.theirs, "put"));
      assertEquals(moved.ours[0], moved.theirs[0], "the owner is first");
      assertEquals(await keysOf(world.objects), Object.keys(goldenKeys("full")).sort());
    });
    await step(
      "removals ask for the same, and leave what the reference leaves",
      async () => {
        const doomed = { type: "host" as const, id: "doomed" };
        await same("forget-snapshot", () => repository.forgetSnapshot("", golden("doomed")));
        await same(
          "prune",
          () => repository.prune({ namespace: "", group: doomed, keep: { last: 1 } }),
        );
        await same(
          "forget-last-snapshot",
          () => repository.forgetSnapshot("", { ...golden("doomed"), time: T0 + 120 }),
        );
        const group = await operation("group-forget-with-protected", async () => {
          const error = await assertRejects(() => repository.forgetGroup("", golden("museum")));
          assert(error instanceof ConflictError, `${error}`);
        });
        assertEquals(
          deletedKeys(group.done),
          deletedKeys(goldenRequests("group-forget-with-protected")),
        );
        await same("namespace-delete-empty", () => repository.deleteNamespace("empty", false));
        assertEquals(await keysOf(world.objects), Object.keys(goldenKeys("after-gc-1")).sort());
      },
    );
    await step("a collection of what is old leaves what the reference leaves", async () => {
      // Two chunks of an aborted backup are known to nobody.
      world.ageObjects();
      const young = await operation("gc-nothing-old", async () => {
        await repository.garbageCollect(() => {}, undefined, 30 * 86400);
      });
      assertEquals(young.ours, young.theirs);
      assertEquals(await keysOf(world.objects), Object.keys(goldenKeys("after-gc-1")).sort());
      ageChunks(datastore.path, 2 * 86400);
      const aged = await operation("gc-aged", () => repository.garbageCollect(() => {}));
      assertEquals(aged.ours, aged.theirs);
      assertEquals(await keysOf(world.objects), Object.keys(goldenKeys("after-gc")).sort());
      await verifyAll(repository);
    });
    await step("a refresh finds what is there already", async () => {
      const before = cacheTree(datastore.path);
      await opened.refresh();
      assertEquals(cacheTree(datastore.path), before);
      assertEquals(Object.keys(before).sort(), Object.keys(goldenTree("after-refresh")).sort());
      await verifyAll(repository);
    });
    await step(
      "a chunk that is corrupt in the bucket is set aside, and healed",
      async () => {
        const name = "b145a618ae18871f30a1acc67cc9a996ce8dfabdfb8a84c0b845c8c9478ced67";
        const key = `${GOLDEN_NAME}/.chunks/b145/${name}`;
        const { content } = (await world.objects.get(key))!;
        const corrupt = content.slice();
        corrupt[corrupt.length - 1]! ^= 1;
        await world.objects.put(key, corrupt);
        const request = { namespace: "", group: golden("museum", 0, "vm"), time: T0 };
        const vm = { ...request, group: { type: "vm" as const, id: "100" } };
        const verified = await operation("verify-corrupt", async () => {
          const { ok } = await repository.verify({ ...vm, ignoreVerified: false }, () => {});
          assertEquals(ok, false);
        });
        // What could not be read is read once more before it is called corrupt. The reference does not look at
        // the bucket's copies of other files.
        const ofChunks = verified.ours.filter((line) => !/^get \S*\.cnt\//.test(line));
        assert(ofChunks.length < verified.ours.length, verified.ours.join("\n"));
        assertEquals(new Set(ofChunks), new Set(verified.theirs));
        const order = ["copy", "remove", "put"];
        assertEquals(
          verified.ours.map((line) => line.split(" ")[0]!).filter((kind) => order.includes(kind)),
          order,
        );
        assertEquals(await keysOf(world.objects), Object.keys(goldenKeys("bad")).sort());
        await datastore.chunks.insert(
          Uint8Array.from(name.match(/../g)!, (byte) => parseInt(byte, 16)),
          content,
        );
        assertEquals(
          encodeHex(sha256((await world.objects.get(key))!.content)),
          encodeHex(sha256(content)),
        );
        await verifyAll(repository);
        // Ours goes on where the reference's collections fail from here on.
        const kept = await operation("gc-with-bad", () => repository.garbageCollect(() => {}));
        assertEquals(kept.ours, kept.theirs);
        ageChunks(datastore.path, 2 * 86400);
        await repository.garbageCollect(() => {});
        assertEquals(await keysOf(world.objects), Object.keys(goldenKeys("after-gc")).sort());
      },
    );
  } finally {
    await datastore.chunks[Symbol.dispose]();
  }
  await step("removed with its data kept, it is re-used by another cache", async () => {
    recording.take();
    await removeBucketDatastore(place);
    assertEquals(comparable(recording.take()), comparable(goldenRequests("remove-keep-data")));
    const other = { ...place, cachePath: `${world.folder}/other` };
    const again = await BucketDatastore.reuse(other, options);
    const reused = new LocalRepository(again.datastore);
    await verifyAll(reused);
    await reused.garbageCollect(() => {});
    assertEquals(await keysOf(world.objects), Object.keys(goldenKeys("after-gc")).sort());
    again.datastore[Symbol.dispose]();
  });
  await step("destroyed, nothing is left of it", async () => {
    const other = { ...place, cachePath: `${world.folder}/other` };
    recording.take();
    await removeBucketDatastore(other, { destroyData: true });
    const [, ...rest] = deletedKeys(recording.take());
    assertEquals(rest.length, Object.keys(goldenKeys("after-gc")).length - 1);
    assertEquals(await keysOf(world.objects), Object.keys(goldenKeys("destroyed")));
    await assertRejects(() => Deno.stat(other.cachePath), Deno.errors.NotFound);
  });
}

async function verifyAll(repository: LocalRepository): Promise<void> {
  const lines: string[] = [];
  const { ok } = await repository.verify({ namespace: "", ignoreVerified: false }, (line) => {
    lines.push(line);
  });
  assert(ok, lines.join("\n"));
}

/**
 * What is left in the recorded bucket after its collections is listed, restored and continued.
 *
 * @param listTree Lists a restored tree as the recorded one was listed.
 */
export async function continueGoldenBucket(
  { objects, folder }: GoldenWorld,
  listTree: (path: string) => Promise<string[]>,
): Promise<void> {
  await putGoldenBucket(objects, "bucket-after-gc");
  const place = { objects, name: GOLDEN_NAME, cachePath: `${folder}/continued` };
  const opened = await BucketDatastore.reuse(place, QUICK_BUCKET);
  const repository = new LocalRepository(opened.datastore);
  assertEquals(await repository.listNamespaces(""), [
    { namespace: "" },
    { namespace: "a" },
    { namespace: "a/b" },
  ]);
  const listed = await repository.listSnapshots("");
  assertEquals(listed.map(({ type, id, time }) => `${type}/${id}/${(time - T0) / HOUR}`).sort(), [
    "host/museum/0",
    "host/split/0",
    "host/split/1",
    "host/split/2",
    "vm/100/0",
  ]);
  assertEquals(await repository.isProtected("", golden("museum")), true);
  const target = `${folder}/museum`;
  const restored = await restoreStored(
    repository,
    "tree.pxar.didx",
    target,
    {},
    golden("museum"),
  );
  assertEquals(restored.error, undefined);
  assertEquals(await listTree(target), goldenListing().map(withoutOwnFlags));
  // Again, from the cache alone.
  const recording = new RecordingObjectStore(objects);
  const second = BucketDatastore.open({ ...place, objects: recording });
  const cached = new LocalRepository(second.datastore);
  await restoreStored(cached, "tree.pxar.didx", `${target}-again`, {}, golden("museum"));
  assertEquals(recording.take(), []);
  const sums = new Map(
    Deno.readTextFileSync(goldenPath("sources.sha256")).trim().split("\n")
      .map((line) => line.split(/\s+/).reverse() as [string, string]),
  );
  for (
    const [archive, snapshot] of [
      ["disk.img.fidx", golden("museum")],
      ["drive-scsi0.img.fidx", golden("100", 0, "vm")],
    ] as const
  ) {
    const image = `${folder}/${archive}`;
    const end = await restoreStored(cached, archive, image, {}, snapshot);
    assertEquals(end.error, undefined);
    assertEquals(encodeHex(sha256(await Deno.readFile(image))), sums.get("disk.raw"), archive);
  }
  const key = parseKeyFile(Deno.readTextFileSync(goldenPath("none.key")));
  const crypt = await openKey(key, () => Promise.reject(new Error("it has no passphrase")));
  await using source = await cached.openSnapshot("a/b", golden("enc"));
  const decrypted = `${folder}/decrypted`;
  await runRestore({ ...restoreRequest(source, "disk.img.fidx", decrypted), crypt }, {
    log: () => {},
    progress: newRestoreProgress(),
  });
  assertEquals(encodeHex(sha256(await Deno.readFile(decrypted))), sums.get("disk.raw"));
  const next = golden("museum", 9);
  const chunk = await makeChunk(7, 5000);
  await writeSnapshot(repository, next, [chunk]);
  const keys = await keysOf(objects);
  const time = "2023-11-15T07:13:20Z";
  assertEquals(
    keys.filter((key) => key.includes(time)),
    ["index.json.blob", "root.pxar.didx"].map((name) => `pbs-s3/.cnt/host/museum/${time}/${name}`),
  );
  await verifyAll(repository);
  second.datastore[Symbol.dispose]();
  opened.datastore[Symbol.dispose]();
}

/** Without the flag that the file system sets itself. */
export function withoutOwnFlags(line: string): string {
  const entry = JSON.parse(line);
  if (entry.fsflags !== undefined) entry.fsflags &= ~4096;
  return JSON.stringify(entry);
}
