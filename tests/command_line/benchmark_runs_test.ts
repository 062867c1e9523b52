import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Datastore } from "../../lib/datastore/mod.ts";
import { assertFailure } from "../support/assert_run.ts";
import { runsOf } from "../support/cli_run_census.ts";
import type { RecordedRun } from "../support/cli_vectors.ts";
import { eventually } from "../support/eventually.ts";
import { type ClientRun, runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const USER = "looker@pbs";
const PASSWORD = "looks-only";

/** Where the first table, the official client's, ends. */
const TABLE_END = "┘\n";

/** Without what differs from run to run: speeds, and the columns that they need. */
function masked(text: string): string {
  return text.replace(/[\d.]+ MB\/s \(\d+%\)/g, "<SPEED>").replace(/[\d.]+ MB\/s$/gm, "<SPEED>")
    .replace(/^(Uploaded) \d+ (chunks in) \d+/m, "$1 N $2 N")
    .replace(/^(Time per request:) \d+/m, "$1 N")
    .replace(/("speed": ?)\d+\.\d+/g, "$1<SPEED>")
    .replace(/ +/g, " ").replace(/─+/g, "─").replace(/═+/g, "═");
}

/** What the official client prints: the first table, or the members that it has. */
function officialPart(run: RecordedRun, stdout: string): string {
  if (!stdout.startsWith("{")) {
    return stdout.slice(0, stdout.indexOf(TABLE_END) + TABLE_END.length);
  }
  const names = Object.keys(JSON.parse(run.stdout));
  const member = /"(\w+)": ?\{[^}]*\}/g;
  const members = stdout.matchAll(member).filter(([, name]) => names.includes(name!));
  return [...members].map(([text]) => text).join("\n");
}

function assertAlike(run: RecordedRun, ours: ClientRun): void {
  assertEquals(ours.code, run.exit_code, run.name + ours.stderr);
  const [actual, expected] = [ours, run].map(({ stdout }) => masked(officialPart(run, stdout)));
  assertEquals(actual, expected, run.name);
  assertEquals(masked(ours.stderr), masked(run.stderr!), run.name);
}

/** The server with a user who may see the datastore, and do nothing there. */
async function startWithLooker(): Promise<{
  readonly server: ServerProcess;
  readonly looker: Record<string, string>;
}> {
  const server = await ServerProcess.start();
  const config = `--config=${server.dir.path}/config`;
  await runClientOk(["serve", "user", "create", USER, config], {
    env: { PBS_NEW_PASSWORD: PASSWORD },
  });
  const rule = ["serve", "acl", "update", "/datastore/store1", "DatastoreAudit", config];
  await runClientOk([...rule, `--auth-id=${USER}`]);
  const env = server.clientEnvironment;
  const repository = env.PBS_REPOSITORY!.replace(/^[^@]+@[^@]+/, USER);
  return { server, looker: { ...env, PBS_REPOSITORY: repository, PBS_PASSWORD: PASSWORD } };
}

Deno.test("recorded runs of benchmark end alike, and the server is left as it was", async (test) => {
  await using server = await ServerProcess.start();
  await using work = await TempDir.make("/dev/shm");
  const env = server.clientEnvironment;
  await runClientOk(["key", "create", `${work.path}/k.json`, "--kdf", "none"]);
  for (const run of runsOf("benchmark")) {
    const argv = run.argv.map((word) => word.replace("<WORK>", work.path));
    const repository = run.env.PBS_REPOSITORY === null ? { PBS_REPOSITORY: "" } : {};
    await test.step(run.name, async () => {
      assertAlike(run, await runClient([...argv, "--quick"], { env: { ...env, ...repository } }));
    });
  }
  await assertNothingLeft(server);
});

/** No snapshot, no group, and none that cannot be written to because of a lock. */
async function assertNothingLeft({ dir, clientEnvironment: env }: ServerProcess): Promise<void> {
  await eventually(async () => assertEquals(await namesIn(`${dir.path}/store/host`), []));
  const { stdout } = await runClientOk(["list", "--output-format=json"], { env });
  assertEquals(JSON.parse(stdout), []);
  const top = (await namesIn(`${dir.path}/store`)).filter((name) => name.includes("benchmark"));
  assertEquals(top, []);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

Deno.test("a user who may not back up hears so, and gets the other figures", async () => {
  const { server, looker } = await startWithLooker();
  await using _server = server;
  const run = await runClient(["benchmark", "--quick"], { env: looker });
  assertEquals(run.code, 0, run.stderr);
  assertMatch(
    run.stderr,
    /^the way to 'looker@pbs@.* is not measured: .*Datastore\.Backup/m,
  );
  assertMatch(run.stdout, /TLS \(maximal backup upload speed\) │ not tested/);
  assertMatch(run.stdout, /AES256 GCM encryption speed *│ [\d.]+ MB\/s \(\d+%\)/);
  const refused = { ...looker, PBS_PASSWORD: "not this one" };
  const wrong = await runClient(["benchmark", "--quick"], { env: refused });
  assertFailure(wrong, /authentication failed|refused/);
  assertEquals(wrong.stdout, "");
});

Deno.test("a benchmark that is interrupted or killed leaves nothing on the server", async () => {
  await using server = await ServerProcess.start();
  const env = server.clientEnvironment;
  for (const [signal, code] of [["SIGINT", 130], ["SIGKILL", 137]] as const) {
    const child = spawnClient(["benchmark"], { env });
    const group = `${server.dir.path}/store/host/benchmark`;
    await eventually(async () => assert((await namesIn(group)).length > 0, "has not begun"));
    child.kill(signal);
    assertEquals((await child.status).code, code);
    await assertNothingLeft(server);
  }
  assertEquals((await runClient(["benchmark", "--quick"], { env })).code, 0);
});

Deno.test("a datastore directory is measured without a trace, and may be closed to us", async () => {
  await using work = await TempDir.make("/dev/shm");
  const store = `${work.path}/store`;
  Datastore.create(store, { chunkFoldersOnDemand: true })[Symbol.dispose]();
  const before = await namesIn(store);
  const args = ["benchmark", "--quick", "--repository", store];
  const run = await runClientOk([...args, "--output-format=json"]);
  const rows = JSON.parse(run.stdout) as Record<string, { speed?: number; top?: number }>;
  for (const name of ["storage_write", "storage_read", "restore", "pipeline_new", "sha256"]) {
    assert((rows[name]?.speed ?? 0) > 0, `${name} in ${run.stdout}`);
  }
  assertEquals(rows.tls, { top: 1235000000 });
  assertEquals(await namesIn(store), before);
  assertEquals(await namesIn(`${store}/.chunks`), []);
  assertFailure(
    await runClient(["benchmark", "--quick", "--repository", `${work.path}/none`]),
    /none/,
  );
  assertFailure(await runClient(["benchmark", "--keyfile", `${work.path}/no-key`]), /no-key/);
  assertFailure(await runClient(["benchmark", "--repository", "a@b@c@d"]), /repository/);
});

testWithPeers(
  "a datastore on a read-only disk is not measured, the rest is",
  ["unshare"],
  async () => {
    await using work = await TempDir.make("/dev/shm");
    const store = `${work.path}/store`;
    Datastore.create(store, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    const readOnly = `mount --bind ${work.path} ${work.path} && ` +
      `mount -o remount,bind,ro ${work.path} && exec "$@"`;
    const run = await runClient(["benchmark", "--quick", "--repository", store], {
      under: ["unshare", "--mount", "sh", "-c", readOnly, "sh"],
    });
    assertEquals(run.code, 0, run.stderr);
    assertStringIncludes(run.stderr, "is not measured");
    assertMatch(run.stderr, /Verify speed: /);
  },
);
