import { assert, assertEquals, assertRejects } from "@std/assert";
import { BLOB_MAGICS, chunkDigest, encodeBlob, writeBlobCrc } from "../../lib/blob/mod.ts";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import type { LocalRepository } from "../../lib/datastore/mod.ts";
import { ConflictError } from "../../lib/errors/mod.ts";
import { DynamicIndexBuilder } from "../../lib/index/mod.ts";
import { createManifest, decodeManifestBlob, encodeManifestBlob } from "../../lib/manifest/mod.ts";
import { openRemoteRepository } from "../../lib/remote/mod.ts";
import type { BackupTarget, NewChunk, Repository } from "../../lib/repository/mod.ts";
import { chunkListOf } from "../support/chunk_list_of.ts";
import { eventually } from "../support/eventually.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { remoteOptions } from "../support/remote_repository.ts";
import {
  makeChunk,
  readChunk,
  uploadManifest,
  writeArchive,
  writeSnapshot,
} from "../support/target_conformance.ts";
import { type TestAccounts, TestServer } from "../support/test_server.ts";

const elsa = { type: "host" as const, id: "elsa" };
const first = { ...elsa, time: 1700000000 };
const second = { ...elsa, time: 1700000100 };
const third = { ...elsa, time: 1700000200 };
const KEY = new Uint8Array(32).fill(7);

const ACCOUNTS: TestAccounts = {
  accounts: ["victim@pbs", "eve@pbs"].map((authId) => ({ authId, enabled: true, expire: 0 })),
  rules: ["victim@pbs", "eve@pbs"].map((authId) => ({
    path: "/datastore/store1",
    authId,
    roles: ["DatastoreBackup"],
    propagate: true,
  })),
  secrets: { "victim@pbs": "a password", "eve@pbs": "a password" },
};

/** What passes for an encrypted chunk of any digest: a server has no key to tell. */
function fake(chunk: NewChunk, length = 45): NewChunk {
  const blob = new Uint8Array(length);
  blob.set(decodeHex(BLOB_MAGICS["zstd+encrypted"]));
  writeBlobCrc(blob);
  return { ...chunk, blob };
}

/** Half a chunk that compresses and half of one that does not. */
async function mixedChunk(): Promise<NewChunk> {
  const plain = new Uint8Array(100_000);
  crypto.getRandomValues(plain.subarray(50_000));
  const blob = await encodeBlob(plain, { compress: true });
  return { digest: chunkDigest(plain), size: plain.byteLength, blob };
}

/** Uploads chunks and goes away. */
async function plant(repository: Repository, id: string, chunks: NewChunk[]): Promise<void> {
  await using target = await repository.beginBackup({ namespace: "", snapshot: { ...first, id } });
  const writer = await target.createIndex("dynamic", "root.pxar.didx");
  for (const chunk of chunks) await writer.putChunk(chunk);
}

function pathOf(repository: LocalRepository, { digest }: NewChunk): string {
  const name = encodeHex(digest);
  return `${repository.datastore.path}/.chunks/${name.slice(0, 4)}/${name}`;
}

function rot(path: string): void {
  const bytes = Deno.readFileSync(path);
  bytes[bytes.length - 1]! ^= 0xff;
  Deno.writeFileSync(path, bytes);
}

Deno.test("what somebody has planted under the digests of others does them no harm", async () => {
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  const [victim, eve] = await Promise.all(
    ["victim@pbs", "eve@pbs"].map((authId) =>
      openRemoteRepository(remoteOptions(server, { authId }))
    ),
  );
  await using _both = { [Symbol.asyncDispose]: () => closeBoth(victim!, eve!) };
  const chunks = await Promise.all([mixedChunk(), mixedChunk(), mixedChunk()]);
  const [smaller, same, larger] = chunks as [NewChunk, NewChunk, NewChunk];
  await plant(eve!, "poison", [
    fake(smaller),
    fake(same, same.blob.byteLength),
    fake(larger, larger.blob.byteLength + 1000),
  ]);
  await writeSnapshot(victim!, first, chunks);
  await assertReads(victim!, first, chunks);
  // The other way round she is told off, whatever the size.
  for (const chunk of chunks) {
    for (const length of [45, chunk.blob.byteLength, 90_000]) {
      const again = () => plant(eve!, "poison", [fake(chunk, length)]);
      await eventually(() => assertRejects(again, Error, "the store has an unencrypted one"));
    }
  }
  await assertReads(victim!, first, chunks);
});

Deno.test("a fake chunk cannot be recalled when somebody's data lies under its digest", async () => {
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  const [victim, eve] = await Promise.all(
    ["victim@pbs", "eve@pbs"].map((authId) =>
      openRemoteRepository(remoteOptions(server, { authId }))
    ),
  );
  await using _both = { [Symbol.asyncDispose]: () => closeBoth(victim!, eve!) };
  const chunk = await mixedChunk();
  const recall = async () => {
    const snapshot = { ...first, id: "poison" };
    await using target = await eventually(() => eve!.beginBackup({ namespace: "", snapshot }));
    return (await target.recallChunks!(chunkListOf(chunk), true)).length;
  };
  await plant(eve!, "poison", [fake(chunk)]);
  assertEquals(await recall(), 32, "it is what she has sent");
  await writeSnapshot(victim!, first, [chunk]);
  assertEquals(await recall(), 0, "it is somebody else's");
});

async function closeBoth(...repositories: AsyncDisposable[]): Promise<void> {
  for (const each of repositories) await each[Symbol.asyncDispose]();
}

async function assertReads(
  repository: Repository,
  snapshot: typeof first,
  chunks: readonly NewChunk[],
): Promise<void> {
  await using source = await repository.openSnapshot("", snapshot);
  await source.readFile("root.pxar.didx");
  for (const { digest, blob } of chunks) assertEquals(await readChunk(source, digest), blob);
}

/** Backs up as a client does that relies on the previous snapshot: known chunks are not sent. */
async function backUpWithKnown(
  target: BackupTarget,
  chunks: readonly NewChunk[],
): Promise<{ sent: number }> {
  const known = target.previousTime !== undefined;
  if (known) await target.previousIndex("root.pxar.didx");
  const writer = await target.createIndex("dynamic", "root.pxar.didx");
  if (!known) { for (const chunk of chunks) await writer.putChunk(chunk); }
  const builder = new DynamicIndexBuilder("root.pxar.didx");
  let size = 0;
  for (const chunk of chunks) {
    await writer.append([{ digest: chunk.digest, offset: size }]);
    builder.append(size, chunk.size, chunk.digest);
    size += chunk.size;
  }
  const summary = { chunkCount: chunks.length, size, checksum: builder.checksum() };
  await writer.close(summary);
  await uploadManifest(target, { "root.pxar.didx": summary });
  return { sent: known ? 0 : chunks.length };
}

/** Ways in which a stored chunk becomes useless. */
const HARMS: Readonly<Record<string, (path: string) => void>> = {
  rotten: rot,
  "cut off": (path) => Deno.truncateSync(path, 20),
  missing: (path) => Deno.removeSync(path),
};

for (const [harm, hurt] of Object.entries(HARMS)) {
  Deno.test(`a chunk found ${harm} in one group is sent again by all that name it`, () =>
    withLocalRepository(async (repository) => {
      const chunk = await makeChunk(1, 50_000);
      const other = { ...elsa, id: "olaf" };
      await writeSnapshot(repository, first, [chunk]);
      await writeSnapshot(repository, { ...first, id: "olaf" }, [chunk]);
      hurt(pathOf(repository, chunk));
      const one = { namespace: "", group: elsa, time: first.time };
      assertEquals(await repository.verify(one, () => {}), { ok: false });
      // The other group's snapshot was never looked at and yet gives no known chunks.
      {
        await using target = await repository.beginBackup({
          namespace: "",
          snapshot: { ...other, time: second.time },
        });
        assertEquals(await backUpWithKnown(target, [chunk]), { sent: 1 });
        await target.finish();
      }
      assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: true });
      // Now that the chunk is back, both are relied on again.
      await using target = await repository.beginBackup({
        namespace: "",
        snapshot: { ...other, time: third.time },
      });
      assertEquals(await backUpWithKnown(target, [chunk]), { sent: 0 });
      await target.finish();
    }));
}

Deno.test("a running backup whose known chunk is set aside does not finish, the next one does", () =>
  withLocalRepository(async (repository) => {
    const chunk = await makeChunk(1, 50_000);
    await writeSnapshot(repository, first, [chunk]);
    const one = { namespace: "", group: elsa, time: first.time };
    {
      await using target = await repository.beginBackup({ namespace: "", snapshot: second });
      assertEquals(await backUpWithKnown(target, [chunk]), { sent: 0 });
      rot(pathOf(repository, chunk));
      assertEquals(await repository.verify(one, () => {}), { ok: false });
      await assertRejects(() => target.finish(), ConflictError, "found damaged meanwhile");
    }
    assertEquals((await repository.listSnapshots("")).length, 1);
    await using target = await repository.beginBackup({ namespace: "", snapshot: second });
    assertEquals(await backUpWithKnown(target, [chunk]), { sent: 1 });
    await target.finish();
    assertEquals(await repository.verify({ ...one, ignoreVerified: false }, () => {}), {
      ok: true,
    });
  }));

Deno.test("an encrypted file in place of plain data is bad for archives that are not encrypted", () =>
  withLocalRepository(async (repository) => {
    const chunk = await mixedChunk();
    const other = { ...elsa, id: "olaf" };
    await writeSnapshot(repository, first, [chunk]);
    await writeSnapshot(repository, { ...first, id: "olaf" }, [chunk]);
    Deno.writeFileSync(pathOf(repository, chunk), fake(chunk).blob);
    const one = { namespace: "", group: elsa, time: first.time };
    assertEquals(await repository.verify(one, () => {}), { ok: false });
    {
      await using target = await repository.beginBackup({
        namespace: "",
        snapshot: { ...other, time: second.time },
      });
      assertEquals(await backUpWithKnown(target, [chunk]), { sent: 1 });
      await target.finish();
    }
    assertEquals(await repository.verify({ namespace: "", ignoreVerified: false }, () => {}), {
      ok: true,
    });
    assertEquals(Deno.readFileSync(pathOf(repository, chunk)), chunk.blob);
  }));

Deno.test("who names somebody's encrypted chunk in a plain archive spoils nothing", () =>
  withLocalRepository(async (repository) => {
    const plain = crypto.getRandomValues(new Uint8Array(5000));
    const digest = chunkDigest(plain, KEY);
    const blob = await encodeBlob(plain, { compress: false, encryptionKey: KEY });
    const chunk = { digest, size: plain.byteLength, blob };
    await using target = await repository.beginBackup({ namespace: "", snapshot: first });
    const summary = await writeArchive(target, "dynamic", "root.pxar.didx", [chunk]);
    const file = { filename: "root.pxar.didx", cryptMode: "encrypt" as const };
    const manifest = createManifest(first, [{ ...file, ...summary }]);
    await target.uploadBlob("index.json.blob", await encodeManifestBlob(manifest));
    await target.finish();
    await writeSnapshot(repository, { ...first, id: "mallory" }, [chunk]);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: false });
    assertEquals(Deno.readFileSync(pathOf(repository, chunk)), blob);
    await using next = await repository.beginBackup({ namespace: "", snapshot: second });
    assertEquals(next.previousTime, first.time);
    assertEquals((await decodeManifestBlob((await next.previousManifest())!)).files.length, 1);
  }));

Deno.test("verification sets aside what is no file, so that the next backup heals it", async () => {
  const plant: Record<string, (path: string) => void> = {
    folder: (path) => Deno.mkdirSync(path),
    symlink: (path) => Deno.symlinkSync("/etc/passwd", path),
    "empty file": (path) => Deno.writeFileSync(path, new Uint8Array()),
  };
  for (const [what, make] of Object.entries(plant)) {
    await withLocalRepository(async (repository) => {
      const chunk = await makeChunk(1, 50_000);
      await writeSnapshot(repository, first, [chunk]);
      const path = pathOf(repository, chunk);
      Deno.removeSync(path);
      make(path);
      assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: false }, what);
      await using target = await repository.beginBackup({ namespace: "", snapshot: second });
      assertEquals(await backUpWithKnown(target, [chunk]), { sent: 1 }, what);
      await target.finish();
      assertEquals(await repository.verify({ namespace: "", ignoreVerified: false }, () => {}), {
        ok: true,
      });
    });
  }
});

Deno.test("what is recorded of bad chunks goes when they are healed or nobody needs them", () =>
  withLocalRepository(async (repository) => {
    const [healed, needed, unneeded] = await Promise.all([1, 2, 3].map((n) => makeChunk(n, 9000)));
    await writeSnapshot(repository, first, [healed!, needed!]);
    await writeSnapshot(repository, { ...first, id: "gone" }, [unneeded!]);
    for (const chunk of [healed, needed, unneeded]) rot(pathOf(repository, chunk!));
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: false });
    const folder = `${repository.datastore.path}/.bad-chunks`;
    const recorded = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(recorded().length, 3);
    await repository.forgetGroup("", { type: "host", id: "gone" });
    await plantLocally(repository, [healed!]);
    await repository.garbageCollect(() => {});
    assertEquals(recorded(), [encodeHex(needed!.digest)]);
    // A chunk that vanished otherwise is noticed by garbage collection.
    Deno.removeSync(pathOf(repository, healed!));
    await repository.garbageCollect(() => {});
    assertEquals(recorded(), [healed, needed].map((chunk) => encodeHex(chunk!.digest)).sort());
    await plantLocally(repository, [healed!, needed!]);
    await repository.garbageCollect(() => {});
    assert(
      !Array.from(Deno.readDirSync(repository.datastore.path)).some(({ name }) =>
        name === ".bad-chunks"
      ),
    );
  }, { gcAccessTimeCheck: false }));

async function plantLocally(repository: LocalRepository, chunks: NewChunk[]): Promise<void> {
  await plant(repository, "helper", chunks);
}
