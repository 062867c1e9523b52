import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { JobsWorld } from "../support/jobs_world.ts";
import { runClient } from "../support/run_client.ts";

/** The program as jobs start it. */
const PROGRAM = fromFileUrl(new URL("../../scripts/pbs-client", import.meta.url));
const REPOSITORY = "s3:https://s3.example.org/backups/store1";

Deno.test("a job gets into a bucket with keys that its file refers to", async () => {
  await using world = await JobsWorld.make();
  const bucket = `
[repositories.cloud]
repository = "${REPOSITORY}"
s3-access-key = "AKIDEXAMPLE"
`;
  const job = `
[jobs.night]
repositories = ["cloud"]
`;
  await world.write(`${bucket}s3-secret-key-command = "pass bucket"\n${job}`);
  const shown = assertOk(await world.run("job", "show", "night")).stdout;
  assertMatch(shown, /PBS_S3_ACCESS_KEY=AKIDEXAMPLE PBS_S3_SECRET_KEY_CMD='pass bucket' /);
  assertStringIncludes(shown, `--repository ${REPOSITORY}`);
  await world.write(`${bucket}s3-secret-key = "hunter2"\n${job}`);
  const refused = await world.run("config", "check");
  assertFailure(refused, /there is a fault/);
  assertMatch(refused.stdout, /s3-secret-key: no secret stands in this file: .*s3-secret-key-file/);
  assertEquals((refused.stdout + refused.stderr).includes("hunter2"), false);
});

Deno.test("a scheduled backup into a bucket gets the secret key as a credential", async () => {
  await using world = await JobsWorld.make();
  const { path } = world;
  const secret = `${path}/bucket.secret`;
  await Deno.writeTextFile(secret, "hunter2\n", { mode: 0o600 });
  const install = (...more: string[]) =>
    runClient([
      ...["schedule", "install", "night", "--root", `${path}/root`, "--program", PROGRAM],
      ...["--dry-run", ...more, "--", "backup", "etc.pxar:/etc", "--repository", REPOSITORY],
    ], { env: { PBS_S3_ACCESS_KEY: "AKIDEXAMPLE", PBS_S3_SECRET_KEY: "hunter2" } });
  await Deno.mkdir(`${path}/root/etc/systemd/system`, { recursive: true });
  await Deno.mkdir(`${path}/root/etc/cron.d`, { recursive: true });
  const unit = assertOk(await install("--with", "systemd", "--s3-secret-key-file", secret));
  assertStringIncludes(unit.stdout, `LoadCredential=pbs-client.s3-secret-key:${secret}\n`);
  assertMatch(unit.stdout, /^Environment="?PBS_S3_ACCESS_KEY=AKIDEXAMPLE"?$/m);
  const cron = assertOk(await install("--with", "cron", "--s3-secret-key-file", secret));
  assertMatch(cron.stdout, new RegExp(`PBS_S3_SECRET_KEY_FILE="?${secret}"?`));
  const without = assertOk(await install("--with", "systemd"));
  assertMatch(without.stderr, /PBS_S3_SECRET_KEY does not come into the job.*--s3-secret-key-file/);
  for (const { stdout, stderr } of [unit, cron, without]) {
    assertEquals((stdout + stderr).includes("hunter2"), false);
  }
});

Deno.test("a bucket without keys says which it needs, and of whom", async () => {
  const run = await runClient(["list", "--repository", REPOSITORY], {
    env: { PBS_S3_ACCESS_KEY: "AKIDEXAMPLE" },
  });
  assertFailure(run, /a bucket needs its keys: .*PBS_S3_SECRET_KEY_FILE/);
  assertMatch(run.stderr, /^Hint: PBS_S3_ACCESS_KEY and PBS_S3_SECRET_KEY .* keys of this store/m);
});
