import { assert, assertEquals, assertRejects } from "@std/assert";
import { setFileTimes, statPath } from "../../ffi/posix_files.ts";
import { chunkDigest, encodeBlob } from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
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

const plain = new TextEncoder().encode("abcdefgh".repeat(500));
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

/** The table of spec datastore-formats.md §6.5. */
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
  await assertRejects(() => fixture.store.insert(digest, blobs.zstd), ConflictError);
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
  assertEquals(fixture.store.setAside(digest), undefined);
  for (let i = 0; i < 12; i++) {
    await fixture.store.insert(digest, blobs.zstd);
    assertEquals(fixture.store.setAside(digest), `${encodeHex(digest)}.${Math.min(i, 9)}.bad`);
  }
  assertEquals(fixture.store.touchBad(digest), 10);
  assertEquals(fixture.names().length, 10);
});

Deno.test("sweep() meets chunks, bad ones and markers, and nothing else", async () => {
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
  for (const { items } of fixture.store.sweep()) {
    folders++;
    for (const item of items) {
      kinds.push(item.kind);
      item.remove();
    }
  }
  assertEquals(folders, 65536);
  assertEquals(kinds.sort(), ["bad", "chunk", "using"]);
  assertEquals(fixture.names(), ["f".repeat(64), `${name}.tmp_abc123`, "note", "x.bad"].sort());
  assert(Deno.lstatSync("/etc/passwd").isFile);
});
