import { assertEquals, assertRejects } from "@std/assert";
import { CorruptDataError, NotFoundError } from "../errors/mod.ts";
import { memoryAccess } from "../../tests/support/pxar_read.ts";
import { readVectorArchive } from "../../tests/support/pxar_vectors.ts";
import { hashName } from "./name_hash.ts";
import { PxarAccessor } from "./pxar_accessor.ts";
import type { RandomAccess } from "./random_access.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function open(name: string): Promise<PxarAccessor> {
  const { archive, payload } = readVectorArchive(name);
  return PxarAccessor.open(memoryAccess(archive), payload && memoryAccess(payload));
}

Deno.test("PxarAccessor finds entries by path", async () => {
  for (const name of ["rich-v1", "rich-v2"]) {
    const accessor = await open(name);
    const kindOf = async (path: string) => (await accessor.lookupPath(bytes(path)))?.entry.kind;
    assertEquals(await kindOf("dir/sub"), "directory");
    assertEquals(await kindOf("//dir/./sub/"), "directory");
    assertEquals(await kindOf("/sl"), "symlink");
    assertEquals(await kindOf("dir/hl"), "hardlink");
    assertEquals(await kindOf("dir/none"), undefined);
    assertEquals(await kindOf("a.txt/x"), undefined);
    assertEquals(await accessor.lookupPath(bytes("/")), accessor.root.node);
    await assertRejects(() => kindOf("dir/.."), NotFoundError, '".."');
  }
});

Deno.test("PxarAccessor reads contents through hard links", async () => {
  for (const name of ["rich-v1", "rich-v2"]) {
    const accessor = await open(name);
    const link = await accessor.lookupPath(bytes("dir/hl"));
    const { entry } = await accessor.resolve(link!);
    assertEquals(new TextDecoder().decode(entry.name), "a.txt");
    const { access, offset, size } = await accessor.content(entry);
    assertEquals(await access.read(offset, size), bytes("hello\n"));
    await assertRejects(() => accessor.content(link!.entry), NotFoundError, '"hl"');
    await assertRejects(() => accessor.directory(link!), NotFoundError, "not a directory");
  }
});

Deno.test("PxarAccessor knows version and prelude", async () => {
  const split = await open("rich-v2");
  assertEquals(split.version, 2);
  assertEquals(
    new TextDecoder().decode(split.prelude),
    '{"exclude-patterns":"*.tmp\\n/cache/\\n"}',
  );
  assertEquals((await open("rich-v1")).version, 1);
  assertEquals((await open("empty-root-v2")).prelude, undefined);
});

Deno.test("PxarAccessor lists a split archive without its payload and refuses its contents", async () => {
  const { archive } = readVectorArchive("rich-v2");
  const accessor = await PxarAccessor.open(memoryAccess(archive));
  const names = (await Array.fromAsync(accessor.root.entries())).map(({ entry }) =>
    new TextDecoder().decode(entry.name)
  );
  assertEquals(names, ["a.txt", "blk", "chr", "dir", "fifo", "meta", "sl", "sock"]);
  const file = await accessor.lookupPath(bytes("a.txt"));
  await assertRejects(() => accessor.content(file!.entry), CorruptDataError, "missing");
});

Deno.test("PxarAccessor reads only what it needs", async () => {
  const { archive } = readVectorArchive("goodbye-n8-v1");
  const large = new Uint8Array(archive.byteLength);
  large.set(archive);
  let read = 0;
  const counting: RandomAccess = {
    size: large.byteLength,
    read(offset, length) {
      read += length;
      return Promise.resolve(large.subarray(offset, offset + length));
    },
  };
  const accessor = await PxarAccessor.open(counting);
  const opened = read;
  await accessor.lookupPath(bytes("file3"));
  assertEquals(read - opened <= 95 + 8 * 24, true);
});

Deno.test("PxarDirectory lists an entry once, however often a table names it", async () => {
  // Both items of the table lead to the first entry.
  const archive = readVectorArchive("goodbye-n2-v1").archive.slice();
  const view = new DataView(archive.buffer);
  view.setBigUint64(246 + 16 + 24 + 8, 190n, true);
  const { root } = await PxarAccessor.open(memoryAccess(archive));
  const names = (await Array.fromAsync(root.entries())).map(({ entry }) =>
    new TextDecoder().decode(entry.name)
  );
  assertEquals(names, ["file0", "file1"]);
});

Deno.test("PxarDirectory refuses a table that names more entries than fit", async () => {
  const archive = readVectorArchive("goodbye-n2-v1").archive;
  // The table grows by 100 items that lead nowhere; its tail tells the new size.
  const items = 246 + 16 + 2 * 24;
  const grown = new Uint8Array(archive.byteLength + 100 * 24);
  grown.set(archive.subarray(0, items));
  grown.set(archive.subarray(items), items + 100 * 24);
  const view = new DataView(grown.buffer);
  const size = BigInt(16 + 103 * 24);
  view.setBigUint64(246 + 8, size, true);
  view.setBigUint64(grown.byteLength - 8, size, true);
  await assertRejects(
    () => PxarAccessor.open(memoryAccess(grown)),
    CorruptDataError,
    "names 102 entries, more than fit into",
  );
});

Deno.test("PxarDirectory finds a name whose hash others in the table also have", async () => {
  const original = readVectorArchive("goodbye-n7-v1").archive;
  for (let wanted = 0; wanted < 7; wanted++) {
    const name = bytes(`file${wanted}`);
    const archive = original.slice();
    const view = new DataView(archive.buffer);
    const hash = new Uint32Array(2);
    hashName(name, 0, name.byteLength, hash, 0);
    for (let slot = 0; slot < 7; slot++) {
      view.setUint32(721 + 16 + 24 * slot, hash[0]!, true);
      view.setUint32(721 + 20 + 24 * slot, hash[1]!, true);
    }
    const { root } = await PxarAccessor.open(memoryAccess(archive));
    assertEquals((await root.lookup(name))?.entry.name, name);
  }
});

Deno.test("PxarDirectory shows some of its entries, wherever they are", async () => {
  for (const name of ["rich-v1", "rich-v2", "goodbye-n8-v1"]) {
    const { root } = await open(name);
    const all = await Array.fromAsync(root.entries());
    const positions = await root.positions(all.length);
    assertEquals([...positions], all.map(({ entry }) => entry.position));
    for (const [from, count] of [[0, 3], [2, 1], [5, 100], [all.length, 1]] as const) {
      const some = await Array.fromAsync(root.entriesAt(positions, from, count));
      assertEquals(some, all.slice(from, from + count), name);
    }
    await assertRejects(() => root.positions(all.length - 1), CorruptDataError, "too many");
  }
});
