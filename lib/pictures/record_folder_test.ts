import { assertEquals } from "@std/assert";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { beginRecord, leftRecords } from "./record_folder.ts";

const ITEM = {
  kind: "lvm",
  group: "vg",
  name: "pbs-client-0123456789abcdef-1",
  origin: "a",
} as const;

Deno.test("leftRecords() finds the records of runs that are over, and of no other", async () => {
  await using dir = await TempDir.make();
  const folder = `${dir.path}/records`;
  assertEquals([...leftRecords(folder)], []);
  using alive = await beginRecord(folder);
  await alive.write({ number: 1, take: ITEM });
  const over = await beginRecord(folder);
  await over.write({ number: 1, take: ITEM });
  await over.write({ number: 1, taken: "identity" });
  over[Symbol.dispose]();
  await Deno.writeTextFile(`${folder}/notes.txt`, "not a record");
  const found = [];
  for (const { record, pictures } of leftRecords(folder)) {
    found.push([record.id, pictures]);
    // Whoever else looks meanwhile does not see it.
    assertEquals([...leftRecords(folder)], []);
    await record.write({ number: 1, removed: true });
    assertEquals(await Deno.readTextFile(over.path).then((text) => text.split("\n").length), 4);
    record.remove();
  }
  assertEquals(found, [[over.id, [{ item: ITEM, number: 1, identity: "identity" }]]]);
  assertEquals([...leftRecords(folder)], []);
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  assertEquals(names, [alive.id, `${alive.id}.json`, "notes.txt"].sort());
});
