import { assertEquals } from "@std/assert";
import type { PxarEntry } from "../pxar/mod.ts";
import { catalogTypeOf } from "./catalog_type_of.ts";
import { listedSecondsOf } from "./listed_seconds_of.ts";

function entry(kind: PxarEntry["kind"], mode = 0, mtimeSecs = 0, mtimeNanos = 0): PxarEntry {
  return { kind, metadata: { mode, mtimeSecs, mtimeNanos } } as PxarEntry;
}

Deno.test("catalogTypeOf() gives every kind the letter that catalogs have", () => {
  const kinds = ["directory", "file", "symlink", "hardlink", "fifo", "socket"] as const;
  assertEquals(kinds.map((kind) => catalogTypeOf(entry(kind))).join(""), "dflhps");
  assertEquals(catalogTypeOf(entry("device", 0o020666)), "c");
  assertEquals(catalogTypeOf(entry("device", 0o060666)), "b");
});

Deno.test("listedSecondsOf() goes towards zero, and tells only times of files", () => {
  assertEquals(listedSecondsOf(entry("file", 0, 5, 900)), 5);
  assertEquals(listedSecondsOf(entry("file", 0, -5, 900)), -4);
  assertEquals(listedSecondsOf(entry("file", 0, -5, 0)), -5);
  assertEquals(listedSecondsOf(entry("directory", 0, 5)), 0);
});
