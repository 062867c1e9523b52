import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertSameSnapshots } from "../support/compare_stores.ts";
import { realDatastore, realVectorPath } from "../support/real_datastore.ts";
import { runClient } from "../support/run_client.ts";
import { run } from "../support/repair_world.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("copy: text, JSON, exit codes, and what makes no sense", async () => {
  await using folder = await TempDir.make("/dev/shm");
  const source = `${folder.path}/source`;
  await run("cp", "-a", await realDatastore(), source);
  const copy = (...args: string[]) => runClient(["copy", "--repository", source, ...args]);
  const to = ["--to", `${folder.path}/target`];

  const nowhere = await copy(...to);
  assertEquals(nowhere.code, 255);
  const dry = await copy("host/sp*", "vm/100/latest", ...to, "--init", "--dry-run");
  // A dry run makes no datastore.
  assertEquals(dry.code, 255);
  await run("mkdir", `${folder.path}/target`, `${folder.path}/target/.chunks`);
  const looked = await copy("host/sp*", "vm/100/latest", ...to, "--dry-run");
  assertEquals(looked.code, 0, looked.stderr);
  assertMatch(looked.stdout, /Would copy 5 snapshots of .*, and move at most \d+ chunks/);

  const some = await copy("host/sp*", "vm/100/latest", ...to);
  assertEquals(some.code, 0, some.stderr);
  assertEquals(some.stdout.match(/: copied, /g)!.length, 5);
  assertMatch(some.stdout, /Snapshots: 5 copied, 0 there already, 0 failed; \d+ chunks .* moved/);
  const all = await copy(...to, "--output-format", "json");
  assertEquals(all.code, 0, all.stderr);
  const report = JSON.parse(all.stdout);
  assertEquals([report.copied, report.present, report.failed, report.older], [7, 5, 0, 0]);
  assertEquals(report.snapshots.length, 12);
  await assertSameSnapshots(source, `${folder.path}/target`);

  const digests = [...Deno.readDirSync(`${source}/.chunks`)].flatMap(({ name }) =>
    [...Deno.readDirSync(`${source}/.chunks/${name}`)].map((each) => `${name}/${each.name}`)
  );
  for (const each of digests) Deno.truncateSync(`${source}/.chunks/${each}`, 30);
  const broken = await copy("host/museum", "vm/100", "--to", `${folder.path}/other`, "--init");
  assertEquals(broken.code, 255);
  assertMatch(broken.stderr, /host\/museum\/\S+: not copied: \S+: chunk [0-9a-f]{64}/);
  assertStringIncludes(broken.stderr, "Error: 3 snapshots were not copied");

  const key = realVectorPath("keys/none.key");
  for (
    const [args, words] of [
      [["host/none", ...to], 'there is no snapshot of "host/none" to copy'],
      [["host", ...to], '"host" is neither a group'],
      [["--to", source], "--to names the repository itself"],
      [[...to, "--keyfile", key], "--keyfile has no effect without --reencrypt"],
      [[...to, "--reencrypt", "--keyfile", key], "need --to-keyfile"],
      [[...to, "--reencrypt", "--keyfile", key, "--to-keyfile", key], "is that of the source"],
      [[...to, "--decrypt"], "need the key of the source: --keyfile"],
    ] as const
  ) {
    const refused = await copy(...args);
    assertEquals(refused.code, 255, words);
    assertStringIncludes(refused.stderr, words);
    assert(!refused.stdout.includes("copied"));
  }
});
