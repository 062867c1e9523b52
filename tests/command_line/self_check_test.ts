import { assertEquals, assertMatch } from "@std/assert";
import { runClient } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Verdicts by part, from `--output-format json`. */
async function verdicts(env: Record<string, string>) {
  const run = await runClient(["self-check", "--output-format", "json"], { env });
  const { checks } = JSON.parse(run.stdout);
  const entries = checks.map(({ part, verdict }: Record<string, string>) => [part, verdict]);
  return { ...run, verdicts: Object.fromEntries(entries) as Record<string, string> };
}

Deno.test("self-check of a clone says what is there, and that it is good", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const env = { XDG_CACHE_HOME: dir.path };
  const { code, stdout } = await runClient(["self-check"], { env });
  assertEquals(code, 0, stdout);
  assertMatch(stdout, /^absent {2}executable +this is a clone/m);
  for (const part of ["runtime", "native core", "rolling hash", "SHA-256", "blobs", "page"]) {
    assertMatch(stdout, new RegExp(`^ok {6}${part} `, "m"));
  }
  const json = await verdicts(env);
  assertEquals([json.code, json.verdicts["cache folder"]], [0, "good"]);
});

Deno.test("self-check names what is wrong, looks at the rest, and fails", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const caches = `${dir.path}/proxmox-backup`;
  await Deno.mkdir(caches);
  await Deno.chmod(caches, 0o777);
  const native = `${dir.path}/libpbs_native.so`;
  await Deno.writeTextFile(native, "no library");
  const env = { XDG_CACHE_HOME: dir.path, PBS_CLIENT_NATIVE: native };
  const found = await verdicts(env);
  assertEquals(found.code, 255);
  assertMatch(found.stderr, /2 of \d+ checks failed: native core, cache folder/);
  assertEquals(found.verdicts["native core"], "bad");
  assertEquals(found.verdicts["cache folder"], "bad");
  assertEquals(found.verdicts["page"], "good");
});
