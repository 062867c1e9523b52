import { assert, assertEquals, assertRejects } from "@std/assert";
import { setFileTimes, statPath } from "../../ffi/posix_files.ts";
import {
  BLOB_MAGICS,
  type BlobType,
  chunkDigest,
  encodeBlob,
  MAX_ENCODED_CHUNK_BYTES,
  writeBlobCrc,
} from "../blob/mod.ts";
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { ConflictError, CorruptDataError, NotFoundError } from "../errors/mod.ts";
import { FileChunkStore, type SyncLevel } from "./file_chunk_store.ts";
import { NewFileRules } from "./new_file_rules.ts";

const KEY = new Uint8Array(32).fill(7);
const OLD = 1_600_000_000;

/** A chunk store in a temporary folder. */
class Fixture implements Disposable {
  readonly root = Deno.makeTempDirSync();
  readonly store: FileChunkStore;

  constructor(level: SyncLevel = "none") {
    Deno.mkdirSync(`${this.root}/.chunks`);
    this.store = new FileChunkStore(
      this.root,
      new NewFileRules(Deno.statSync(this.root) as {
        uid: number;
        gid: number;
      }),
      level,
    );
  }

  path(digest: Uint8Array): string {
    const name = encodeHex(digest);
    return `${this.root}/.chunks/${name.slice(0, 4)}/${name}`;
  }

  /** Puts a file under the digest's name, last used long ago. */
  plant(digest: Uint8Array, bytes: Uint8Array): void {
    const path = this.path(digest);
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(path, bytes);
    setFileTimes(path, OLD, OLD);
  }

  names(): string[] {
    const found: string[] = [];
    for (const folder of Deno.readDirSync(`${this.root}/.chunks`)) {
      for (const { name } of Deno.readDirSync(`${this.root}/.chunks/${folder.name}`)) {
        found.push(name);
      }
    }
    return found.sort();
  }

  /** Whether the file was touched, its modification time left alone. */
  wasTouched(digest: Uint8Array): boolean {
    const stat = statPath(this.path(digest));
    if (typeof stat === "number") throw new Error(`error number ${stat}`);
    return stat.accessTime > OLD && stat.modificationTime === OLD;
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
    Deno.removeSync(this.root, { recursive: true });
  }
}

/** Half of it cannot be compressed. */
const plain = new Uint8Array(4000);
crypto.getRandomValues(plain.subarray(2000));
const digest = chunkDigest(plain);
const blobs = {
  plain: await encodeBlob(plain, { compress: false }),
  zstd: await encodeBlob(plain, { compress: true }),
  encrypted: await encodeBlob(plain, { compress: false, encryptionKey: KEY }),
  shorterEncrypted: await encodeBlob(plain.subarray(1), { compress: false, encryptionKey: KEY }),
  zstdEncrypted: await encodeBlob(plain, { compress: true, encryptionKey: KEY }),
};

Deno.test("insert() writes a chunk that is not there, below its first four digits", async () => {
  using fixture = new Fixture();
  const inserted = await fixture.store.insert(digest, blobs.zstd);
  assertEquals(inserted, { duplicate: false, storedSize: blobs.zstd.byteLength });
  assertEquals(Deno.readFileSync(fixture.path(digest)), blobs.zstd);
  const stat = Deno.statSync(fixture.path(digest));
  assertEquals(stat.mode! & 0o777, 0o644);
  const folder = fixture.path(digest).slice(0, -65);
  assertEquals(Deno.statSync(folder).mode! & 0o777, 0o750);
  assertEquals(fixture.names(), [encodeHex(digest)]);
});

/**
 * A blob that anybody can send as an encrypted chunk of any digest: nobody can tell without the key.
 */
function fakeEncrypted(length: number, type: BlobType = "zstd+encrypted"): Uint8Array {
  const blob = new Uint8Array(length);
  blob.set(decodeHex(BLOB_MAGICS[type]));
  writeBlobCrc(blob);
  return blob;
}

/** A chunk whose last bytes are others, as a disk may leave it. */
function rotten(blob: Uint8Array): Uint8Array {
  const copy = blob.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
}

/** Another content in a chunk that is sound in itself. */
const foreign = await encodeBlob(new Uint8Array(4000), { compress: true });

/** The table of spec datastore-formats.md §6.5, with what an existing file must show in addition. */
const TABLE: readonly {
  readonly existing: Uint8Array;
  readonly incoming: Uint8Array;
  readonly result: "keep" | "replace" | "refuse";
  readonly why: string;
}[] = [
  {
    existing: blobs.zstd.slice(),
    incoming: blobs.zstd,
    result: "keep",
    why: "the encoded size is the same",
  },
  { existing: new Uint8Array(), incoming: blobs.zstd, result: "replace", why: "it is empty" },
  {
    existing: new Uint8Array(),
    incoming: blobs.encrypted,
    result: "replace",
    why: "it is empty, and the new one is encrypted",
  },
  {
    existing: blobs.plain,
    incoming: blobs.encrypted,
    result: "refuse",
    why: "it is not encrypted and the new one is",
  },
  {
    existing: blobs.plain,
    incoming: blobs.zstdEncrypted,
    result: "refuse",
    why: "it is not encrypted and the new one is, compressed",
  },
  {
    existing: blobs.shorterEncrypted,
    incoming: blobs.encrypted,
    result: "refuse",
    why: "both are encrypted and uncompressed, of other sizes",
  },
  {
    existing: blobs.encrypted,
    incoming: blobs.zstdEncrypted,
    result: "keep",
    why: "it is encrypted, the new one compressed",
  },
  {
    existing: blobs.zstdEncrypted,
    incoming: blobs.encrypted,
    result: "keep",
    why: "it is encrypted and compressed, the new one not",
  },
  {
    existing: blobs.zstd,
    incoming: blobs.plain,
    result: "keep",
    why: "it is smaller than the new one",
  },
  {
    existing: blobs.plain,
    incoming: blobs.zstd,
    result: "replace",
    why: "it is larger than the new one",
  },
  ...[60, blobs.zstd.byteLength, 5000].map((length) => ({
    existing: fakeEncrypted(length),
    incoming: blobs.zstd,
    result: "replace" as const,
    why: `it claims to be encrypted, with ${length} bytes, and the new one is not`,
  })),
  {
    existing: fakeEncrypted(blobs.plain.byteLength, "encrypted"),
    incoming: blobs.plain,
    result: "replace",
    why: "it claims to be encrypted, and the new one is neither encrypted nor compressed",
  },
  {
    existing: blobs.zstd,
    incoming: fakeEncrypted(blobs.zstd.byteLength),
    result: "refuse",
    why: "it is not encrypted, the new one claims to be and has the same size",
  },
  {
    existing: blobs.zstd.subarray(0, 1500),
    incoming: blobs.zstd,
    result: "replace",
    why: "it is cut off",
  },
  {
    existing: rotten(blobs.zstd),
    incoming: blobs.zstd,
    result: "replace",
    why: "its CRC is wrong",
  },
  {
    existing: new Uint8Array(blobs.zstd.byteLength),
    incoming: blobs.zstd,
    result: "replace",
    why: "it is nothing but zeros",
  },
  { existing: foreign, incoming: blobs.plain, result: "replace", why: "its content is another" },
  {
    existing: blobs.encrypted.subarray(0, 100),
    incoming: blobs.encrypted,
    result: "replace",
    why: "it is encrypted and cut off, and the new one is encrypted",
  },
  {
    existing: rotten(blobs.zstdEncrypted),
    incoming: blobs.encrypted,
    result: "replace",
    why: "it is encrypted and its CRC is wrong, and the new one is encrypted",
  },
  {
    existing: new Uint8Array(blobs.encrypted.byteLength),
    incoming: blobs.encrypted,
    result: "replace",
    why: "it is nothing but zeros, and the new one is encrypted",
  },
  {
    existing: new Uint8Array(5),
    incoming: blobs.encrypted,
    result: "replace",
    why: "it is too small for a chunk, and the new one is encrypted",
  },
];

for (const { existing, incoming, result, why } of TABLE) {
  Deno.test(`insert() will ${result} an existing chunk if ${why}`, async () => {
    using fixture = new Fixture();
    fixture.plant(digest, existing);
    if (result === "refuse") {
      await assertRejects(() => fixture.store.insert(digest, incoming), ConflictError);
      assertEquals(Deno.readFileSync(fixture.path(digest)), existing);
    } else {
      const inserted = await fixture.store.insert(digest, incoming);
      const stays = result === "keep" ? existing : incoming;
      assertEquals(inserted, {
        duplicate: result === "keep",
        storedSize: stays.byteLength,
      });
      assertEquals(fixture.wasTouched(digest), result === "keep");
      assertEquals(Deno.readFileSync(fixture.path(digest)), stays);
    }
    assertEquals(fixture.names(), [encodeHex(digest)]);
  });
}

Deno.test("insert() refuses a chunk whose name is taken by something that is no file", async () => {
  using fixture = new Fixture();
  Deno.mkdirSync(fixture.path(digest), { recursive: true });
  await assertRejects(
    () => fixture.store.insert(digest, blobs.zstd),
    ConflictError,
    "not a regular",
  );
  const { inode } = fixture.store.stat(digest)!;
  assertEquals(await fixture.store.setAside(digest, inode), `${encodeHex(digest)}.0.bad`);
  Deno.symlinkSync("/etc/passwd", fixture.path(digest));
  await assertRejects(
    () => fixture.store.insert(digest, blobs.zstd),
    ConflictError,
    "not a regular",
  );
});

Deno.test("read() neither follows a symlink nor waits for a pipe under a digest", async () => {
  using fixture = new Fixture();
  const read = () => fixture.store.read(digest, (length) => new Uint8Array(length));
  await fixture.store.insert(digest, blobs.zstd);
  Deno.renameSync(fixture.path(digest), `${fixture.root}/elsewhere`);
  Deno.symlinkSync(`${fixture.root}/elsewhere`, fixture.path(digest));
  await assertRejects(read, CorruptDataError, "is a symlink");
  Deno.removeSync(fixture.path(digest));
  await new Deno.Command("mkfifo", { args: [fixture.path(digest)] }).output();
  await assertRejects(read, CorruptDataError, "not a regular file");
});

Deno.test("insert() replaces a file that is larger than any chunk", async () => {
  using fixture = new Fixture();
  fixture.plant(digest, new Uint8Array());
  Deno.truncateSync(fixture.path(digest), MAX_ENCODED_CHUNK_BYTES + 1);
  assertEquals((await fixture.store.insert(digest, blobs.encrypted)).duplicate, false);
  assertEquals(Deno.readFileSync(fixture.path(digest)), blobs.encrypted);
});

Deno.test("insert() looks again at a file that was exchanged while it was being looked at", async () => {
  using fixture = new Fixture();
  fixture.plant(digest, blobs.zstd);
  const inserting = fixture.store.insert(digest, blobs.zstd);
  const path = fixture.path(digest);
  // Whatever was seen of the first file, what lies there in the end is sound.
  Deno.writeFileSync(`${path}.other`, fakeEncrypted(60));
  Deno.renameSync(`${path}.other`, path);
  await inserting;
  assertEquals(Deno.readFileSync(path), blobs.zstd);
});

Deno.test("insert() of one chunk many times at once writes it once", async () => {
  for (const level of ["none", "file"] as const) {
    using fixture = new Fixture(level);
    const results = await Promise.all(
      Array.from({ length: 20 }, () => fixture.store.insert(digest, blobs.zstd)),
    );
    assertEquals(results.filter((result) => !result.duplicate).length, 1);
    assertEquals(fixture.names(), [encodeHex(digest)]);
  }
});

Deno.test("read() gives back what was inserted, many at once", async () => {
  using fixture = new Fixture();
  const chunks = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const bytes = new Uint8Array(10_000 * (i + 1)).fill(i);
      return { digest: chunkDigest(bytes), blob: await encodeBlob(bytes, { compress: false }) };
    }),
  );
  await Promise.all(chunks.map(({ digest, blob }) => fixture.store.insert(digest, blob)));
  await Promise.all(chunks.map(async ({ digest, blob }) => {
    let bytes = new Uint8Array();
    await fixture.store.read(digest, (length) => bytes = new Uint8Array(length));
    assertEquals(bytes, blob);
  }));
});

Deno.test("read() tells absent, unavailable and impossible chunks apart", async () => {
  using fixture = new Fixture();
  const read = () => fixture.store.read(digest, (length) => new Uint8Array(length));
  await assertRejects(read, NotFoundError, "there is no chunk");
  fixture.plant(digest, new Uint8Array());
  await assertRejects(read, NotFoundError, "not available");
  fixture.plant(digest, new Uint8Array(11));
  await assertRejects(read, CorruptDataError, "11 bytes");
  Deno.truncateSync(fixture.path(digest), 20_000_000);
  await assertRejects(read, CorruptDataError, "20000000 bytes");
  assertEquals(fixture.store.touch(new Uint8Array(32)), false);
});

Deno.test("setAside() takes the first free name, and the last one again if there is none", async () => {
  using fixture = new Fixture();
  assertEquals(await fixture.store.setAside(digest, 1n), undefined);
  for (let i = 0; i < 12; i++) {
    await fixture.store.insert(digest, blobs.zstd);
    const { inode } = fixture.store.stat(digest)!;
    assertEquals(await fixture.store.setAside(digest, inode + 1n), undefined, "replaced meanwhile");
    assertEquals(
      await fixture.store.setAside(digest, inode),
      `${encodeHex(digest)}.${Math.min(i, 9)}.bad`,
    );
  }
  assertEquals(fixture.store.touchBad(digest), 10);
  assertEquals(fixture.names().length, 10);
});

Deno.test("sweep() meets chunks, bad ones, markers and unfinished ones, and nothing else", async () => {
  using fixture = new Fixture();
  await fixture.store.insert(digest, blobs.zstd);
  const folder = fixture.path(digest).slice(0, -64);
  const name = encodeHex(digest);
  for (const other of [`${name}.0.bad`, `${name}.using`, `${name}.tmp_abc123`, "note", "x.bad"]) {
    Deno.writeFileSync(folder + other, new Uint8Array(1));
  }
  Deno.symlinkSync("/etc/passwd", folder + "f".repeat(64));
  const kinds: string[] = [];
  let folders = 0;
  for await (const { items } of fixture.store.sweep()) {
    folders++;
    for (const item of items) {
      kinds.push(item.kind);
      item.remove();
    }
  }
  assertEquals(folders, 4096);
  assertEquals(kinds.sort(), ["bad", "chunk", "temporary", "using"]);
  assertEquals(fixture.names(), ["f".repeat(64), "note", "x.bad"].sort());
  assert(Deno.lstatSync("/etc/passwd").isFile);
});
