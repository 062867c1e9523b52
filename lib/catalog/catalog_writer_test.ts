import { assertEquals, assertThrows } from "@std/assert";
import { encodeHex } from "../bytes/mod.ts";
import { PbsError } from "../errors/mod.ts";
import { PxarMemorySink } from "../../tests/support/pxar_memory_sink.ts";
import { readVectorBytes, readVectorJson } from "../../tests/support/pxar_vectors.ts";
import { CatalogWriter } from "./catalog_writer.ts";
import type { CatalogType } from "./format.ts";

interface Described {
  t: string;
  name: string;
  size?: string;
  mtime?: string;
  entries?: Described[];
}

const bytes = (text: string) => new TextEncoder().encode(text);

function write(archives: Described[]): string {
  const sink = new PxarMemorySink();
  const writer = new CatalogWriter(sink);
  const addAll = (entries: Described[]) => {
    for (const { t, name, size, mtime, entries: children } of entries) {
      if (t === "f") writer.addFile(bytes(name), Number(size), Number(mtime));
      else if (t !== "d") writer.add(t as Exclude<CatalogType, "d" | "f">, bytes(name));
      else {
        writer.enterDirectory(bytes(name));
        addAll(children!);
        writer.leaveDirectory();
      }
    }
  };
  for (const { name, entries } of archives) {
    writer.startArchive(name);
    addAll(entries!);
    writer.endArchive();
  }
  writer.finish();
  return encodeHex(sink.bytes());
}

Deno.test("CatalogWriter reproduces the catalogs of the vectors", () => {
  const { entries } = readVectorJson<{ entries: Described[] }>("pxar/catalog.json");
  assertEquals(write(entries), encodeHex(readVectorBytes("pxar/catalog.pcat1")));
  assertEquals(write([]), encodeHex(readVectorBytes("pxar/catalog-empty.pcat1")));
  const { catalog } = readVectorJson<{ catalog: { hex: string } }>("format-vectors.json");
  const described: Described[] = [{
    t: "d",
    name: "root.pxar.didx",
    entries: [
      {
        t: "d",
        name: "etc",
        entries: [
          { t: "f", name: "passwd", size: "1234", mtime: "1600000000" },
          { t: "l", name: "mtab" },
        ],
      },
      { t: "f", name: "a", size: "0", mtime: "-1" },
    ],
  }];
  assertEquals(write(described), catalog.hex);
});

Deno.test("CatalogWriter keeps the order of its calls", () => {
  const writer = new CatalogWriter(new PxarMemorySink());
  const name = bytes("a");
  assertThrows(() => writer.enterDirectory(name), PbsError, "no archive");
  assertThrows(() => writer.addFile(name, 0, 0), PbsError, "no archive");
  assertThrows(() => writer.endArchive(), PbsError, "no archive");
  writer.startArchive("root.pxar.didx");
  assertThrows(() => writer.startArchive("b.pxar.didx"), PbsError, "not ended");
  assertThrows(() => writer.leaveDirectory(), PbsError, "no directory");
  writer.enterDirectory(name);
  assertThrows(() => writer.endArchive(), PbsError, "not all");
  assertThrows(() => writer.finish(), PbsError, "not ended");
  assertThrows(() => writer.addFile(new Uint8Array(4096), 0, 0), PbsError, "4096");
  assertThrows(() => writer.addFile(name, -1, 0), PbsError, "-1");
  writer.leaveDirectory();
  writer.endArchive();
  writer.finish();
  assertThrows(() => writer.finish(), PbsError, "finished");
});
