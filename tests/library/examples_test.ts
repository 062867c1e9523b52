import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { setTimeout as delay } from "node:timers/promises";
import { TempDir } from "../support/temp_dir.ts";

async function runExample(name: string, ...args: string[]): Promise<string> {
  const program = fromFileUrl(new URL(`../../examples/${name}.ts`, import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--cached-only", program, ...args],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the examples back up, find, print and look after a store", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const [store, folder] = [`${dir.path}/store`, `${dir.path}/folder`];
  await Deno.mkdir(`${folder}/sub`, { recursive: true });
  await Deno.writeTextFile(`${folder}/sub/notes.txt`, "remember the milk\n");
  await Deno.writeTextFile(`${folder}/sub/notes.tmp`, "");
  assertMatch(
    await runExample("back_up", store, folder),
    /^1 files, \d+ bytes stored in \d+ ms\n$/,
  );
  assertMatch(await runExample("find", store, "notes"), /^\S+Z 18 \/sub\/notes\.txt\n$/);
  assertEquals(await runExample("cat", store, "/sub/notes.txt"), "remember the milk\n");
  // Snapshots of one group have different seconds.
  const second = () => Math.floor(Date.now() / 1000);
  for (const start = second(); second() === start;) await delay(50);
  assertMatch(
    await runExample("nightly", store, folder),
    /^2 snapshots kept\n\d+ % of the space used\n$/,
  );
});
