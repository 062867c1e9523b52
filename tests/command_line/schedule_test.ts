import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Datastore } from "../../lib/datastore/mod.ts";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { type ClientRun, runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { runUnit } from "../support/run_unit.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** The program as jobs start it. */
const PROGRAM = fromFileUrl(new URL("../../scripts/pbs-client", import.meta.url));
const UNITS = "etc/systemd/system";
/** Tenths; systemd calls less than 3 a service that is well protected. */
const MAX_EXPOSURE = 29;
const NOBODY = 65534;

/** Calls the program by its script, with nothing of our own environment. */
async function program(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ClientRun> {
  const output = await new Deno.Command(PROGRAM, {
    args: [...args],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", HOME: "/root", LANG: "C.UTF-8", TZ: "UTC", ...env },
  }).output();
  const decoder = new TextDecoder();
  const [stdout, stderr] = [decoder.decode(output.stdout), decoder.decode(output.stderr)];
  return { code: output.code, signal: output.signal, stdout, stderr };
}

async function newStore(path: string, owner?: number): Promise<string> {
  Datastore.create(path, { chunkFoldersOnDemand: true })[Symbol.dispose]();
  if (owner !== undefined) await runPeer("chown", ["-R", `${owner}:${owner}`, path]);
  return await Deno.realPath(path);
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).toSorted();
}

Deno.test("a job is written, written again, listed and removed, and nothing else is", async () => {
  await using work = await TempDir.make("/dev/shm");
  const root = `${work.path}/root`;
  const units = `${root}/${UNITS}`;
  await Deno.mkdir(units, { recursive: true });
  await Deno.mkdir(`${root}/etc/cron.d`);
  const store = await newStore(`${work.path}/store`);
  const at = ["--root", root, "--program", PROGRAM];
  const job = ["--", "backup", "etc.pxar:/etc", "--repository", store];
  const install = (name: string, ...more: string[]) =>
    runClient(["schedule", "install", name, ...at, ...more, ...job]);
  const shown = assertOk(await install("night", "--with", "systemd", "--dry-run"));
  assertMatch(shown.stdout, /^# .*pbs-client-night\.service\n# Job "night" of pbs-client schedule/);
  assertEquals(await namesIn(units), []);

  assertOk(await install("night", "--with", "systemd", "--calendar", "02:30"));
  const files = ["pbs-client-night.service", "pbs-client-night.timer"];
  assertEquals(await namesIn(units), files);
  const before = await Promise.all(files.map((name) => Deno.stat(`${units}/${name}`)));
  assertEquals(before.map(({ mode }) => mode! & 0o777), [0o644, 0o644]);
  const again = assertOk(await install("night", "--with", "systemd", "--calendar", "02:30"));
  assertStringIncludes(again.stderr, "is there already");
  const after = await Promise.all(files.map((name) => Deno.stat(`${units}/${name}`)));
  assertEquals(after.map(({ ino }) => ino), before.map(({ ino }) => ino));
  assertOk(await install("night", "--with", "systemd", "--calendar", "03:30"));
  assertStringIncludes(await Deno.readTextFile(`${units}/${files[1]}`), "OnCalendar=03:30");

  assertOk(
    await install("week", "--with", "cron", "--calendar", "weekly", "--random-delay", "15m"),
  );
  assertEquals(await namesIn(`${root}/etc/cron.d`), ["pbs-client-week"]);
  await Deno.writeTextFile(`${root}/etc/cron.d/pbs-client-other`, "# somebody's\n");
  await Deno.writeTextFile(`${units}/pbs-client-mine.service`, "[Service]\n");
  assertFailure(await install("other", "--with", "cron"), /was not written by "schedule install/);
  assertFailure(await install("mine", "--with", "systemd"), /was not written by "schedule install/);
  assertEquals((await namesIn(units)).includes("pbs-client-mine.timer"), false);

  const list = async (...more: string[]) =>
    JSON.parse(
      assertOk(
        await runClient(["schedule", "list", "--root", root, ...more, "--output-format=json"]),
      ).stdout,
    ) as { name: string; with: string; calendar: string; command: string }[];
  assertEquals((await list("--with=systemd")).map((job) => [job.name, job.with, job.calendar]), [
    ["night", "systemd", "03:30"],
  ]);
  const [cron] = await list("--with=cron");
  assertEquals([cron?.name, cron?.calendar], ["week", "0 0 * * 1"]);
  assertStringIncludes(cron!.command, "etc.pxar:/etc");

  const remove = (name: string, kind: string) =>
    runClient(["schedule", "remove", name, "--root", root, "--with", kind]);
  assertFailure(await remove("mine", "systemd"), /was not written by/);
  assertFailure(await remove("other", "cron"), /was not written by/);
  assertFailure(await remove("never", "cron"), /there is no job "never"/);
  assertOk(await remove("night", "systemd"));
  assertOk(await remove("week", "cron"));
  assertEquals(await namesIn(units), ["pbs-client-mine.service"]);
  assertEquals(await namesIn(`${root}/etc/cron.d`), ["pbs-client-other"]);
});

Deno.test("a job that would fail at night is refused by day", async () => {
  await using work = await TempDir.make("/dev/shm");
  const store = await newStore(`${work.path}/store`);
  const place = ["--root", work.path, "--with", "systemd", "--program", PROGRAM];
  const backup = ["backup", "etc.pxar:/etc", "--repository", store];
  const refused: [string[], RegExp][] = [
    [["a.b", ...place, "--", ...backup], /'a\.b' is no name of a job/],
    [["../a", ...place, "--", ...backup], /is no name of a job/],
    [
      ["a", ...place, "--", "backup", "etc.pxar:etc", "--repository", store],
      /'etc' as an absolute/,
    ],
    [["a", ...place, "--", "backup", "etc.pxar:/etc", "--repository", "./s"], /absolute path/],
    [["a", ...place, "--", ...backup, "--keyfile", "key.json"], /'key\.json' as an absolute path/],
    [["a", ...place, "--", "backup", "etc.pxar:/etc"], /repository/],
    [["a", ...place, "--", "backup", "etc.pxar:/etc", "--repository", "/no/store"], /no datastore/],
    [["a", ...place, "--", ...backup, "--no-such-option"], /no-such-option/],
    [["a", ...place, "--", "serve"], /'serve' is no command for a job/],
    [["a", ...place, "--", "restore", "host/a", "b.pxar", "/x"], /no command for a job/],
    [["a", ...place, "--calendar", "someday", "--", ...backup], /'someday' is no calendar/],
    [["a", ...place, "--calendar", "daily\nUser=x", "--", ...backup], /is no time/],
    [["a", ...place, "--run-as", "x\nUser=y", "--", ...backup], /no name of a user/],
    [["a", ...place, "--capability", "all", "--", ...backup], /capability/],
    [["a", ...place, "--password-file", "/no/file", "--", ...backup], /no file "\/no\/file"/],
    [["a", ...place, "--program", "/no/program", "--", ...backup], /duplicate|no program/],
    [["a", ...place, "--user", "--", ...backup], /--user and --root/],
  ];
  for (const [args, expected] of refused) {
    assertFailure(await runClient(["schedule", "install", ...args]), expected);
  }
  assertEquals(await namesIn(work.path), ["store"]);
  const unknown = await runClient([
    "schedule",
    "install",
    "a",
    ...place.slice(0, 4),
    "--",
    ...backup,
  ]);
  assertFailure(unknown, /give --program/);
});

testWithPeers("systemd accepts the units, and finds them well protected", [
  "systemd-analyze",
], async () => {
  await using work = await TempDir.make("/dev/shm");
  const store = await newStore(`${work.path}/store`, NOBODY);
  await Deno.writeTextFile(`${work.path}/secret`, "s", { mode: 0o600 });
  const secrets = ["--password-file", `${work.path}/secret`, "--key-file", `${work.path}/secret`];
  const server = ["--repository", "joe@pbs!tok@pbs.example.org:store1"];
  const jobs: Record<string, string[]> = {
    all: ["--", "backup", "root.pxar:/", "--repository", store, "--exclude", "50% $HOME 'x' \\"],
    web: [...secrets, "--random-delay", "1h", "--", "backup", "web.pxar:/srv/www", ...server],
    joe: ["--run-as", "backup", "--", "backup", "web.pxar:/srv/www", ...server],
    dump: ["--", "backup", "d.pxar:-", "--stdin-from-command", "pg_dump -f x", ...server],
    prune: ["--", "prune", "host/a", "--keep-last", "3", ...server],
    gc: ["--calendar", "Sun 04:00", "--", "garbage-collect", "--repository", store],
    verify: ["--", "datastore", "verify", store],
  };
  const units: string[] = [];
  for (const [name, args] of Object.entries(jobs)) {
    const place = ["--root", work.path, "--with", "systemd", "--program", PROGRAM];
    await runClientOk(["schedule", "install", name, ...place, ...args]);
    const unit = `${work.path}/${UNITS}/pbs-client-${name}`;
    units.push(`${unit}.service`, `${unit}.timer`);
  }
  const verified = await new Deno.Command("systemd-analyze", {
    args: ["verify", "--man=no", ...units],
  }).output();
  const complaints = new TextDecoder().decode(verified.stderr).split("\n")
    .filter((line) => line.includes("pbs-client-"));
  assertEquals([verified.code, complaints], [0, []]);
  // What a command of the user's needs is not known.
  for (const unit of units.filter((path) => /(?<!dump)\.service$/.test(path))) {
    const threshold = [`--threshold=${MAX_EXPOSURE}`, "--no-pager", "--offline=true"];
    await runPeer("systemd-analyze", ["security", ...threshold, unit]);
  }
});

testWithPeers(
  "a service backs up with credentials, without privileges but one, and tells how far it is",
  [
    "python3",
    "setpriv",
    "strace",
    "systemd-analyze",
    "unshare",
  ],
  async () => {
    await using server = await ServerProcess.start();
    await using work = await TempDir.make("/dev/shm");
    const { path } = work;
    const { PBS_PASSWORD = "", ...env } = server.clientEnvironment;
    await Deno.mkdir(`${path}/source/closed`, { recursive: true });
    await Deno.writeTextFile(`${path}/source/closed/file`, "for its owner only", { mode: 0o600 });
    await runPeer("chown", ["-R", "1000:1000", `${path}/source`]);
    await runPeer("chmod", ["0700", `${path}/source/closed`, `${path}/source`]);
    await runClientOk(["key", "create", `${path}/key.json`], {
      env: { PBS_NEW_ENCRYPTION_PASSWORD: "pass phrase" },
    });
    await Deno.writeTextFile(`${path}/password`, `${PBS_PASSWORD}\n`, { mode: 0o600 });
    await Deno.writeTextFile(`${path}/passphrase`, "pass phrase", { mode: 0o600 });
    const installed = await program([
      ...["schedule", "install", "job", "--root", path, "--with", "systemd"],
      ...["--password-file", `${path}/password`, "--key-file", `${path}/key.json`],
      ...["--encryption-password-file", `${path}/passphrase`],
      ...["--", "backup", `my.pxar:${path}/source`, "--backup-id", "job", "--exclude", "50% $HOME"],
    ], { ...env, PBS_PASSWORD });
    assertOk(installed);
    const unit = await Deno.readTextFile(`${path}/${UNITS}/pbs-client-job.service`);
    assertEquals(unit.includes(PBS_PASSWORD) || unit.includes("pass phrase"), false);
    const trace = `${path}/calls`;
    const run = assertOk(
      await runUnit(unit, { work: path, under: ["strace", "-D", "-f", "-qq", "-o", trace] }),
    );
    assertMatch(
      run.stdout,
      /^READY=1\nSTATUS=Starting\n(STATUS=.*\n)*STATUS=Done: 2 archives, 1 file/,
    );
    assertEquals(/failed to open/.test(run.stderr), false, run.stderr);
    // The word came through systemd's rules.
    assertStringIncludes(run.stderr, "exclude pattern '50% $HOME' matched nothing");
    const restored = await runClientOk(["restore", "host/job", "my.pxar", `${path}/back`], {
      env: { ...env, PBS_PASSWORD, PBS_ENCRYPTION_PASSWORD: "pass phrase" },
    }).catch((error) => error);
    assert(restored instanceof Error, "restored without the key");
    await runClientOk([
      "restore",
      "host/job",
      "my.pxar",
      `${path}/back`,
      "--keyfile",
      `${path}/key.json`,
    ], {
      env: { ...env, PBS_PASSWORD, PBS_ENCRYPTION_PASSWORD: "pass phrase" },
    });
    assertEquals(await Deno.readTextFile(`${path}/back/closed/file`), "for its owner only");
    await assertWithinFilter(unit, trace);
  },
);

/** All calls of the program are among those that the service may make. */
async function assertWithinFilter(unit: string, trace: string): Promise<void> {
  const groups = new Map<string, string[]>();
  let group: string[] = [];
  for (const line of (await runPeer("systemd-analyze", ["syscall-filter"])).split("\n")) {
    if (/^@/.test(line)) groups.set(line.trim(), group = []);
    else if (/^ {4}[@a-z_0-9-]+$/.test(line)) group.push(line.trim());
  }
  const members = (name: string): string[] =>
    (groups.get(name) ?? []).flatMap((each) => each.startsWith("@") ? members(each) : [each]);
  const filter = /^SystemCallFilter=(.*)$/m.exec(unit)![1]!.split(" ");
  const allowed = new Set(filter.flatMap(members));
  assert(allowed.size > 200);
  const lines = (await Deno.readTextFile(trace)).split("\n");
  // Those that make the service, before it is confined, are not its own.
  const start = lines.findIndex((line) => /execve\("[^"]*scripts\/pbs-client"/.test(line));
  assert(start > 0);
  const calls = new Set(
    lines.slice(start).flatMap((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? []),
  );
  assert(calls.has("openat") && calls.size > 30);
  assertEquals([...calls.difference(allowed)], []);
}

testWithPeers("a service writes in a datastore that belongs to another user", [
  "python3",
  "setpriv",
  "unshare",
], async () => {
  await using work = await TempDir.make("/dev/shm");
  const { path } = work;
  const store = await newStore(`${path}/store`, NOBODY);
  await Deno.writeTextFile(`${path}/file.conf`, "contents");
  const place = ["--root", path, "--with", "systemd"];
  const words = ["backup", `file.conf:${path}/file.conf`, "--warnings-exit", "7"];
  assertOk(
    await program(["schedule", "install", "own", ...place, "--", ...words, "--repository", store]),
  );
  const unit = await Deno.readTextFile(`${path}/${UNITS}/pbs-client-own.service`);
  assertStringIncludes(unit, "\nSuccessExitStatus=7\n");
  assertStringIncludes(unit, "\nPrivateNetwork=yes\n");
  assertOk(await runUnit(unit, { work: path }));
  const owners = await runPeer("find", [`${store}/host`, "-printf", "%U\n"]);
  assertEquals([...new Set(owners.trim().split("\n"))], [`${NOBODY}`]);
});

Deno.test("a line of cron backs up when a shell runs it", async () => {
  await using work = await TempDir.make("/dev/shm");
  const { path } = work;
  const store = await newStore(`${path}/a store`);
  await Deno.writeTextFile(`${path}/50% $HOME 'x'`, "contents");
  const words = ["backup", `file.conf:${path}/50% $HOME 'x'`, "--backup-id", "cron"];
  const place = ["--root", path, "--with", "cron", "--calendar", "02:30"];
  assertOk(
    await program(["schedule", "install", "line", ...place, "--", ...words], {
      PBS_REPOSITORY: store,
    }),
  );
  const file = (await Deno.readTextFile(`${path}/etc/cron.d/pbs-client-line`)).split("\n");
  const line = file.find((line) => line.startsWith("30 2 * * * root "))!;
  const { code, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", line.slice("30 2 * * * root ".length).replaceAll("\\%", "%")],
    clearEnv: true,
    env: { HOME: "/root", PATH: file[2]!.slice("PATH=".length), LOGNAME: "root", SHELL: "/bin/sh" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const at = ["--repository", store];
  const restored = await runClientOk(["restore", "host/cron", "file.conf", "-", ...at]);
  assertEquals(restored.stdout, "contents");
});

/** Programs that stand for those of the system, which the test must not tell anything. */
async function standIns(folder: string): Promise<Record<string, string>> {
  await Deno.mkdir(`${folder}/bin`, { recursive: true });
  const scripts = {
    systemctl:
      `echo "$@" >> ${folder}/told; test ! -e ${folder}/broken || { echo no bus >&2; exit 1; }
case $* in *show*) echo NextElapseUSecRealtime=@1800000000; echo LastTriggerUSec=@1790000000;; esac`,
    crontab:
      `case $1 in -l) cat ${folder}/crontab 2>/dev/null || { echo no crontab for me >&2; exit 1; };;
*) cat > ${folder}/crontab;; esac`,
  };
  for (const [name, text] of Object.entries(scripts)) {
    await Deno.writeTextFile(`${folder}/bin/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  return { PATH: `${folder}/bin:/usr/bin:/bin`, HOME: folder, XDG_CONFIG_HOME: `${folder}/config` };
}

Deno.test("a user's timer is started, shown with its times, and stopped", async () => {
  await using work = await TempDir.make("/dev/shm");
  const { path } = work;
  const env = await standIns(path);
  const store = await newStore(`${path}/store`);
  const install = ["schedule", "install", "mine", "--user", "--with", "systemd"];
  const job = ["--", "backup", "file.conf:/etc/hostname", "--repository", store];
  assertOk(await program([...install, ...job], env));
  const unit = await Deno.readTextFile(`${path}/config/systemd/user/pbs-client-mine.service`);
  assertEquals(/^(User|CapabilityBoundingSet|ProtectSystem)=/m.test(unit), false);
  const told = async () => (await Deno.readTextFile(`${path}/told`)).trim().split("\n");
  assertEquals(await told(), [
    "--user daemon-reload",
    "--user enable pbs-client-mine.timer",
    "--user restart pbs-client-mine.timer",
  ]);
  const list = await program(["schedule", "list", "--user", "--with=systemd"], env);
  assertMatch(list.stdout, /mine .*daily .*Jan 15 08:00:00 2027 .*Sep 21 14:13:20 2026/);
  // A manager that refuses leaves what was there before.
  await Deno.writeTextFile(`${path}/broken`, "");
  assertFailure(await program([...install, "--calendar", "weekly", ...job], env), /no bus/);
  const timer = await Deno.readTextFile(`${path}/config/systemd/user/pbs-client-mine.timer`);
  assertStringIncludes(timer, "OnCalendar=daily");
  await Deno.remove(`${path}/broken`);
  assertOk(await program(["schedule", "remove", "mine", "--user", "--with=systemd"], env));
  assertEquals((await told()).slice(-2), [
    "--user disable --now pbs-client-mine.timer",
    "--user daemon-reload",
  ]);
  assertEquals(await namesIn(`${path}/config/systemd/user`), []);
});

Deno.test("a user's crontab gets a job among the lines that are there", async () => {
  await using work = await TempDir.make("/dev/shm");
  const { path } = work;
  const env = await standIns(path);
  const store = await newStore(`${path}/store`);
  const place = ["--user", "--with", "cron"];
  const install = ["schedule", "install", "mine", ...place, "--calendar", "hourly"];
  const job = ["--", "backup", "file.conf:/etc/hostname", "--repository", store];
  assertOk(await program([...install, ...job], env));
  const before = "MAILTO=me\n5 4 * * * /usr/bin/other 100\\%\n";
  await Deno.writeTextFile(`${path}/crontab`, before);
  assertOk(await program([...install, ...job], env));
  const crontab = await Deno.readTextFile(`${path}/crontab`);
  assert(crontab.startsWith(before));
  assertStringIncludes(crontab, `\n0 * * * * ${PROGRAM} backup`);
  const again = assertOk(await program([...install, ...job], env));
  assertStringIncludes(again.stderr, "is there already");
  const list = await program(["schedule", "list", ...place, "--output-format=json"], env);
  assertEquals(JSON.parse(list.stdout)[0].calendar, "0 * * * *");
  assertOk(await program(["schedule", "remove", "mine", ...place], env));
  assertEquals(await Deno.readTextFile(`${path}/crontab`), before);
});
