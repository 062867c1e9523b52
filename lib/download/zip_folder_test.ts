import { assert, assertRejects } from "@std/assert";
import { memoryAccess } from "../../tests/support/pxar_read.ts";
import { readVectorArchive } from "../../tests/support/pxar_vectors.ts";
import { PbsError } from "../errors/mod.ts";
import { PxarAccessor } from "../pxar/mod.ts";
import { zipFolder } from "./zip_folder.ts";

Deno.test("a ZIP file is not made of more entries than memory was meant for", async () => {
  const { archive } = readVectorArchive("goodbye-n7-v1");
  const accessor = await PxarAccessor.open(memoryAccess(archive));
  const zip = (maxDirectoryBytes: number) =>
    Array.fromAsync(
      zipFolder(accessor, accessor.root.node, {
        name: new TextEncoder().encode("x"),
        maxDirectoryBytes,
      }),
    );
  assert((await zip(8 * 500)).length > 0);
  await assertRejects(() => zip(8 * 450), PbsError, "use tar");
});
