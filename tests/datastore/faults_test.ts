import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Errno } from "../../ffi/errno.ts";
import { chunkDigest, encodeBlob } from "../../lib/blob/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { Datastore, listGroups, listSnapshots, LocalRepository } from "../../lib/datastore/mod.ts";
import { ConflictError, CorruptDataError, SystemError } from "../../lib/errors/mod.ts";
import { decodeManifestBlob, encodeManifestBlob, withVerifyState } from "../../lib/manifest/mod.ts";
import { Child } from "../support/child.ts";
import { ageChunks } from "../support/golden_story.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { TempDir } from "../support/temp_dir.ts";
import {
  makeChunk,
  readChunk,
  uploadManifest,
  writeArchive,
  writeSnapshot,
} from "../support/target_conformance.ts";

const elsa = { type: "host" as const, id: "elsa" };
const first = { ...elsa, time: 1700000000 };
const second = { ...elsa, time: 1700000100 };
const third = { ...elsa, time: 1700000200 };

/** All files below a folder, relative to it. */
function filesBelow(folder: string, prefix = ""): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(`${folder}/${prefix}`)) {
    const path = prefix === "" ? name : `${prefix}/${name}`;
    found.push(...(isDirectory ? filesBelow(folder, path) : [path]));
  }
  return found.sort();
}

function chunkPath(repository: LocalRepository, digest: Uint8Array): string {
  const name = encodeHex(digest);
  return `${repository.datastore.path}/.chunks/${name.slice(0, 4)}/${name}`;
}

for (const point of ["begun", "chunk", "appended", "closed", "manifest"]) {
  Deno.test(`a backup killed at "${point}" is unfinished and does not disturb later ones`, () =>
    withLocalRepository(async (repository) => {
      await writeSnapshot(repository, first, [await makeChunk(1, 1000)]);
      await using child = new Child("crash_backup.ts", [repository.datastore.path, point]);
      assertEquals(await child.line(), "reached");
      await child.kill();

      // The repository hides it; the datastore, and so a server, lists it.
      assertEquals((await repository.listSnapshots("")).map(({ time }) => time), [first.time]);
      const [older, crashed] = await listSnapshots(repository.datastore, "");
      assert(older!.size !== undefined);
      assertEquals([crashed!.time, crashed!.size], [second.time, undefined]);
      assertEquals((await repository.listGroups(""))[0]!.lastBackup, first.time);
      // The same time is taken, a later one is not, and the last finished one is the previous.
      await assertRejects(
        () => repository.beginBackup({ namespace: "", snapshot: second }),
        ConflictError,
        "already exists",
      );
      await writeSnapshot(repository, third, [await makeChunk(2, 1000)]);
      await repository.garbageCollect(() => {});
      const kept = await repository.prune({ namespace: "", group: elsa, keep: { last: 5 } });
      assertEquals(kept.map(({ mark }) => mark), ["keep", "remove", "keep"]);
      const times = (await repository.listSnapshots("")).map(({ time }) => time);
      assertEquals(times, [first.time, third.time]);
      assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
    }, { gcAccessTimeCheck: false }));
}

Deno.test("a chunk of which a crash has kept a part, or nothing but its length, is written again", async () => {
  const spoil: Readonly<Record<string, (path: string, length: number) => void>> = {
    "a part": (path, length) => Deno.truncateSync(path, length >> 1),
    "its length": (path, length) => Deno.writeFileSync(path, new Uint8Array(length)),
  };
  for (const [what, harm] of Object.entries(spoil)) {
    await withLocalRepository(async (repository) => {
      await using child = new Child("crash_backup.ts", [repository.datastore.path, "chunk"]);
      assertEquals(await child.line(), "reached");
      await child.kill();
      // The one that the run which was killed has stored.
      const chunk = await makeChunk(77, 100_000);
      const path = chunkPath(repository, chunk.digest);
      assertEquals(Deno.readFileSync(path), chunk.blob);
      harm(path, chunk.blob.byteLength);
      await writeSnapshot(repository, third, [chunk]);
      assertEquals(Deno.readFileSync(path), chunk.blob, what);
      assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true }, what);
    });
  }
});

Deno.test("a backup killed after it was finished is finished", () =>
  withLocalRepository(async (repository) => {
    await using child = new Child("crash_backup.ts", [repository.datastore.path, "finished"]);
    assertEquals(await child.line(), "reached");
    await child.kill();
    const [snapshot] = await repository.listSnapshots("");
    assert(snapshot!.size !== undefined);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
  }));

Deno.test("what a crash leaves of a removal is an unfinished snapshot, which can be removed", () =>
  withLocalRepository(async (repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 1000)]);
    Deno.removeSync(`${repository.datastore.path}/host/elsa/2023-11-14T22:13:20Z/index.json.blob`);
    assertEquals(await repository.listSnapshots(""), []);
    assertEquals((await listSnapshots(repository.datastore, ""))[0]!.size, undefined);
    await repository.forgetSnapshot("", first);
    assertEquals(await repository.listGroups(""), []);
  }));

Deno.test("a full disk ends a backup with an error and leaves no partial chunk", async () => {
  await using folder = await TempDir.make("/dev/shm");
  await using _mount = await Tmpfs.mount(folder.path, "3m");
  const options = { chunkFoldersOnDemand: true } as const;
  await using repository = new LocalRepository(Datastore.create(`${folder.path}/store`, options));
  {
    await using target = await repository.beginBackup({ namespace: "", snapshot: first });
    const writer = await target.createIndex("dynamic", "root.pxar.didx");
    const failures: unknown[] = [];
    const stored: string[] = [];
    for (let i = 0; i < 8; i++) {
      const plain = crypto.getRandomValues(new Uint8Array(65536));
      const whole = new Uint8Array(1_000_000).map((_, at) =>
        plain[(at * 7 + i) & 0xffff]! ^ (at >> 16)
      );
      const digest = chunkDigest(whole);
      const blob = await encodeBlob(whole, { compress: false });
      await writer.putChunk({ digest, size: whole.byteLength, blob }).then(
        () => stored.push(encodeHex(digest)),
        (error) => failures.push(error),
      );
    }
    assert(stored.length >= 1 && failures.length >= 1);
    for (const failure of failures) {
      assert(failure instanceof SystemError && failure.errno === Errno.ENOSPC, String(failure));
    }
    const chunks = filesBelow(`${folder.path}/store/.chunks`).map((path) => path.slice(5));
    assertEquals(chunks, stored.sort());
  }
  assertEquals(await repository.listSnapshots(""), []);
});

Deno.test("a full disk is freed at once by garbage collection with cutoff 0", async () => {
  await using folder = await TempDir.make("/dev/shm");
  await using _mount = await Tmpfs.mount(folder.path, "3m");
  const options = { chunkFoldersOnDemand: true } as const;
  await using repository = new LocalRepository(Datastore.create(`${folder.path}/store`, options));
  const random = async () => {
    const plain = new Uint8Array(600_000);
    for (let at = 0; at < plain.length; at += 60_000) {
      crypto.getRandomValues(plain.subarray(at, at + 60_000));
    }
    const blob = await encodeBlob(plain, { compress: false });
    return { digest: chunkDigest(plain), size: plain.byteLength, blob };
  };
  const used = await random();
  await writeSnapshot(repository, first, [used]);
  const fill = async () => {
    await using target = await repository.beginBackup({ namespace: "", snapshot: second });
    const writer = await target.createIndex("dynamic", "root.pxar.didx");
    for (let i = 0; i < 8; i++) await writer.putChunk(await random());
  };
  await assertRejects(fill, SystemError, "No space left");
  // Not even one block, as on a file system that others write to.
  const filler = Deno.openSync(`${folder.path}/filler`, { create: true, write: true });
  assertThrows(() => {
    for (;;) filler.writeSync(new Uint8Array(4096));
  });
  filler.close();
  // Chunks of the present second and of the one before are kept.
  ageChunks(`${folder.path}/store`, 5);
  const log: string[] = [];
  await repository.garbageCollect((line) => log.push(line), undefined, 0);
  assert(
    log.some((line) => /^removed garbage: [0-9]{7} bytes, [1-4] chunks$/.test(line)),
    `${log}`,
  );
  await writeSnapshot(repository, second, [used, await random()]);
  assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
});

Deno.test("a datastore on a read-only file system is listed and read", async () => {
  await using folder = await TempDir.make("/dev/shm");
  await using mount = await Tmpfs.mount(folder.path, "8m");
  const options = { chunkFoldersOnDemand: true } as const;
  const chunk = await makeChunk(1, 1000);
  {
    await using writable = new LocalRepository(Datastore.create(`${folder.path}/store`, options));
    await writeSnapshot(writable, first, [chunk]);
  }
  await mount.makeReadOnly();
  await using repository = new LocalRepository(Datastore.open(`${folder.path}/store`));
  assertEquals((await repository.listSnapshots("")).length, 1);
  await using source = await repository.openSnapshot("", first);
  assertEquals(await readChunk(source, chunk.digest), chunk.blob);
  await assertRejects(() => repository.forgetSnapshot("", first), SystemError, "Read-only");
  await assertRejects(
    () => repository.beginBackup({ namespace: "", snapshot: second }),
    SystemError,
    "Read-only",
  );
});

/** A file system in memory of a given size. */
class Tmpfs implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async mount(path: string, size: string): Promise<Tmpfs> {
    const args = ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path];
    const { success, stderr } = await new Deno.Command("mount", { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new Tmpfs(path);
  }

  async makeReadOnly(): Promise<void> {
    const args = ["-o", "remount,ro", this.path];
    const { success, stderr } = await new Deno.Command("mount", { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Deno.Command("umount", { args: ["--lazy", this.path] }).output();
  }
}

Deno.test("verification finds damage, sets the chunk aside, and the next backup repairs it", () =>
  withLocalRepository(async (repository) => {
    const chunks = await Promise.all([1, 2, 3, 4].map((byte) => makeChunk(byte, 50_000)));
    await writeSnapshot(repository, first, chunks);
    const [flipped, cut, missing] = chunks.map(({ digest }) => chunkPath(repository, digest));
    const bytes = Deno.readFileSync(flipped!);
    bytes[bytes.length - 1]! ^= 0xff;
    Deno.writeFileSync(flipped!, bytes);
    Deno.truncateSync(cut!, 20);
    Deno.removeSync(missing!);
    const log: string[] = [];
    assertEquals(await repository.verify({ namespace: "" }, (line) => log.push(line)), {
      ok: false,
    });
    const names = filesBelow(`${repository.datastore.path}/.chunks`).map((path) => path.slice(5));
    assertEquals(names.filter((name) => name.endsWith(".0.bad")).length, 2);
    assertEquals(names.length, 3);
    const problems = log.filter((line) => line.includes(": chunk "));
    assertEquals(problems.length, 3, log.join("\n"));
    const [info] = await repository.listSnapshots("");
    assertEquals(info!.verification?.state, "failed");

    await using target = await repository.beginBackup({ namespace: "", snapshot: second });
    assertEquals(target.previousTime, undefined);
    const summary = await writeArchive(target, "dynamic", "root.pxar.didx", chunks);
    await uploadManifest(target, { "root.pxar.didx": summary });
    await target.finish();
    const again = await repository.verify({ namespace: "", ignoreVerified: false }, () => {});
    assertEquals(again, { ok: true });
  }));

Deno.test("an index that lies about a length does not make its chunk a bad one", () =>
  withLocalRepository(async (repository) => {
    const chunk = await makeChunk(1, 1000);
    await writeSnapshot(repository, first, [chunk]);
    const lying = { ...chunk, size: 999 };
    await writeSnapshot(repository, second, [lying]);
    const { ok } = await repository.verify(
      { namespace: "", group: elsa, time: second.time },
      () => {},
    );
    assertEquals(ok, false);
    assertEquals((await Deno.stat(chunkPath(repository, chunk.digest))).isFile, true);
    const other = await repository.verify(
      { namespace: "", group: elsa, time: first.time },
      () => {},
    );
    assertEquals(other, { ok: true });
  }));

Deno.test("a damaged manifest fails verification, is listed without sizes and blocks no listing", () =>
  withLocalRepository(async (repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 1000)]);
    const folder = `${repository.datastore.path}/host/elsa/2023-11-14T22:13:20Z`;
    const blob = Deno.readFileSync(`${folder}/index.json.blob`);
    blob[20]! ^= 1;
    Deno.writeFileSync(`${folder}/index.json.blob`, blob);
    assertEquals((await repository.verify({ namespace: "" }, () => {})).ok, false);
    const [info] = await repository.listSnapshots("");
    assertEquals(info!.size, undefined);
    assertEquals(info!.files.map(({ filename }) => filename), [
      "index.json.blob",
      "root.pxar.didx",
    ]);
    await assertRejects(() => repository.listFiles("", first), CorruptDataError);
    await writeSnapshot(repository, second, [await makeChunk(1, 1000)]);
    await repository.forgetSnapshot("", first);
  }));

Deno.test("verification compares indexes and blobs with the manifest", () =>
  withLocalRepository(async (repository) => {
    const chunk = await makeChunk(1, 1000);
    await writeSnapshot(repository, first, [chunk, chunk]);
    const path = `${repository.datastore.path}/host/elsa/2023-11-14T22:13:20Z/root.pxar.didx`;
    const log: string[] = [];
    const verify = () =>
      repository.verify({ namespace: "", ignoreVerified: false }, (line) => log.push(line));
    const index = Deno.readFileSync(path);
    Deno.writeFileSync(path, index.subarray(0, 4096 + 40));
    assertEquals(await verify(), { ok: false });
    Deno.writeFileSync(path, index.subarray(0, 4096 + 39));
    assertEquals(await verify(), { ok: false });
    Deno.removeSync(path);
    assertEquals(await verify(), { ok: false });
    Deno.writeFileSync(path, index);
    assertEquals(await verify(), { ok: true });
    const problems = log.filter((line) =>
      line.includes('"root.pxar.didx"') && line.includes('Z":')
    );
    assertEquals(problems.length, 3, log.join("\n"));
  }));

Deno.test("the filters of verification go by age and by what was recorded", () =>
  withLocalRepository(async (repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 1000)]);
    const path = `${repository.datastore.path}/host/elsa/2023-11-14T22:13:20Z/index.json.blob`;
    const seconds = Math.floor(Date.now() / 1000) - 3 * 86400 - 60;
    const stamp = seconds.toString(16).toUpperCase();
    const upid = `UPID:node:00000001:00000001:00000001:${stamp}:verify:x:root@pam:`;
    const manifest = withVerifyState(await decodeManifestBlob(Deno.readFileSync(path)), {
      upid,
      state: "failed",
    });
    Deno.writeFileSync(path, await encodeManifestBlob(manifest));
    const stateAfter = async (
      request: { ignoreVerified?: boolean; outdatedAfterDays?: number },
    ) => {
      await repository.verify({ namespace: "", ...request }, () => {});
      return (await repository.listSnapshots(""))[0]!.verification!.state;
    };
    assertEquals(await stateAfter({}), "failed");
    assertEquals(await stateAfter({ outdatedAfterDays: 3 }), "failed");
    assertEquals(await stateAfter({ outdatedAfterDays: 2 }), "ok");
  }));

Deno.test("an abort of verification records nothing", () =>
  withLocalRepository(async (repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 1000)]);
    await assertRejects(
      () => repository.verify({ namespace: "" }, () => {}, AbortSignal.abort()),
      Error,
      "aborted",
    );
    assertEquals((await repository.listSnapshots(""))[0]!.verification, undefined);
  }));

Deno.test("a group whose owner file is lost or damaged is still listed, by who has its files", () =>
  withLocalRepository(async (repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 50_000)]);
    const owner = `${repository.datastore.path}/${first.type}/${first.id}/owner`;
    for (const content of [undefined, "", "no auth id\n"]) {
      Deno.removeSync(owner);
      if (content !== undefined) Deno.writeTextFileSync(owner, content);
      const [group] = await repository.listGroups("");
      assertEquals([group!.id, group!.owner, group!.backupCount], [first.id, "root@pam", 1]);
      const times = (await repository.listSnapshots("", first)).map(({ time }) => time);
      assertEquals(times, [first.time]);
      // A server shows it to nobody (spec: protocol.md §7.3).
      assertEquals(await listGroups(repository.datastore, ""), []);
      Deno.writeTextFileSync(owner, "root@pam\n");
    }
  }));
