import { assertEquals, assertThrows } from "@std/assert";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { CorruptDataError, LockedError } from "../errors/mod.ts";
import { JobFolder } from "./job_folder.ts";
import type { JobRecord } from "./job_record.ts";

const RECORD: JobRecord = {
  outcome: "warnings",
  summary: "x",
  startedAt: 1,
  endedAt: 2,
  problems: ["hook after[1] failed with exit code 1"],
  repositories: [
    { name: "local", outcome: "ok", snapshot: "host/a/2026-01-01T00:00:00Z", maintained: true },
  ],
  lastSuccess: 2,
};

Deno.test("a record is read as it was written, and replaced as a whole", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = new JobFolder(`${dir.path}/state/jobs`);
  assertEquals(folder.read("night"), undefined);
  folder.write("night", { ...RECORD, summary: "y" });
  folder.write("night", RECORD);
  assertEquals(folder.read("night"), RECORD);
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["night.json"]);
  assertEquals(Deno.statSync(folder.path).mode! & 0o777, 0o700);
});

Deno.test("a record that is damaged is an error that names the file", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = new JobFolder(dir.path);
  const broken = [
    "",
    "{",
    "null",
    "[]",
    "{}",
    JSON.stringify({ ...RECORD, outcome: "fine" }),
    JSON.stringify({ ...RECORD, repositories: [{ name: "x", outcome: "ok", maintained: 1 }] }),
  ];
  for (const text of broken) {
    await Deno.writeTextFile(`${dir.path}/night.json`, text);
    assertThrows(() => folder.read("night"), CorruptDataError, "night.json");
  }
});

Deno.test("a job is locked until its lock is given back", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = new JobFolder(dir.path);
  {
    using _lock = folder.lock("night");
    assertThrows(() => folder.lock("night"), LockedError, "is running already");
    folder.lock("other")[Symbol.dispose]();
  }
  folder.lock("night")[Symbol.dispose]();
});
