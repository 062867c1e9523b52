import { assert, assertEquals, assertRejects } from "@std/assert";
import { chunkDigest, encodeBlob } from "../../lib/blob/mod.ts";
import { DynamicIndexBuilder, FixedIndexBuilder, parseDynamicIndex } from "../../lib/index/mod.ts";
import { createManifest, decodeManifestBlob, encodeManifestBlob } from "../../lib/manifest/mod.ts";
import {
  type BackupSnapshot,
  type BackupTarget,
  type IndexKind,
  type IndexSummary,
  type NewChunk,
  OlderSnapshotError,
  type Repository,
  type SnapshotSource,
} from "../../lib/repository/mod.ts";
import { eventually } from "./eventually.ts";

/** Makes a repository that is empty, and removes it afterwards. */
export type RepositoryFactory = (body: (repository: Repository) => Promise<void>) => Promise<void>;

/** A chunk of `length` times `byte`, as a pipeline would deliver it. */
export async function makeChunk(byte: number, length: number): Promise<NewChunk> {
  const plain = new Uint8Array(length).fill(byte);
  return {
    digest: chunkDigest(plain),
    size: length,
    blob: await encodeBlob(plain, { compress: true }),
  };
}

/** What an archive's index must be closed with. */
export function summaryOf(kind: IndexKind, chunks: readonly NewChunk[]): IndexSummary {
  let size = 0;
  const builder = kind === "dynamic"
    ? new DynamicIndexBuilder("expected.didx")
    : new FixedIndexBuilder("expected.fidx");
  for (const chunk of chunks) {
    if (builder instanceof DynamicIndexBuilder) builder.append(size, chunk.size, chunk.digest);
    else builder.add(size, chunk.size, chunk.digest);
    size += chunk.size;
  }
  return { chunkCount: chunks.length, size, checksum: builder.checksum() };
}

/** Writes one archive in the usual order. */
export async function writeArchive(
  target: BackupTarget,
  kind: IndexKind,
  name: string,
  chunks: readonly NewChunk[],
): Promise<IndexSummary> {
  const summary = summaryOf(kind, chunks);
  const writer = await target.createIndex(kind, name, kind === "fixed" ? summary.size : undefined);
  await Promise.all(chunks.map((chunk) => writer.putChunk(chunk)));
  let offset = 0;
  for (const { digest, size } of chunks) {
    await writer.append([{ digest, offset }]);
    offset += size;
  }
  await writer.close(summary);
  return summary;
}

/** Uploads the manifest that a client would write for these archives. */
export async function uploadManifest(
  target: BackupTarget,
  archives: Readonly<Record<string, IndexSummary>>,
): Promise<void> {
  const files = Object.entries(archives).map(([filename, { size, checksum }]) => ({
    filename,
    cryptMode: "none" as const,
    size,
    checksum,
  }));
  const manifest = createManifest(target.snapshot, files);
  await target.uploadBlob("index.json.blob", await encodeManifestBlob(manifest));
}

/** A whole backup of one archive `root.pxar.didx`. */
export async function writeSnapshot(
  repository: Repository,
  snapshot: BackupSnapshot,
  chunks: readonly NewChunk[],
  namespace = "",
): Promise<void> {
  await using target = await repository.beginBackup({ namespace, snapshot });
  const summary = await writeArchive(target, "dynamic", "root.pxar.didx", chunks);
  await uploadManifest(target, { "root.pxar.didx": summary });
  await target.finish();
}

/** A chunk's blob as a source hands it out. */
export async function readChunk(
  source: Pick<SnapshotSource, "readChunk">,
  digest: Uint8Array,
): Promise<Uint8Array> {
  let bytes = new Uint8Array();
  await source.readChunk(digest, (length) => bytes = new Uint8Array(length));
  return bytes;
}

const first: BackupSnapshot = { type: "host", id: "elsa", time: 1700000000 };
const second: BackupSnapshot = { ...first, time: 1700000100 };

/**
 * What every form of the two seams has to do. Registers one test per rule.
 *
 * @param form Stands in front of the tests' names.
 */
export function testTargetConformance(form: string, withRepository: RepositoryFactory): void {
  const test = (name: string, body: (repository: Repository) => Promise<void>) =>
    Deno.test(`${form}: ${name}`, () => withRepository(body));

  test("a finished backup is listed and read back", async (repository) => {
    const chunks = [await makeChunk(1, 70_000), await makeChunk(2, 5), await makeChunk(1, 70_000)];
    {
      await using target = await repository.beginBackup({ namespace: "", snapshot: first });
      assertEquals(target.previousTime, undefined);
      assertEquals(await target.previousManifest(), undefined);
      await target.uploadBlob("note.conf.blob", chunks[1]!.blob);
      const root = await writeArchive(target, "dynamic", "root.pxar.didx", chunks);
      const image = await writeArchive(target, "fixed", "disk.img.fidx", [chunks[1]!]);
      await uploadManifest(target, { "root.pxar.didx": root, "disk.img.fidx": image });
      await target.finish();
    }
    const [listed] = await repository.listSnapshots("");
    assertEquals(listed?.time, first.time);
    assertEquals(listed?.protected, false);
    await using source = await repository.openSnapshot("", first);
    const manifest = await decodeManifestBlob(await source.readFile("index.json.blob"));
    assertEquals(manifest.files.map((file) => file.filename), ["root.pxar.didx", "disk.img.fidx"]);
    const stats = manifest.unprotected.get("chunk_upload_stats");
    assert(stats instanceof Map && stats.get("count") === 4);
    assertEquals(await source.readFile("note.conf.blob"), chunks[1]!.blob);
    const index = parseDynamicIndex(await source.readFile("root.pxar.didx"), "root.pxar.didx");
    assertEquals(index.checksum, summaryOf("dynamic", chunks).checksum);
    for (let i = 0; i < index.chunkCount; i++) {
      assertEquals(await readChunk(source, index.digestAt(i)), chunks[i]!.blob);
    }
  });

  test("a known chunk of the previous snapshot need not be stored again", async (repository) => {
    const [old, fresh] = [await makeChunk(3, 1000), await makeChunk(4, 1000)];
    await writeSnapshot(repository, first, [old]);
    await using target = await repository.beginBackup({ namespace: "", snapshot: second });
    assertEquals(target.previousTime, first.time);
    assert((await target.previousManifest())!.byteLength > 0);
    const previous = parseDynamicIndex(await target.previousIndex("root.pxar.didx"), "previous");
    const writer = await target.createIndex("dynamic", "root.pxar.didx");
    const said = target.tellsDuplicates ? false : undefined;
    assertEquals((await writer.putChunk(fresh)).duplicate, said);
    await writer.append([
      { digest: previous.digestAt(0), offset: 0 },
      { digest: fresh.digest, offset: 1000 },
    ]);
    await writer.close(summaryOf("dynamic", [old, fresh]));
    await uploadManifest(target, { "root.pxar.didx": summaryOf("dynamic", [old, fresh]) });
    await target.finish();
    assertEquals((await repository.listSnapshots("")).length, 2);
  });

  test("a chunk that this backup neither brought nor may see is refused", async (repository) => {
    const chunk = await makeChunk(5, 1000);
    await writeSnapshot(repository, first, [chunk]);
    await using target = await repository.beginBackup({ namespace: "", snapshot: second });
    const writer = await target.createIndex("dynamic", "root.pxar.didx");
    await assertRejects(
      () => writer.append([{ digest: chunk.digest, offset: 0 }]),
      Error,
      "no such chunk",
    );
    assertEquals((await writer.putChunk(chunk)).duplicate, target.tellsDuplicates || undefined);
    await writer.append([{ digest: chunk.digest, offset: 0 }]);
  });

  test("chunks of a dynamic index must follow one another", async (repository) => {
    const chunk = await makeChunk(6, 1000);
    await using target = await repository.beginBackup({ namespace: "", snapshot: first });
    const writer = await target.createIndex("dynamic", "root.pxar.didx");
    await writer.putChunk(chunk);
    await assertRejects(() => writer.append([{ digest: chunk.digest, offset: 1 }]));
    await writer.append([{ digest: chunk.digest, offset: 0 }]);
    await assertRejects(() => writer.append([{ digest: chunk.digest, offset: 0 }]));
  });

  test("a wrong summary is refused and may be corrected", async (repository) => {
    const chunk = await makeChunk(7, 1000);
    const right = summaryOf("dynamic", [chunk]);
    await using target = await repository.beginBackup({ namespace: "", snapshot: first });
    const writer = await target.createIndex("dynamic", "root.pxar.didx");
    await writer.putChunk(chunk);
    await writer.append([{ digest: chunk.digest, offset: 0 }]);
    await assertRejects(() => writer.close({ ...right, chunkCount: 2 }));
    await assertRejects(() => writer.close({ ...right, size: 999 }));
    await assertRejects(() => target.finish());
    await writer.close(right);
    await assertRejects(() => writer.close(right));
    await uploadManifest(target, { "root.pxar.didx": right });
    await target.finish();
  });

  test("after a wrong checksum the backup cannot be finished", async (repository) => {
    const chunk = await makeChunk(8, 1000);
    await using target = await repository.beginBackup({ namespace: "", snapshot: first });
    const writer = await target.createIndex("dynamic", "root.pxar.didx");
    await writer.putChunk(chunk);
    await writer.append([{ digest: chunk.digest, offset: 0 }]);
    const wrong = { ...summaryOf("dynamic", [chunk]), checksum: new Uint8Array(32) };
    await assertRejects(() => writer.close(wrong));
    await uploadManifest(target, {});
    await assertRejects(() => target.finish());
  });

  test("a fixed index takes its chunks in any order", async (repository) => {
    const chunks = [
      await makeChunk(1, 4194304),
      await makeChunk(2, 4194304),
      await makeChunk(3, 9),
    ];
    const summary = summaryOf("fixed", chunks);
    await using target = await repository.beginBackup({ namespace: "", snapshot: first });
    const writer = await target.createIndex("fixed", "disk.img.fidx", summary.size);
    for (const chunk of chunks) await writer.putChunk(chunk);
    await assertRejects(() => writer.append([{ digest: chunks[0]!.digest, offset: 5 }]));
    await assertRejects(() => writer.append([{ digest: chunks[2]!.digest, offset: 0 }]));
    await assertRejects(() => writer.append([{ digest: chunks[0]!.digest, offset: 8388608 }]));
    for (const i of [2, 0, 1]) {
      await writer.append([{ digest: chunks[i]!.digest, offset: i * 4194304 }]);
    }
    await writer.close(summary);
    const growing = await target.createIndex("fixed", "pipe.img.fidx");
    await growing.append(
      chunks.map(({ digest }, i) => ({ digest, offset: i * 4194304 })),
    );
    await growing.close(summary);
    await uploadManifest(target, { "disk.img.fidx": summary, "pipe.img.fidx": summary });
    await target.finish();
  });

  test("blobs must be whole, and names must fit what they name", async (repository) => {
    const { blob } = await makeChunk(9, 100);
    await using target = await repository.beginBackup({ namespace: "", snapshot: first });
    const damaged = blob.slice();
    damaged[damaged.length - 1]! ^= 1;
    await assertRejects(() => target.uploadBlob("a.conf.blob", damaged), Error, "CRC");
    await assertRejects(() => target.uploadBlob("a.conf", blob));
    await assertRejects(() => target.uploadBlob("../a.blob", blob));
    await assertRejects(() => target.createIndex("dynamic", "a.fidx"));
    await assertRejects(() => target.createIndex("fixed", "a.didx", 1));
    await target.uploadBlob("a.conf.blob", blob);
  });

  test("a backup without files or without manifest cannot be finished", async (repository) => {
    {
      await using target = await repository.beginBackup({ namespace: "", snapshot: first });
      await assertRejects(() => target.finish());
      await target.uploadBlob("a.conf.blob", (await makeChunk(1, 10)).blob);
      await assertRejects(() => target.finish());
    }
    await eventually(async () => assertEquals(await repository.listSnapshots("", first), []));
  });

  test("an aborted backup leaves neither snapshot nor group", async (repository) => {
    const target = await repository.beginBackup({ namespace: "", snapshot: first });
    await writeArchive(target, "dynamic", "root.pxar.didx", [await makeChunk(1, 100)]);
    await target.abort();
    await target.abort();
    await eventually(async () => assertEquals(await repository.listGroups(""), []));
    await writeSnapshot(repository, first, [await makeChunk(1, 100)]);
    const later = await repository.beginBackup({ namespace: "", snapshot: second });
    await later[Symbol.asyncDispose]();
    await eventually(async () =>
      assertEquals((await repository.listSnapshots("")).map(({ time }) => time), [first.time])
    );
  });

  test("a second backup of a running group is refused", async (repository) => {
    await using _target = await repository.beginBackup({ namespace: "", snapshot: first });
    await assertRejects(() => repository.beginBackup({ namespace: "", snapshot: second }));
    const other = { ...first, id: "anna" };
    await using _other = await repository.beginBackup({ namespace: "", snapshot: other });
  });

  test("the time of a backup must be later than that of the last one", async (repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 100)]);
    for (const time of [first.time, first.time - 1]) {
      await assertRejects(
        () => repository.beginBackup({ namespace: "", snapshot: { ...first, time } }),
        OlderSnapshotError,
        "backup timestamp is older than last backup",
      );
    }
    await writeSnapshot(repository, second, [await makeChunk(1, 100)]);
  });

  test("a snapshot that is read cannot be forgotten", async (repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 100)]);
    {
      await using _a = await repository.openSnapshot("", first);
      await using _b = await repository.openSnapshot("", first);
      await assertRejects(() => repository.forgetSnapshot("", first));
    }
    await eventually(() => repository.forgetSnapshot("", first));
    assertEquals(await repository.listGroups(""), []);
    await assertRejects(() => repository.openSnapshot("", first));
  });

  test("what is missing is said to be missing", async (repository) => {
    await writeSnapshot(repository, first, [await makeChunk(1, 100)]);
    await using source = await repository.openSnapshot("", first);
    await assertRejects(() => source.readFile("absent.didx"));
    await assertRejects(() => source.readFile("owner"));
    await assertRejects(() => source.readFile("../owner.blob"));
    await assertRejects(() => readChunk(source, new Uint8Array(32)));
    await assertRejects(() => repository.openSnapshot("", second));
    await assertRejects(() => repository.beginBackup({ namespace: "nowhere", snapshot: second }));
  });
}
