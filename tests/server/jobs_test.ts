import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { SystemError } from "../../lib/errors/mod.ts";
import { JobScheduler } from "../../lib/server/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { backUp } from "../support/back_up.ts";
import { eventually } from "../support/eventually.ts";
import { TempDir } from "../support/temp_dir.ts";
import { ADMINISTRATOR, TestServer } from "../support/test_server.ts";

/** Hours of a day in January, and minutes, as seconds since the epoch. */
function at(day: number, hour: number, minute = 0): number {
  return Date.UTC(2027, 0, day, hour, minute) / 1000;
}

/** A clock that stands still until somebody sets it. */
class GivenClock {
  constructor(public now: number) {}
  readonly read = (): number => this.now;
}

async function snapshotsOf(server: TestServer): Promise<number[]> {
  const { datastore } = server.server.state.datastore("store1", "read");
  const listed = await new LocalRepository(datastore).listSnapshots("");
  return listed.map(({ time }) => time).sort();
}

/** Backs the same file up once for each time. */
async function makeSnapshots(
  server: TestServer,
  times: readonly number[],
  id = "web",
): Promise<void> {
  const { datastore } = server.server.state.datastore("store1", "write");
  await Deno.mkdir(`${server.dir.path}/source`, { recursive: true });
  await Deno.writeTextFile(`${server.dir.path}/source/file`, "content");
  for (const time of times) {
    const snapshot = { type: "host", id, time } as const;
    await backUp(new LocalRepository(datastore), snapshot, [`a.pxar:${server.dir.path}/source`]);
  }
}

async function jobs(server: TestServer, kind: string): Promise<Record<string, unknown>[]> {
  const { status, text } = await server.call("GET", `admin/${kind}`);
  assertEquals(status, 200, text);
  return JSON.parse(text).data;
}

async function done(
  server: TestServer,
  method: "POST" | "PUT" | "DELETE",
  path: string,
  members = {},
) {
  const { status, text } = await server.call(method, path, undefined, members);
  assertEquals(status, 200, text);
  return JSON.parse(text).data;
}

async function logOf(server: TestServer, upid: unknown): Promise<string> {
  const path = `nodes/localhost/tasks/${encodeURIComponent(upid as string)}/log?limit=0`;
  const { text } = await server.call("GET", path);
  return JSON.parse(text).data.map(({ t }: { t: string }) => t).join("\n");
}

Deno.test("a prune job runs when it is due, and not before", async () => {
  const clock = new GivenClock(at(1, 12));
  await using server = await TestServer.start({ jobsNow: clock.read });
  await makeSnapshots(server, [100, 200, 300]);
  const { scheduler } = server.server;
  await done(server, "POST", "config/prune", {
    "id": "nightly",
    "store": "store1",
    "schedule": "02:30",
    "keep-last": 1,
  });
  assertEquals(await jobs(server, "prune"), [{
    "id": "nightly",
    "keep-last": 1,
    "schedule": "02:30",
    "store": "store1",
    "next-run": at(2, 2, 30),
  }]);
  assertEquals(await scheduler.tick(), []);
  clock.now = at(2, 2, 30) - 1;
  assertEquals(await scheduler.tick(), []);
  clock.now += 1;
  const [task] = await scheduler.tick();
  assertEquals(task!.task.upid.workerType, "prunejob");
  assertEquals(task!.task.upid.workerId, "store1");
  assertEquals(task!.task.upid.authId, "root@pam");
  // Not twice, be it running or done.
  assertEquals(await scheduler.tick(), []);
  assertEquals((await task!.ended).status, "OK");
  assertEquals(await scheduler.tick(), []);
  assertEquals(await snapshotsOf(server), [300]);
  const [job] = await jobs(server, "prune");
  assertEquals(job, {
    ...job,
    "next-run": at(3, 2, 30),
    "last-run-state": "OK",
    "last-run-endtime": clock.now,
    "last-run-upid": task!.task.id,
  });
  const log = await logOf(server, task!.task.id);
  assertStringIncludes(log, "task triggered by schedule '02:30'");
  assertStringIncludes(log, "retention options: --keep-last 1");
});

Deno.test("what was missed while no server ran is run once, and states outlive it", async () => {
  await using dir = await TempDir.make();
  const clock = new GivenClock(at(1, 12));
  {
    await using server = await TestServer.start({ jobsNow: clock.read });
    await makeSnapshots(server, [100, 200]);
    await done(server, "POST", "config/verify", {
      id: "hourly",
      store: "store1",
      schedule: "hourly",
    });
    clock.now = at(1, 13);
    const [task] = await server.server.scheduler.tick();
    assertEquals(task!.task.upid.workerType, "verificationjob");
    assertEquals(task!.task.upid.workerId, "store1:hourly");
    assertEquals((await task!.ended).outcome, "ok");
    await server.server.state.jobs.idle();
    for (const name of ["store", "config", "log"]) {
      await new Deno.Command("cp", { args: ["-a", `${server.dir.path}/${name}`, dir.path] })
        .output();
    }
  }
  clock.now = at(9, 5, 17);
  await using server = await TestServer.start({ jobsNow: clock.read, dir });
  const [before] = await jobs(server, "verify");
  assertEquals(before!["last-run-state"], "OK");
  assertEquals(before!["last-run-endtime"], at(1, 13));
  assertEquals(before!["next-run"], at(1, 14));
  const first = await server.server.scheduler.tick();
  assertEquals(first.length, 1);
  await first[0]!.ended;
  assertEquals(await server.server.scheduler.tick(), []);
  assertEquals((await jobs(server, "verify"))[0]!["next-run"], at(9, 6));
});

Deno.test("garbage is collected by schedule, and a backup that is running stays whole", async () => {
  const clock = new GivenClock(at(1, 12));
  await using server = await TestServer.start({
    jobsNow: clock.read,
    datastores: (path) => [{ name: "store1", path, gcSchedule: "sat 18:15" }],
  });
  await makeSnapshots(server, [100, 200]);
  await done(server, "POST", "config/prune", {
    "id": "all-of-it",
    "store": "store1",
    "schedule": "sat 18:15",
    "keep-last": 1,
  });
  await server.server.scheduler.tick();
  const shown = async () => JSON.parse((await server.call("GET", "admin/gc")).text).data[0];
  assertEquals((await shown()).schedule, "sat 18:15");
  assertEquals((await shown())["next-run"], at(2, 18, 15));
  // A backup that waits with its first bytes while the jobs run.
  const { datastore } = server.server.state.datastore("store1", "write");
  const pipe = `${server.dir.path}/pipe`;
  assert((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
  const repository = new LocalRepository(datastore);
  const snapshot = { type: "host", id: "web", time: 300 } as const;
  const backup = backUp(repository, snapshot, [`b.img:${pipe}`]);
  const writer = await Deno.open(pipe, { write: true });
  await writer.write(crypto.getRandomValues(new Uint8Array(50_000)));
  clock.now = at(2, 18, 15);
  const started = await server.server.scheduler.tick();
  assertEquals(started.map(({ task }) => task.upid.workerType), ["garbage_collection", "prunejob"]);
  for (const { ended } of started) assertEquals((await ended).outcome, "ok");
  await writer.write(crypto.getRandomValues(new Uint8Array(50_000)));
  writer.close();
  await backup;
  assertEquals(await snapshotsOf(server), [200, 300]);
  const upid = await done(server, "POST", "admin/datastore/store1/verify");
  await server.server.state.tasks.idle();
  assertStringIncludes(await logOf(server, upid), "TASK OK");
  const after = await shown();
  assertEquals(after["last-run-state"], "OK");
  assertEquals(after["next-run"], at(9, 18, 15));
});

Deno.test("a job that is running is not started again, by whomever", async () => {
  const clock = new GivenClock(at(1, 12));
  await using server = await TestServer.start({ jobsNow: clock.read });
  const { state, scheduler } = server.server;
  await done(server, "POST", "config/verify", {
    id: "checks",
    store: "store1",
    schedule: "*:0/5",
  });
  {
    // As if another process were at it.
    using _held = state.jobs.states.lock("verify-checks")!;
    clock.now = at(1, 12, 5);
    assertEquals(await scheduler.tick(), []);
    const { status, text } = await server.call("POST", "admin/verify/checks/run");
    assertEquals(status, 400);
    assertStringIncludes(text, "the job 'checks' is already running");
  }
  const upid = await done(server, "POST", "admin/verify/checks/run");
  await state.tasks.idle();
  await state.jobs.idle();
  const [job] = await jobs(server, "verify");
  assertEquals([job!["last-run-upid"], job!["last-run-state"]], [upid, "OK"]);
  // What was due then has been done.
  assertEquals(job!["next-run"], at(1, 12, 10));
  assertMatch(upid, /:verificationjob:store1\\x3achecks:admin@pbs!ci:$/);
});

Deno.test("jobs that cannot be started say why, and are tried at their next time", async () => {
  const clock = new GivenClock(at(1, 12));
  const warned: string[] = [];
  await using server = await TestServer.start({
    jobsNow: clock.read,
    warned: (problem) => void warned.push(problem),
  });
  const { state, scheduler } = server.server;
  await done(server, "POST", "config/prune", { id: "hourly", store: "store1", schedule: "hourly" });
  state.configure([{
    ...state.configs[0]!,
    maintenance: { type: "offline", message: "new disk" },
  }]);
  clock.now = at(1, 13);
  const reason = "datastore 'store1' is unavailable: offline maintenance mode: new disk";
  const [task] = await scheduler.tick();
  assertEquals((await task!.ended).status, reason);
  assertEquals(await scheduler.tick(), []);
  assertStringIncludes(await logOf(server, task!.task.id), `TASK ERROR: ${reason}`);
  const [job] = await jobs(server, "prune");
  assertEquals(job!["last-run-state"], reason);
  assertEquals(job!["next-run"], at(1, 14));
  // A file with a mistake is told of once, and does not end what is right.
  await Deno.writeTextFile(`${server.dir.path}/config/verification.cfg`, "verification: x\n");
  for (let minute = 1; minute < 3; minute++) {
    clock.now = at(1, 13, minute);
    await scheduler.tick();
  }
  assertEquals(warned.length, 1);
  assertStringIncludes(warned[0]!, 'verification.cfg, line 1: verification "x": "id": ');
});

Deno.test("a group that cannot be pruned is told of, and the others are pruned", async () => {
  const clock = new GivenClock(at(1, 12));
  await using server = await TestServer.start({ jobsNow: clock.read });
  await makeSnapshots(server, [100, 200]);
  await makeSnapshots(server, [100], "broken");
  // Comes before the other one, and the disk does not let it be read.
  const broken = `${server.datastorePath}/host/broken/1970-01-01T00:01:40Z`;
  const { files } = server.server.state.datastore("store1", "write").datastore;
  const read = files.read.bind(files);
  files.read = async (path) => {
    if (path.includes("/broken/")) throw new SystemError(5, "the disk is bad");
    return await read(path);
  };
  await done(server, "POST", "config/prune", {
    "id": "job",
    "store": "store1",
    "schedule": "daily",
    "keep-last": 1,
  });
  const upid = await done(server, "POST", "admin/prune/job/run");
  await server.server.state.tasks.idle();
  const log = await logOf(server, upid);
  assertStringIncludes(log, 'WARN: cannot prune group "host/broken"');
  assertStringIncludes(log, "TASK ERROR: 1 groups could not be pruned");
  assert(!await exists(`${server.datastorePath}/host/web/1970-01-01T00:01:40Z`));
  assert(await exists(`${server.datastorePath}/host/web/1970-01-01T00:03:20Z`));
  assert(await exists(broken));
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("a run that ended with its process is known as such, and its job runs again", async () => {
  const clock = new GivenClock(at(1, 12));
  await using server = await TestServer.start({ jobsNow: clock.read });
  await done(server, "POST", "config/prune", { id: "hourly", store: "store1", schedule: "hourly" });
  const upid = "UPID:vm:00000001:00000001:00000000:6B0D802B:prunejob:store1:root@pam:";
  await server.server.state.jobs.states.write("prune-hourly", {
    since: at(1, 12),
    schedule: "hourly",
    upid,
  });
  const [job] = await jobs(server, "prune");
  assertEquals([job!["last-run-state"], job!["last-run-upid"]], ["unknown", upid]);
  // A clock that was wrong, and was set back.
  await server.server.state.jobs.states.write("prune-hourly", {
    since: at(20, 0),
    schedule: "hourly",
  });
  assertEquals((await jobs(server, "prune"))[0]!["next-run"], at(1, 13));
  // What is no state, as after a loss of power, begins anew.
  const path = `${server.dir.path}/config/jobstates/prune-hourly.json`;
  await Deno.writeTextFile(path, "\0\0\0");
  clock.now = at(1, 13, 30);
  assertEquals(await server.server.scheduler.tick(), []);
  clock.now = at(1, 14);
  assertEquals(
    await (await server.server.scheduler.tick())[0]!.ended.then((end) => end.status),
    "OK",
  );
});

Deno.test("jobs run where nothing about them can be written, and the scheduler looks by itself", async () => {
  const clock = new GivenClock(at(1, 12));
  await using server = await TestServer.start({ jobsNow: clock.read });
  await Deno.mkdir(`${server.dir.path}/config`);
  await Deno.writeTextFile(`${server.dir.path}/config/jobstates`, "no folder");
  const { state } = server.server;
  // A configuration that has changed, though nobody has sent a request since.
  const refresh = () => {
    state.configure([{ ...state.configs[0]!, gcSchedule: "hourly" }]);
    return Promise.resolve();
  };
  const scheduler = new JobScheduler(state, { everyMs: 5, refresh });
  scheduler.start();
  await eventually(async () => assert(await state.jobs.states.read("gc-store1") !== undefined));
  clock.now = at(1, 13);
  const [ended] = await eventually(() => {
    const found = state.tasks.list().filter(({ end }) => end !== undefined);
    assertEquals(found.length, 1);
    return Promise.resolve(found);
  });
  assertEquals(ended!.end!.status, "WARNINGS: 1");
  await scheduler.stop();
  await state.jobs.idle();
  // Once, though it has been looked at again and again.
  assertEquals(state.tasks.list().length, 1);
});

Deno.test("a changed schedule begins when it is changed; what is disabled or has none never runs", async () => {
  const clock = new GivenClock(at(1, 12));
  await using server = await TestServer.start({ jobsNow: clock.read });
  const { scheduler } = server.server;
  await done(server, "POST", "config/prune", { id: "job", store: "store1", schedule: "daily" });
  await done(server, "POST", "config/verify", { id: "by-hand", store: "store1" });
  clock.now = at(5, 12);
  await done(server, "PUT", "config/prune/job", { "schedule": "11:00", "keep-daily": 7 });
  assertEquals(await scheduler.tick(), []);
  assertEquals((await jobs(server, "prune"))[0]!["next-run"], at(6, 11));
  await done(server, "PUT", "config/prune/job", { disable: true, comment: "until Monday" });
  clock.now = at(8, 12);
  assertEquals(await scheduler.tick(), []);
  assertEquals((await jobs(server, "prune"))[0]!["next-run"], undefined);
  // By hand in the file, as it may be.
  const path = `${server.dir.path}/config/prune.cfg`;
  const text = await Deno.readTextFile(path);
  assertEquals(
    text,
    "prune: job\n\tschedule 11:00\n\tstore store1\n\tkeep-daily 7\n\tcomment until Monday\n" +
      "\tdisable true\n",
  );
  await Deno.writeTextFile(path, `# mine\n${text.replace("\tdisable true\n", "")}`);
  assertEquals(await scheduler.tick(), []);
  assertEquals((await jobs(server, "prune"))[0]!["next-run"], at(9, 11));
  await done(server, "PUT", "config/prune/job", { delete: ["keep-daily", "comment"] });
  assertEquals(
    await Deno.readTextFile(path),
    "# mine\nprune: job\n\tschedule 11:00\n\tstore store1\n",
  );
  await done(server, "DELETE", "config/prune/job");
  assertEquals(await Deno.readTextFile(path), "# mine\n");
  assertEquals(await jobs(server, "prune"), []);
});

Deno.test("jobs are seen and changed by those who have the privileges", async () => {
  const roles: [string, string, string][] = [
    ["auditor", "/datastore/store1", "DatastoreAudit"],
    ["reader", "/datastore/store1", "DatastoreReader"],
    ["owner", "/datastore/store1/mine", "DatastoreAdmin"],
    ["backup", "/datastore/store1", "DatastoreBackup"],
  ];
  await using server = await TestServer.start({
    jobsNow: new GivenClock(at(1, 12)).read,
    accounts: {
      accounts: [
        ...ADMINISTRATOR.accounts,
        ...roles.flatMap(([name]) =>
          [`${name}@pbs`, `${name}@pbs!ci`].map((authId) => ({ authId, enabled: true, expire: 0 }))
        ),
      ],
      rules: [
        ...ADMINISTRATOR.rules,
        ...roles.flatMap(([name, path, role]) =>
          [`${name}@pbs`, `${name}@pbs!ci`].map((authId) => {
            return { path, authId, roles: [role], propagate: true };
          })
        ),
      ],
      secrets: {
        ...ADMINISTRATOR.secrets,
        ...Object.fromEntries(roles.map(([name]) => [`${name}@pbs!ci`, name])),
      },
    },
  });
  const as = async (
    name: string,
    ...[method, path, members]: [
      "GET" | "POST" | "PUT" | "DELETE",
      string,
      Record<string, unknown>?,
    ]
  ) => await server.call(method, path, `${name}@pbs!ci:${name}`, members);
  const statuses = async (
    ...call: Parameters<typeof as> extends [string, ...infer Rest] ? Rest : never
  ) => {
    const each: Record<string, number> = {};
    for (const [name] of roles) each[name] = (await as(name, ...call)).status;
    return each;
  };
  const prune = { store: "store1", schedule: "daily" };
  await done(server, "POST", "config/prune", { id: "everything", ...prune });
  await done(server, "POST", "config/verify", { id: "everything", store: "store1" });
  assertEquals(await statuses("POST", "config/prune", { id: "mine", ns: "mine", ...prune }), {
    ...{ auditor: 403, reader: 403, owner: 200, backup: 403 },
  });
  assertEquals(await statuses("POST", "config/verify", { id: "more", store: "store1" }), {
    ...{ auditor: 403, reader: 200, owner: 403, backup: 403 },
  });
  assertEquals(await statuses("GET", "config/prune/everything"), {
    ...{ auditor: 200, reader: 200, owner: 403, backup: 403 },
  });
  assertEquals(await statuses("GET", "config/verify/everything"), {
    ...{ auditor: 200, reader: 200, owner: 403, backup: 403 },
  });
  assertEquals(await statuses("POST", "admin/prune/mine/run"), {
    ...{ auditor: 403, reader: 403, owner: 200, backup: 403 },
  });
  assertEquals(await statuses("POST", "admin/verify/everything/run"), {
    ...{ auditor: 403, reader: 200, owner: 403, backup: 403 },
  });
  // Away from what is one's own: refused, though the job is one's own.
  assertEquals(await statuses("PUT", "config/prune/mine", { delete: ["ns"] }), {
    ...{ auditor: 403, reader: 403, owner: 403, backup: 403 },
  });
  assertEquals(await statuses("DELETE", "config/prune/everything"), {
    ...{ auditor: 403, reader: 403, owner: 403, backup: 403 },
  });
  const seen: Record<string, string[]> = {};
  for (const [name] of roles) {
    const { data } = JSON.parse((await as(name, "GET", "admin/prune")).text);
    seen[name] = data.map(({ id }: { id: string }) => id);
  }
  assertEquals(seen, {
    auditor: ["everything", "mine"],
    reader: ["everything", "mine"],
    owner: ["mine"],
    backup: [],
  });
  // Who may start a job reads its log, whoever has started it.
  await server.server.state.tasks.idle();
  await server.server.state.jobs.idle();
  const logs = async (path: string) => {
    const upid = encodeURIComponent(await done(server, "POST", path));
    await server.server.state.tasks.idle();
    return await statuses("GET", `nodes/localhost/tasks/${upid}/log`);
  };
  assertEquals(await logs("admin/verify/everything/run"), {
    ...{ auditor: 400, reader: 200, owner: 400, backup: 400 },
  });
  assertEquals(await logs("admin/prune/mine/run"), {
    ...{ auditor: 400, reader: 400, owner: 200, backup: 400 },
  });
  assertEquals(await logs("admin/prune/everything/run"), {
    ...{ auditor: 400, reader: 400, owner: 400, backup: 400 },
  });
});

Deno.test("wrong jobs are refused, and leave nothing behind", async () => {
  await using server = await TestServer.start({ jobsNow: new GivenClock(at(1, 12)).read });
  const good = { id: "job", store: "store1", schedule: "daily" };
  const refused = async (members: Record<string, unknown>, reason: string) => {
    const { status, text } = await server.call("POST", "config/prune", undefined, members);
    assertEquals(status, 400, text);
    assertStringIncludes(text, reason);
  };
  await refused({ ...good, schedule: "mon 25:00" }, "hours go from 0 to 23, not 25 (character 5)");
  await refused({ ...good, id: "../x" }, "'id'");
  await refused({ ...good, "keep-last": 0 }, "'keep-last'");
  await refused({ ...good, "max-depth": 8 }, "'max-depth'");
  await refused({ ...good, comment: "two\nlines" }, "'comment'");
  await refused({ ...good, store: "other" }, "no such datastore 'other'");
  await refused({ id: "job", store: "store1" }, "'schedule': parameter is missing");
  await refused({ ...good, color: "red" }, "'color'");
  assertEquals(await jobs(server, "prune"), []);
  await done(server, "POST", "config/prune", good);
  await refused(good, "job 'job' already exists.");
  const { digest } = JSON.parse((await server.call("GET", "config/prune")).text);
  await done(server, "PUT", "config/prune/job", { comment: "changed", digest });
  const late = await server.call("PUT", "config/prune/job", undefined, { comment: "no", digest });
  assertEquals(late.status, 400);
  assertStringIncludes(late.text, "detected modified configuration");
  const [job] = await jobs(server, "prune");
  assertEquals(job!.comment, "changed");
});
