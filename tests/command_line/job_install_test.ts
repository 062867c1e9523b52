import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { JobsWorld } from "../support/jobs_world.ts";
import { runClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { runUnit } from "../support/run_unit.ts";
import { ServerProcess } from "../support/server_process.ts";
import { testWithPeers } from "../support/with_peers.ts";
import { fromFileUrl } from "@std/path";

/** The program as jobs start it. */
const PROGRAM = fromFileUrl(new URL("../../scripts/pbs-client", import.meta.url));
const UNITS = "etc/systemd/system";

testWithPeers("jobs of a file become services, and one does its work as its unit says", [
  "python3",
  "setpriv",
  "unshare",
], async () => {
  await using world = await JobsWorld.make();
  await using server = await ServerProcess.start({ store: `${world.path}/two` });
  const { PBS_PASSWORD = "", PBS_FINGERPRINT = "", PBS_REPOSITORY = "" } = server.clientEnvironment;
  await Deno.mkdir(`${world.path}/credstore.encrypted`);
  await Deno.writeTextFile(`${world.path}/credstore.encrypted/far`, PBS_PASSWORD);
  await world.write(`
[repositories.far]
repository = "${PBS_REPOSITORY}"
fingerprint = "${PBS_FINGERPRINT}"
password-credential = "far"
[jobs.night]
repositories = ["one", "far"]
schedule = "mon..fri 02:30"
random-delay = "15m"
[jobs.hooked]
schedule = "daily"
hooks.before = ["true"]
hooks.writable = ["/var/dumps"]
[jobs.weekly]
sources = []
schedule = "weekly"
maintain.sample = "5%"
[jobs.idle]
`);
  const root = `${world.path}/root`;
  await Deno.mkdir(`${root}/${UNITS}`, { recursive: true });
  const at = ["--root", root, "--with", "systemd"];
  const words = [...at, "--program", PROGRAM, "--config", world.file];
  assertOk(
    await runClient(["job", "install", "--all", ...words], { env: { PBS_REPOSITORY: "x" } }),
  );
  const units = [...Deno.readDirSync(`${root}/${UNITS}`)].map(({ name }) => name).toSorted();
  assertEquals(units, [
    "pbs-client-hooked.service",
    "pbs-client-hooked.timer",
    "pbs-client-night.service",
    "pbs-client-night.timer",
    "pbs-client-weekly.service",
    "pbs-client-weekly.timer",
  ]);
  const read = (name: string) => Deno.readTextFile(`${root}/${UNITS}/pbs-client-${name}`);
  const timer = await read("night.timer");
  assertMatch(timer, /^OnCalendar=mon\.\.fri 02:30\nRandomizedDelaySec=900$/m);
  const hooked = await read("hooked.service");
  assertStringIncludes(hooked, '\nReadWritePaths="/var/dumps"\n');
  assertEquals(hooked.includes("SystemCallFilter") || hooked.includes("PrivateNetwork"), false);
  const night = await read("night.service");
  assertStringIncludes(night, "\nLoadCredentialEncrypted=far\n");
  assertStringIncludes(night, "\nSystemCallFilter=");
  assertEquals(night.includes("PBS_REPOSITORY") || night.includes(PBS_PASSWORD), false);
  assertEquals(hooked.includes("LoadCredential"), false);

  // A maintenance writes in its datastore, and needs nothing of what others back up.
  const weekly = await read("weekly.service");
  assertMatch(weekly, new RegExp(`^ReadWritePaths="?${world.path}/one"?$`, "m"));
  assertMatch(weekly, /^PrivateNetwork=yes$/m);
  assertEquals(weekly.includes("CAP_DAC_READ_SEARCH"), false);
  assertOk(await runUnit(weekly, { work: world.path }));
  assertEquals(world.record("weekly")?.summary, "maintained");

  const run = assertOk(await runUnit(night, { work: world.path }));
  assertEquals(world.snapshots("one").length, 1, run.stderr);
  assertEquals(world.snapshots("two").length, 1, run.stderr);
  const kept = JSON.parse(await world.text("state/pbs-client/jobs/night.json"));
  assertEquals(kept.outcome, "ok");

  const listed = await runClient(["schedule", "list", ...at, "--output-format", "json"]);
  const names = JSON.parse(assertOk(listed).stdout).map((each: { name: string }) => each.name);
  assertEquals(names, ["hooked", "night", "weekly"]);
  assertFailure(
    await runClient(["job", "install", "idle", ...words]),
    /^Error: job "idle" has no schedule, such as schedule = "02:30"/,
  );
});

Deno.test("a job of a file becomes a line of cron, unless it needs what cron has not", async () => {
  await using world = await JobsWorld.make();
  await world.write(`
[repositories.far]
repository = "joe@pbs!web@pbs.example.org:store1"
password-credential = "far"
[jobs.night]
schedule = "02:30"
[jobs.far]
repositories = ["far"]
schedule = "daily"
[jobs.broken]
repositories = ["gone"]
schedule = "daily"
`);
  const words = ["--root", world.path, "--with", "cron", "--program", PROGRAM];
  const install = (...more: string[]) =>
    runClient(["job", "install", ...words, "--config", world.file, ...more], {
      env: { XDG_STATE_HOME: "" },
    });
  assertFailure(await install("far"), /cron hands over no credentials such as 'far'/);
  // Nothing is written for one if another is wrong.
  assertFailure(await install("--all"), /there is no datastore ".*gone"/);
  assertEquals([...Deno.readDirSync(world.path)].some(({ name }) => name === "etc"), false);
  assertOk(await install("night"));
  const file = await world.text("etc/cron.d/pbs-client-night");
  const line = file.trimEnd().split("\n").at(-1)!;
  const start = "30 2 * * * root ";
  assert(line.startsWith(start), line);
  await runPeer("/bin/sh", [
    "-euc",
    `export XDG_STATE_HOME=${world.path}/state; ${line.slice(start.length)}`,
  ]);
  assertEquals(world.record("night")?.outcome, "ok");
});

Deno.test("a job of a file can be a command of schedule install, if the file is named", async () => {
  await using world = await JobsWorld.make();
  await world.write("\n[jobs.night]\n");
  const words = ["schedule", "install", "own", "--root", world.path, "--with", "cron"];
  const job = ["--program", PROGRAM, "--dry-run", "--", "job", "run", "night"];
  assertFailure(await runClient([...words, ...job]), /name it with --config/);
  const shown = assertOk(await runClient([...words, ...job, "--config", world.file])).stdout;
  assertStringIncludes(shown, `job run night --config ${world.file}\n`);
});
