import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { runClient, runClientOk } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("jobs are changed by commands, run by hand, and by a server that was away when they were due", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const config = `--config=${dir.path}/config`;
  const manage = async (...words: string[]) =>
    (await runClientOk(["serve", ...words, config], { env: { COLUMNS: "200" } })).stdout;
  const store = `--datastore=store1=${dir.path}/store`;
  {
    await using server = await ServerProcess.start({ dir });
    const env = server.clientEnvironment;
    await Deno.mkdir(`${dir.path}/source`);
    await Deno.writeTextFile(`${dir.path}/source/file`, "content");
    for (const time of [100, 200, 300]) {
      await runClientOk(
        ["backup", `a.pxar:${dir.path}/source`, "--backup-id=web", `--backup-time=${time}`],
        { env },
      );
    }
    await manage(
      ...["prune-job", "create", "nightly", "--store=store1", "--schedule=02:30"],
      "--keep-last=2",
    );
    const wrong = await runClient(
      ["serve", "prune-job", "update", "nightly", "--schedule=24:00", config],
    );
    assertEquals(wrong.code, 255);
    assertStringIncludes(wrong.stderr, "hours go from 0 to 23, not 24 (character 1)");
    // Beside the server that runs.
    const run = await manage("prune-job", "run", "nightly", store);
    assertStringIncludes(run, "retention options: --keep-last 2");
    assertMatch(run, /TASK OK\n$/);
    const { stdout } = await runClientOk(["snapshot", "list", "--output-format=json"], { env });
    assertEquals(JSON.parse(stdout).length, 2);
    const [job] = JSON.parse(await manage("prune-job", "list", "--output-format=json"));
    assertEquals([job.id, job["last-run-state"]], ["nightly", "OK"]);
    // The server knows the log of what ran beside it.
    const log = await runClientOk(["task", "log", job["last-run-upid"]], { env });
    assertStringIncludes(log.stdout, "retention options: --keep-last 2");
    await manage("prune-job", "update", "nightly", "--keep-last=1");
    await manage("verify-job", "create", "checks", "--store=store1", "--outdated-after=30");
    await manage("verify-job", "run", "checks", store);
    assertStringIncludes(await manage("verify-job", "list"), "checks");
    await manage("verify-job", "remove", "checks");
    assertEquals(JSON.parse(await manage("verify-job", "list", "--output-format=json")), []);
  }
  await Deno.writeTextFile(
    `${dir.path}/config/server.cfg`,
    `\ndatastore: store1\n\tpath ${dir.path}/store\n`,
    { append: true },
  );
  await manage("gc-job", "update", "store1", "--schedule=sat 18:15");
  assertStringIncludes(await manage("gc-job", "list"), "sat 18:15");
  const lastYear = Math.floor(Date.now() / 1000) - 366 * 86_400;
  const state = `${dir.path}/config/jobstates/prune-nightly.json`;
  await Deno.writeTextFile(state, JSON.stringify({ since: lastYear, schedule: "02:30" }));
  await using server = await ServerProcess.start({ dir });
  await eventually(async () => {
    const read = JSON.parse(await Deno.readTextFile(state));
    assertEquals(read.status, "OK");
  });
  const { stdout } = await runClientOk(["snapshot", "list", "--output-format=json"], {
    env: { ...server.clientEnvironment, PBS_REPOSITORY: `${dir.path}/store` },
  });
  assertEquals(JSON.parse(stdout).length, 1);
});
