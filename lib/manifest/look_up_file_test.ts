import { assertEquals, assertThrows } from "@std/assert";
import { NotFoundError, UsageError } from "../errors/mod.ts";
import { lookUpArchive, lookUpFile } from "./look_up_file.ts";
import { createManifest, type Manifest } from "./manifest.ts";

function manifestOf(...names: string[]): Manifest {
  return createManifest(
    { type: "host", id: "elsa", time: 1 },
    names.map((filename) => ({
      filename,
      cryptMode: "none",
      size: 1,
      checksum: new Uint8Array(32),
    })),
  );
}

const SINGLE = manifestOf("root.pxar.didx", "disk.img.fidx", "fw.conf.blob");
const SPLIT = manifestOf("root.ppxar.didx", "root.mpxar.didx");

Deno.test("lookUpFile() takes exact names only", () => {
  assertEquals(lookUpFile(SINGLE, "fw.conf.blob").filename, "fw.conf.blob");
  assertThrows(() => lookUpFile(SINGLE, "fw.conf"), NotFoundError, 'a file "fw.conf"');
});

Deno.test("lookUpArchive() finds single archives by either name", () => {
  for (const name of ["root.pxar", "root.pxar.didx", "disk.img", "fw.conf.blob"]) {
    const archive = lookUpArchive(SINGLE, name);
    assertEquals(archive.form, "single");
  }
});

Deno.test("lookUpArchive() selects the pair of a split archive from any of its names", () => {
  for (const name of ["root.pxar", "root.pxar.didx", "root.mpxar", "root.ppxar.didx"]) {
    assertEquals(lookUpArchive(SPLIT, name), {
      form: "split",
      metadata: SPLIT.files[1]!,
      payload: SPLIT.files[0]!,
    });
  }
});

Deno.test("lookUpArchive() does not take one half for an archive", () => {
  for (const name of ["root.pxar", "root.mpxar", "root.ppxar"]) {
    assertThrows(() => lookUpArchive(manifestOf("root.ppxar.didx"), name), NotFoundError, name);
    assertThrows(() => lookUpArchive(manifestOf("root.mpxar.didx"), name), NotFoundError, name);
  }
  assertThrows(() => lookUpArchive(SINGLE, "other.pxar"), NotFoundError, '"other.pxar"');
  assertThrows(() => lookUpArchive(SINGLE, "other"), UsageError);
});
