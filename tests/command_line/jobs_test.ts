import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { eventually } from "../support/eventually.ts";
import { JobsWorld } from "../support/jobs_world.ts";
import { ownLoopback } from "../support/own_loopback.ts";
import { Webhook } from "../support/webhook.ts";
import { clientCommand, runClient } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";

Deno.test("a job that fails in one repository goes on in the others, and its code tells", async () => {
  await using world = await JobsWorld.make();
  await world.write(`
[jobs.night]
repositories = ["gone", "one", "two"]
keep-last = 1
hooks.before = ["echo $PBS_JOB $PBS_JOB_HOOK >$HOME/before"]
hooks.on-failure = ["echo $PBS_JOB_OUTCOME $PBS_JOB_FAILED_REPOSITORIES >$HOME/failed"]
hooks.after = ["echo \\"$PBS_JOB_SNAPSHOTS\\" >$HOME/after; echo $PBS_JOB_OUTCOME >>$HOME/after"]
`);
  const run = await world.run("job", "run", "night", "--output-format", "json");
  assertEquals(run.code, 254, run.stderr);
  const [report] = JSON.parse(run.stdout);
  assertEquals(report.outcome, "failed");
  const outcomes = report.repositories.map((each: { outcome: string }) => each.outcome);
  assertEquals(outcomes, ["failed", "ok", "ok"]);
  const [one, two] = [world.snapshots("one"), world.snapshots("two")];
  assertEquals([one.length, two.length], [1, 1]);
  assertEquals(await world.text("before"), "night before\n");
  assertEquals(await world.text("failed"), "failed gone\n");
  assertEquals(
    await world.text("after"),
    `one host/box/${one[0]}\ntwo host/box/${two[0]}\nfailed\n`,
  );
  assertEquals(world.record("night")?.lastSuccess, undefined);
  assertEquals((await world.run("job", "run", "--all", "night")).code, 255);
  assertFailure(await world.run("job", "run", "nigth"), /there is no job "nigth".*maybe night/);
});

Deno.test("a job is listed with its results, and shown as commands that do the same", async () => {
  await using world = await JobsWorld.make();
  for (const name of ["it's one", "$HOME"]) {
    await Deno.writeTextFile(`${world.path}/source/${name}`, "left out");
  }
  await world.write(`
[jobs.night]
schedule = "02:30"
exclude = ["it's *", "$HOME"]
keep-last = 1
hooks.before = ["touch $HOME/before"]
`);
  const listed = async () => {
    const run = assertOk(await world.run("job", "list", "--output-format", "json"));
    return JSON.parse(run.stdout)[0];
  };
  const before = await listed();
  assertEquals([before.last, before.newest], [undefined, [{ repository: "one" }]]);
  assert(before.next > Date.now() / 1000);
  const show = ["job", "show", "night", "--config", world.file];
  const env = { ...world.env, PBS_CLIENT_PROGRAM: "pbs_client" };
  const shown = assertOk(await runClient(show, { env })).stdout;
  assertMatch(shown, /^# Job "night", due: 02:30\n# before: touch/);
  const shell = await new Deno.Command("/bin/sh", {
    args: ["-euc", `pbs_client() { ${clientCommand([]).join(" ")} "$@"; }\n${shown}`],
    env: { ...world.env, PBS_LOG: "error" },
  }).output();
  assert(shell.success, new TextDecoder().decode(shell.stderr));
  const [made] = world.snapshots("one");
  assertEquals(world.snapshots("one").length, 1);
  assertOk(await world.run("job", "run", "night"));
  // What keeps one snapshot has removed that of the shown lines.
  assertEquals(world.snapshots("one").includes(made ?? ""), false);
  const { last, newest } = await listed();
  assertEquals([last.outcome, newest.length], ["ok", 1]);
  assertEquals(newest[0].time, Date.parse(world.snapshots("one")[0]!) / 1000);
  const table = assertOk(await world.run("job", "list")).stdout;
  assertMatch(table, /night .* ok, .* one: /);
});

Deno.test("a failing hook of before stops the job; one of after leaves the result alone", async () => {
  await using world = await JobsWorld.make();
  await world.write(`
[jobs.early]
hooks.before = ["exit 3", "touch $HOME/never"]
hooks.on-failure = ["echo \\"$PBS_JOB_ERROR\\" >$HOME/error"]
hooks.after = ["echo $PBS_JOB_OUTCOME >$HOME/after"]
[jobs.late]
hooks.after = ["sleep 1000 & wait"]
hooks.time-limit = "1s"
`);
  assertEquals((await world.run("job", "run", "early", "--quiet")).code, 255);
  assertEquals(world.snapshots("one"), []);
  assertEquals(await world.text("after"), "failed\n");
  assertStringIncludes(await world.text("error"), "hook before[1] failed with exit code 3");
  assertEquals([...Deno.readDirSync(world.path)].some(({ name }) => name === "never"), false);

  const late = await world.run("job", "run", "late", "--warnings-exit", "3");
  assertEquals(late.code, 3, late.stderr);
  assertEquals(world.snapshots("one").length, 1);
  const record = world.record("late");
  assertEquals(record?.outcome, "warnings");
  assertEquals(record?.problems, ["hook after[1] took longer than 1 seconds"]);
  assertEquals(record?.repositories[0]?.outcome, "ok");
});

Deno.test("hooks get no secrets, and what they print goes nowhere but to the log", async () => {
  await using world = await JobsWorld.make();
  await Deno.writeTextFile(`${world.path}/secret`, "hunter3\n");
  await using webhook = new Webhook();
  await world.write(`
[alerts.hook]
type = "webhook"
url = "${webhook.url}"
[jobs.night]
alerts = ["hook"]
key-password-file = "${world.path}/secret"
hooks.before = ["env; cat $HOME/secret; exit 1"]
`);
  const run = await world.run("job", "run", "night");
  assertEquals(run.code, 255);
  assertEquals(run.stderr.includes("hunter2"), false, run.stderr);
  // The hook has read it itself; nobody else passes it on.
  assertStringIncludes(run.stderr, "before[1]: hunter3");
  const quiet = await world.run("job", "run", "night", "--quiet", "--output-format", "json");
  assertEquals(quiet.stdout.includes("hunter"), false, quiet.stdout);
  const kept = JSON.stringify(world.record("night"));
  assertEquals(kept.includes("hunter"), false, kept);
  // One message for two failures in a row.
  const messages = webhook.messages.map((message) => JSON.stringify(message));
  assertEquals(messages.length, 1);
  assertEquals(/hunter|PATH=/.test(messages[0]!), false, messages[0]);
  assertStringIncludes(messages[0]!, "night");
  const shown = await world.run("job", "show", "night");
  assertEquals(/hunter/.test(shown.stdout), false);
});

Deno.test("who cannot be told is a warning, the backup stands", async () => {
  await using world = await JobsWorld.make();
  const listener = Deno.listen({ hostname: ownLoopback(), port: 0 });
  const { hostname, port } = listener.addr as Deno.NetAddr;
  listener.close();
  await world.write(`
[alerts.hook]
type = "webhook"
url = "http://${hostname}:${port}/"
always = true
retries = 0
[jobs.night]
alerts = ["hook"]
`);
  const run = await world.run("job", "run", "night", "--warnings-exit", "9");
  assertEquals(run.code, 9, run.stderr);
  assertStringIncludes(run.stderr, 'alert "hook"');
  assertEquals(world.record("night")?.outcome, "ok");
  assertEquals(world.snapshots("one").length, 1);
});

Deno.test("a job whose conditions are not met is skipped, and says so", async () => {
  await using world = await JobsWorld.make();
  await world.write(`
[jobs.night]
when.mounted = ["${world.path}"]
hooks.before = ["touch $HOME/before"]
`);
  const run = assertOk(await world.run("job", "run", "--all"));
  assertStringIncludes(run.stderr, `skipped: nothing is mounted on "${world.path}"`);
  const again = await world.run("job", "run", "night", "--skipped-exit", "77");
  assertEquals(again.code, 77);
  assertEquals(world.record("night")?.outcome, "skipped");
  assertEquals(world.snapshots("one"), []);
});

Deno.test("a job that is running is not started again, others are", async () => {
  await using world = await JobsWorld.make();
  await world.write("\n[jobs.night]\n[jobs.day]\n");
  using _lock = world.folder.lock("night");
  assertFailure(await world.run("job", "run", "night"), /^Error: job "night" is running already/);
  const all = await world.run("job", "run", "--all");
  assertEquals(all.code, 254, all.stderr);
  assertStringIncludes(all.stderr, 'job "night" is running already');
  assertEquals(world.record("day")?.outcome, "ok");
});

Deno.test("a signal ends the hook, and what has to be put right is put right", async () => {
  await using world = await JobsWorld.make();
  await world.write(`
[jobs.night]
hooks.before = ["echo $$ >$HOME/pid; exec sleep 1000"]
hooks.on-failure = ["echo $PBS_JOB_ERROR >$HOME/failed"]
`);
  const child = world.spawn("job", "run", "night");
  const pid = await eventually(async () => {
    const pid = Number(await world.text("pid"));
    assert(pid > 1);
    return pid;
  });
  child.kill("SIGTERM");
  const status = await child.status;
  assertEquals(status.signal, "SIGTERM");
  assertStringIncludes(await world.text("failed"), "was ended by a signal");
  await eventually(() => Promise.resolve(assert(isGone(pid))));
  assertEquals(world.record("night")?.outcome, "failed");
});

Deno.test("a signal during the backup leaves no snapshot, and runs the hooks of a failure", async () => {
  await using world = await JobsWorld.make();
  await world.write(`
[jobs.night]
repositories = ["one", "two"]
sources = ["dump.pxar:-"]
stdin-from-command = "sh -c 'echo $$ >${world.path}/pid; exec sleep 1000'"
hooks.on-failure = ["echo $PBS_JOB_OUTCOME >$HOME/failed"]
`);
  const child = world.spawn("job", "run", "night");
  const pid = await eventually(async () => {
    const pid = Number(await world.text("pid"));
    assert(pid > 1);
    return pid;
  });
  child.kill("SIGTERM");
  assertEquals((await child.status).signal, "SIGTERM");
  assertEquals(await world.text("failed"), "failed\n");
  assertEquals([world.snapshots("one"), world.snapshots("two")], [[], []]);
  const outcomes = world.record("night")?.repositories.map(({ outcome }) => outcome);
  assertEquals(outcomes, ["failed", "skipped"]);
  await eventually(() => Promise.resolve(assert(isGone(pid))));
});

function isGone(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return true;
  }
}

Deno.test("secrets come from where the file says, and not from the environment", async () => {
  await using world = await JobsWorld.make();
  await using server = await ServerProcess.start({ store: `${world.path}/two` });
  const { PBS_PASSWORD = "", PBS_FINGERPRINT = "", PBS_REPOSITORY = "" } = server.clientEnvironment;
  await Deno.mkdir(`${world.path}/credentials`);
  for (const name of ["password", "credentials/pbs"]) {
    await Deno.writeTextFile(`${world.path}/${name}`, `${PBS_PASSWORD}\n`, { mode: 0o600 });
  }
  const repository = (name: string, secret: string) =>
    `[repositories.${name}]
repository = "${PBS_REPOSITORY}"
fingerprint = "${PBS_FINGERPRINT}"
${secret}
`;
  await world.write(`
[jobs.night]
repositories = ["file", "command", "credential"]
${repository("file", `password-file = "${world.path}/password"`)}
${repository("command", `password-command = "tr a a <${world.path}/password"`)}
${repository("credential", 'password-credential = "pbs"')}
[jobs.closed]
repositories = ["closed"]
${repository("closed", 'password-command = "echo hunter5 >&2; exit 4"')}
`);
  const words = ["job", "run", "night", "--config", world.file, "--output-format", "json"];
  const wrong = {
    ...world.env,
    PBS_REPOSITORY: "/nowhere",
    PBS_FINGERPRINT: "00",
    PBS_NAMESPACE: "x",
  };
  const without = await runClient(words, { env: wrong });
  const outcomes = (text: string) =>
    JSON.parse(text)[0].repositories.map((each: { outcome: string }) => each.outcome);
  assertEquals(outcomes(without.stdout), ["ok", "ok", "failed"], without.stderr);
  assertEquals(without.code, 254);
  assertStringIncludes(without.stderr, "the credential 'pbs' is there only in a service");
  const env = { ...wrong, CREDENTIALS_DIRECTORY: `${world.path}/credentials` };
  const whole = assertOk(await runClient(words, { env }));
  assertEquals(outcomes(whole.stdout), ["ok", "ok", "ok"]);
  // What the command has said goes to the log alone.
  const closed = await world.run("job", "run", "closed");
  assertEquals([closed.code, closed.stderr.includes("hunter5")], [255, true], closed.stderr);
  const kept = JSON.stringify(world.record("closed"));
  assertEquals(kept.includes("hunter5"), false, kept);
  assertStringIncludes(kept, "a command for a secret failed");
  const shown = assertOk(await world.run("job", "show", "night")).stdout;
  assertEquals(shown.includes(PBS_PASSWORD), false);
  assertStringIncludes(shown, 'PBS_PASSWORD_FILE="$CREDENTIALS_DIRECTORY"/pbs ');
});

Deno.test("config check names file, line and key, and fails", async () => {
  await using world = await JobsWorld.make();
  await world.write("\n[jobs.night]\nkeep-lst = 1\n");
  const run = await world.run("config", "check");
  assertFailure(run, /^Error: there is a fault in ".*pbs-client\.toml"/);
  assertEquals(
    run.stdout,
    `${world.file}:13: jobs.night.keep-lst: is no key here, maybe keep-last\n`,
  );
  assertFailure(
    await world.run("job", "list"),
    /pbs-client\.toml:13: jobs\.night\.keep-lst: is no/,
  );
  await world.write("\n[jobs.night]\n");
  assertEquals(assertOk(await world.run("config", "check")).stdout, `${world.file}: jobs night\n`);
  // It is found where the rest of the configuration is, and its jobs are offered.
  const config = `${world.path}/config/proxmox-backup`;
  await Deno.mkdir(config, { recursive: true });
  await Deno.rename(world.file, `${config}/pbs-client.toml`);
  const env = { ...world.env, XDG_CONFIG_HOME: `${world.path}/config` };
  const found = assertOk(await runClient(["config", "check"], { env })).stdout;
  assertEquals(found, `${config}/pbs-client.toml: jobs night\n`);
  const line = { COMP_LINE: "pbs-client job run n", COMP_POINT: "1000" };
  const offered = assertOk(await runClient(["__complete"], { env: { ...env, ...line } })).stdout;
  assertEquals(offered.split("\n").slice(2, -1), ["night"]);
  const schema = assertOk(await runClient(["config", "schema"])).stdout;
  assertEquals(JSON.parse(schema).title, "pbs-client.toml");
});

Deno.test("a job that finds nothing new says so, without a snapshot that is not there", async () => {
  await using world = await JobsWorld.make();
  await world.write("\n[jobs.night]\nskip-if-unchanged = true\n");
  assertOk(await world.run("job", "run", "night"));
  const again = assertOk(await world.run("job", "run", "night"));
  assertStringIncludes(again.stderr, 'Job "night": nothing has changed');
  const [repository] = world.record("night")!.repositories;
  assertEquals(repository, { name: "one", outcome: "ok", unchanged: true });
  assertEquals(world.snapshots("one").length, 1);
});
