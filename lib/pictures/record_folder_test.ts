import { assertEquals } from "@std/assert";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { beginRecord, leftRecords, removeBegunRecords } from "./record_folder.ts";

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

Deno.test("removeBegunRecords() removes what was begun by runs that are over, and nothing else", async () => {
  await using dir = await TempDir.make();
  const folder = `${dir.path}/records`;
  removeBegunRecords(folder);
  using alive = await beginRecord(folder);
  const over = await beginRecord(folder);
  over[Symbol.dispose]();
  const [begun, half, bare, full, held] = ["1", "2", "3", "4", "5"].map((n) => n.repeat(16));
  // Ended before its folder was made, before it was renamed, and while it was removed.
  await Deno.writeTextFile(`${folder}/${begun}.new`, "");
  await Deno.writeTextFile(`${folder}/${half}.new`, "");
  for (const name of [half, bare, full, held]) await Deno.mkdir(`${folder}/${name}`);
  await Deno.writeTextFile(`${folder}/${full}/file`, "somebody else's");
  await Deno.writeTextFile(`${folder}/notes.new`, "");
  using file = await Deno.open(`${folder}/${held}.new`, { create: true, write: true });
  await file.lock(true);
  removeBegunRecords(folder);
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  const kept = [alive.id, over.id].flatMap((id) => [id, `${id}.json`]);
  assertEquals(names, [...kept, full!, held!, `${held}.new`, "notes.new"].sort());
  assertEquals([...leftRecords(folder)].map(({ record }) => record.id), [over.id]);
});
