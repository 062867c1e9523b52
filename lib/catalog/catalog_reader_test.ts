import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { decodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { PxarMemorySink } from "../../tests/support/pxar_memory_sink.ts";
import { latin1, memoryAccess } from "../../tests/support/pxar_read.ts";
import { readVectorBytes } from "../../tests/support/pxar_vectors.ts";
import { CatalogReader } from "./catalog_reader.ts";
import { CatalogWriter } from "./catalog_writer.ts";

async function dump(bytes: Uint8Array): Promise<string[]> {
  const reader = await CatalogReader.open(memoryAccess(bytes));
  const lines: string[] = [];
  for await (const { entry, path } of reader.walk()) {
    const values = entry.type === "f" ? ` ${entry.size} ${entry.mtimeSecs}` : "";
    lines.push(`${entry.type} ${path.map(latin1).join("/")}${values}`);
  }
  return lines;
}

Deno.test("CatalogReader walks a catalog in the order of a dump", async () => {
  assertEquals(await dump(readVectorBytes("pxar/catalog.pcat1")), [
    "d root.pxar.didx",
    "f root.pxar.didx/a.txt 6 1700000001",
    "b root.pxar.didx/blk",
    "c root.pxar.didx/chr",
    "d root.pxar.didx/dir",
    "f root.pxar.didx/dir/empty 0 0",
    "h root.pxar.didx/dir/hl",
    "d root.pxar.didx/dir/sub",
    "p root.pxar.didx/fifo",
    "f root.pxar.didx/meta 4294967296 -1",
    "l root.pxar.didx/sl",
    "s root.pxar.didx/sock",
    "d etc.pxar.didx",
  ]);
  assertEquals(await dump(readVectorBytes("pxar/catalog-empty.pcat1")), []);
});

Deno.test("CatalogReader finds entries by their paths", async () => {
  const reader = await CatalogReader.open(memoryAccess(readVectorBytes("pxar/catalog.pcat1")));
  const find = (path: string) => reader.lookup(new TextEncoder().encode(path));
  assertEquals((await find("/root.pxar.didx/dir/hl"))?.type, "h");
  assertEquals((await find("root.pxar.didx//meta"))?.size, 2 ** 32);
  assertEquals(await find("/"), reader.root);
  assertEquals(await find("/root.pxar.didx/dir/none"), undefined);
  assertEquals(await find("/root.pxar.didx/meta/x"), undefined);
});

Deno.test("CatalogReader does not go into directories that are not wanted", async () => {
  const reader = await CatalogReader.open(memoryAccess(readVectorBytes("pxar/catalog.pcat1")));
  const names: string[] = [];
  for await (const { entry } of reader.walk(({ path }) => path.length > 5)) {
    names.push(latin1(entry.name));
  }
  assertEquals(names, ["root.pxar.didx", "etc.pxar.didx"]);
});

const MAGIC = "91fd60f9c46758d5";

Deno.test("CatalogReader refuses damaged catalogs", async () => {
  const pointer = (position: number) => `${position.toString(16).padStart(2, "0")}00000000000000`;
  const cases: [string, string][] = [
    ["", "too few"],
    ["00" + MAGIC.slice(2) + "0100" + pointer(8), "magic"],
    [MAGIC + "0100" + pointer(7), "root pointer"],
    [MAGIC + "0100" + pointer(10), "root pointer"],
    [MAGIC + "0100" + "ff".repeat(8), "root pointer"],
    [MAGIC + "0000" + pointer(8), "wrong length of 0"],
    [MAGIC + "0200" + pointer(8), "wrong length of 2"],
    [MAGIC + "ffffffffffffffffff01" + pointer(8), "no valid number"],
    [MAGIC + "020000" + pointer(8), "after its entries"],
    [MAGIC + "0101" + pointer(8), "no valid number"],
    [MAGIC + "04017a0161" + pointer(8), "type byte 122"],
    [MAGIC + "03016c00" + pointer(8), "name length 0"],
    [MAGIC + "04016c0261" + pointer(8), "name length 2"],
    [MAGIC + "04016c012f" + pointer(8), "slash"],
    [MAGIC + "0100" + "050164016100" + pointer(10), "distance of 0"],
    [MAGIC + "0100" + "050164016103" + pointer(10), "distance of 3"],
    [MAGIC + "0201" + "050164016101" + pointer(10), "wrong length of 1"],
  ];
  for (const [hex, message] of cases) {
    await assertRejects(() => dump(decodeHex(hex)), CorruptDataError, message, hex);
  }
});

Deno.test("CatalogReader does not unfold a small catalog without end", async () => {
  // Every directory lists the one before it twice: 2^40 paths in some 400 bytes.
  const blocks: string[] = ["0100"];
  let length = 2;
  for (let i = 0; i < 40; i++) {
    const distance = (i === 0 ? 2 : 10).toString(16).padStart(2, "0");
    blocks.push(`0902640161${distance}640162${distance}`);
    length += 10;
  }
  const pointer = new DataView(new ArrayBuffer(8));
  pointer.setBigUint64(0, BigInt(8 + length - 10), true);
  const bytes = new Uint8Array([
    ...decodeHex(MAGIC + blocks.join("")),
    ...new Uint8Array(pointer.buffer),
  ]);
  await assertRejects(() => dump(bytes), CorruptDataError, "more than once");
});

Deno.test("CatalogReader survives any change of any byte", async () => {
  const original = readVectorBytes("pxar/catalog.pcat1");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(original.byteLength - 1), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.integer({ min: 0, max: original.byteLength }),
      fc.boolean(),
      async (changes, cut, truncate) => {
        const bytes = original.slice(0, truncate ? cut : undefined);
        for (const [at, value] of changes) if (at < bytes.byteLength) bytes[at] = value;
        try {
          await dump(bytes);
        } catch (error) {
          if (!(error instanceof CorruptDataError)) throw error;
        }
      },
    ),
    { numRuns: 3000 },
  );
});

Deno.test("CatalogReader lists large directories with subdirectories far away", async () => {
  const sink = new PxarMemorySink();
  const writer = new CatalogWriter(sink);
  writer.startArchive("a.pxar.didx");
  const expected: string[] = ["d a.pxar.didx"];
  for (let i = 0; i < 300; i++) {
    const name = `directory-${i}`;
    writer.enterDirectory(new TextEncoder().encode(name));
    expected.push(`d a.pxar.didx/${name}`);
    for (let k = 0; k < 100; k++) {
      writer.addFile(new TextEncoder().encode(`file-${k}`), i * k, -k);
      expected.push(`f a.pxar.didx/${name}/file-${k} ${i * k} ${-k || 0}`);
    }
    writer.leaveDirectory();
    writer.add("s", new TextEncoder().encode(`socket-${i}`));
    expected.push(`s a.pxar.didx/socket-${i}`);
  }
  writer.endArchive();
  writer.finish();
  assertEquals(await dump(sink.bytes()), expected);
});
