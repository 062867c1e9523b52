import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { parseSnapshotPath } from "../../lib/repository/mod.ts";
import type { AccessRule } from "../../lib/server/mod.ts";
import { CuttingProxy } from "../support/cutting_proxy.ts";
import { backUpAt, placesIn } from "../support/sync_world.ts";
import { ADMINISTRATOR, type TestAccounts, TestServer } from "../support/test_server.ts";

const SECRET = "a secret";

/** Hours of a day in January as seconds since the epoch. */
function at(day: number, hour: number): number {
  return Date.UTC(2027, 0, day, hour) / 1000;
}

function repositoryOf(server: TestServer): LocalRepository {
  return new LocalRepository(server.server.state.datastore("store1", "read").datastore);
}

/** Runs something with a server that has snapshots, and one that knows it as the remote `site`. */
async function withSites(
  places: readonly string[],
  body: (sites: { here: TestServer; there: TestServer; clock: { now: number } }) => Promise<void>,
  accounts: TestAccounts = ADMINISTRATOR,
): Promise<void> {
  const clock = { now: at(1, 12) };
  await using there = await TestServer.start();
  await using here = await TestServer.start({ jobsNow: () => clock.now, accounts });
  await backUpAt(repositoryOf(there), places, `${there.dir.path}/data`);
  await done(here, "POST", "config/remote", remoteOf(there));
  await body({ here, there, clock });
}

function remoteOf(server: TestServer) {
  return {
    "name": "site",
    "host": "127.0.0.1",
    "port": server.port,
    "auth-id": "admin@pbs!ci",
    "password": SECRET,
    "fingerprint": server.certificate.fingerprint,
  };
}

async function done(
  server: TestServer,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  members?: Readonly<Record<string, unknown>>,
  // deno-lint-ignore no-explicit-any -- what a test expects of it, it asserts.
): Promise<any> {
  const { status, text } = await server.call(method, path, undefined, members);
  assertEquals(status, 200, text);
  return JSON.parse(text).data;
}

/** Waits for the end of a task. @returns Its status and its log. */
async function ended(server: TestServer, upid: string): Promise<{ status: string; log: string }> {
  const path = `nodes/localhost/tasks/${encodeURIComponent(upid)}`;
  for (;;) {
    const { exitstatus } = await done(server, "GET", `${path}/status`);
    if (exitstatus !== undefined) {
      const lines: { t: string }[] = await done(server, "GET", `${path}/log?limit=0`);
      return { status: exitstatus, log: lines.map(({ t }) => t).join("\n") };
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function run(server: TestServer, path: string, members = {}) {
  return await ended(server, await done(server, "POST", path, members));
}

Deno.test("remotes are kept with a password that no answer shows, and tell what they have", () =>
  withSites([":host/web/2026-01-01", "a:vm/1/2026-01-01"], async ({ here, there }) => {
    const { password: _, ...shown } = remoteOf(there);
    assertEquals(await done(here, "GET", "config/remote"), [shown]);
    assertEquals(await done(here, "GET", "config/remote/site"), shown);
    assertEquals((await done(here, "GET", "config/remote/site/scan"))[0].store, "store1");
    assertEquals(await done(here, "GET", "config/remote/site/scan/store1/namespaces"), [
      { ns: "" },
      { ns: "a" },
    ]);
    const groups = await done(here, "GET", "config/remote/site/scan/store1/groups?namespace=a");
    assertEquals(groups.map((each: Record<string, unknown>) => each["backup-id"]), ["1"]);
    const file = `${here.dir.path}/config/remote.cfg`;
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
    assertStringIncludes(await Deno.readTextFile(file), `\tpassword ${btoa(SECRET)}\n`);
    const again = await here.call("POST", "config/remote", undefined, remoteOf(there));
    assertEquals([again.status, again.text], [400, "remote 'site' already exists."]);
    const job = { "id": "nightly", "store": "store1", "remote": "site", "remote-store": "store1" };
    await done(here, "POST", "config/sync", job);
    const refused = await here.call("DELETE", "config/remote/site");
    assertEquals(refused.status, 400);
    assertStringIncludes(refused.text, "is used by sync job 'nightly' (datastore 'store1')");
    await done(here, "PUT", "config/remote/site", { comment: "two", delete: ["port"] });
    const { port: __, ...rest } = shown;
    assertEquals(await done(here, "GET", "config/remote/site"), { ...rest, comment: "two" });
    const stale = { comment: "three", digest: "0".repeat(64) };
    assertEquals((await here.call("PUT", "config/remote/site", undefined, stale)).status, 400);
    await done(here, "DELETE", "config/sync/nightly");
    await done(here, "DELETE", "config/remote/site");
    assertEquals(await done(here, "GET", "config/remote"), []);
  }));

Deno.test("a sync job pulls when it is due, and its list tells how that ended", () =>
  withSites([":host/web/2026-01-01", "a:vm/1/2026-01-01"], async ({ here, there, clock }) => {
    const job = {
      "id": "nightly",
      "store": "store1",
      "ns": "copies",
      "remote": "site",
      "remote-store": "store1",
      "owner": "sync@pbs",
      "schedule": "02:00",
      "remove-vanished": true,
      "group-filter": ["type:host", "type:vm", "exclude:group:vm/2"],
      "rate-in": "100 MiB",
      "worker-threads": 2,
    };
    await done(here, "POST", "config/sync", job);
    assertEquals(await done(here, "GET", "config/sync/nightly"), job);
    const text = await Deno.readTextFile(`${here.dir.path}/config/sync.cfg`);
    assertStringIncludes(text, "sync: nightly\n");
    assertStringIncludes(text, "\tgroup-filter type:vm\n\tgroup-filter exclude:group:vm/2\n");
    assertEquals(await here.server.scheduler.tick(), []);
    clock.now = at(2, 2);
    const [task] = await here.server.scheduler.tick();
    assertEquals(task!.task.upid.workerType, "syncjob");
    assertEquals(task!.task.upid.workerId, "site:store1:store1:copies:nightly");
    assertEquals((await task!.ended).status, "OK");
    const repository = repositoryOf(here);
    const first = ["copies:host/web/2026-01-01", "copies/a:vm/1/2026-01-01"];
    assertEquals(await placesIn(repository), first);
    assertEquals((await repository.listGroups("copies"))[0]!.owner, "sync@pbs");
    const [listed] = await done(here, "GET", "admin/sync?store=store1");
    assertEquals(listed, {
      ...job,
      "next-run": at(3, 2),
      "last-run-state": "OK",
      "last-run-endtime": clock.now,
      "last-run-upid": task!.task.id,
    });
    assertEquals(await done(here, "GET", "admin/sync?sync-direction=push"), []);
    // Protected ones stay when they have vanished from the source, the others do not.
    const source = repositoryOf(there);
    await backUpAt(source, [":host/web/2026-01-02"], `${there.dir.path}/data`);
    const one = { type: "host", id: "web" } as const;
    for (const { time } of await source.listSnapshots("", one)) {
      await source.forgetSnapshot("", { ...one, time });
    }
    await backUpAt(source, [":host/web/2026-01-03"], `${there.dir.path}/data`);
    const { time } = parseSnapshotPath("vm/1/2026-01-01T00:00:00Z");
    await repository.setProtected("copies/a", { type: "vm", id: "1", time }, true);
    await source.forgetGroup("a", { type: "vm", id: "1" });
    const { status, log } = await run(here, "admin/sync/nightly/run");
    assertEquals(status, "OK", log);
    assertStringIncludes(log, "kept copies/a:vm/1/2026-01-01T00:00:00Z");
    assertEquals(await placesIn(repository), [
      "copies:host/web/2026-01-03",
      "copies/a:vm/1/2026-01-01",
    ]);
    const tasks = await done(here, "GET", "nodes/localhost/tasks?store=store1&typefilter=syncjob");
    assertEquals(tasks.length, 2);
    assert(!log.includes(SECRET) && !log.includes(btoa(SECRET)));
  }));

Deno.test("a job that pushes is kept apart from those that pull, and pushes", () =>
  withSites([], async ({ here, there }) => {
    await backUpAt(
      repositoryOf(here),
      [":host/web/2026-01-01", ":host/web/2026-01-02", "a:vm/1/2026-01-01"],
      `${here.dir.path}/data`,
    );
    const job = {
      "id": "offsite",
      "store": "store1",
      "remote": "site",
      "remote-store": "store1",
      "remote-ns": "from-here",
      "sync-direction": "push",
      "transfer-last": 1,
    };
    const { remote: ___, ...nowhere } = job;
    const refused = await here.call("POST", "config/sync", undefined, nowhere);
    assertEquals(refused.status, 400);
    assertStringIncludes(refused.text, 'needs a "remote"');
    await done(here, "POST", "config/sync", job);
    const text = await Deno.readTextFile(`${here.dir.path}/config/sync.cfg`);
    assertStringIncludes(text, "sync-push: offsite\n");
    assertEquals((await done(here, "GET", "config/sync?sync-direction=pull")).length, 0);
    assertEquals((await done(here, "GET", "config/sync?sync-direction=push")).length, 1);
    const { status, log } = await run(here, "admin/sync/offsite/run");
    assertEquals(status, "OK", log);
    assertEquals(await placesIn(repositoryOf(there)), [
      "from-here:host/web/2026-01-02",
      "from-here/a:vm/1/2026-01-01",
    ]);
    const turned = { "sync-direction": "pull" };
    const turning = await here.call("PUT", "config/sync/offsite", undefined, turned);
    assertStringIncludes(turning.text, "cannot become one of the other direction");
  }));

Deno.test("wrong secrets and certificates of a remote are told clearly, and never shown", () =>
  withSites([":host/web/2026-01-01"], async ({ here }) => {
    const pull = { "store": "store1", "remote": "site", "remote-store": "store1" };
    const wrong = "wr0ng secret";
    await done(here, "PUT", "config/remote/site", { password: wrong });
    const password = await run(here, "pull", pull);
    assertMatch(password.status, /API token admin@pbs!ci was refused/);
    const scanned = await here.call("GET", "config/remote/site/scan");
    assertEquals(scanned.status, 400);
    assertMatch(scanned.text, /failed to scan remote 'site' - API token admin@pbs!ci was refused/);
    const fingerprint = `00:${"11:".repeat(30)}22`;
    await done(here, "PUT", "config/remote/site", { password: SECRET, fingerprint });
    const certificate = await run(here, "pull", pull);
    assertMatch(certificate.status, /fingerprint .* was not confirmed \(another was expected\)/);
    for (const { status, log } of [password, certificate]) {
      for (const secret of [SECRET, wrong, btoa(SECRET), btoa(wrong)]) {
        assert(!log.includes(secret) && !status.includes(secret));
      }
    }
    const broken = "remote: site\n\thost h\n\tauth-id a@pbs\n\tpassword ?hidden?\n";
    await Deno.writeTextFile(`${here.dir.path}/config/remote.cfg`, broken);
    const { status, text } = await here.call("GET", "config/remote");
    assertEquals(status, 400);
    assertMatch(text, /line 1: remote "site": "password" is not in base64/);
    assert(!text.includes("hidden"));
  }));

Deno.test("what a remote that died has left undone is done by the next run", async () => {
  await using there = await TestServer.start();
  await using here = await TestServer.start({ jobsNow: () => at(1, 12) });
  const source = repositoryOf(there);
  const places = [1, 2, 3, 4].map((day) => `:host/web/2026-01-0${day}`);
  await backUpAt(source, [...places, ":vm/1/2026-01-01"], `${there.dir.path}/data`);
  await using proxy = await CuttingProxy.start(there);
  await done(here, "POST", "config/remote", {
    ...remoteOf(there),
    port: proxy.port,
    fingerprint: proxy.fingerprint,
  });
  const pull = { "store": "store1", "remote": "site", "remote-store": "store1" };
  const counts = [0];
  for (let allowed = 3; counts.at(-1)! < 5; allowed += 3) {
    proxy.restart(allowed);
    const { status, log } = await run(here, "pull", pull);
    counts.push((await placesIn(repositoryOf(here))).length);
    assert(counts.length < 50, log);
    if (status === "OK") continue;
    assertMatch(status, /cannot connect|connection|sync failed with some errors/);
  }
  assert(counts.length > 3, `it was never cut: ${counts}`);
  assertEquals(counts, counts.toSorted((a, b) => a - b));
  const request = { namespace: "", ignoreVerified: false };
  assertEquals((await repositoryOf(here).verify(request, () => {})).ok, true);
});

Deno.test("pull, push, jobs and remotes ask for the privileges of both ends", async () => {
  const rules: AccessRule[] = [];
  const who = "joe@pbs!ci:a secret";
  const accounts: TestAccounts = {
    accounts: [
      ...ADMINISTRATOR.accounts,
      { authId: "joe@pbs", enabled: true, expire: 0 },
      { authId: "joe@pbs!ci", enabled: true, expire: 0 },
    ],
    rules: [...ADMINISTRATOR.rules],
    secrets: { ...ADMINISTRATOR.secrets, "joe@pbs": "a password", "joe@pbs!ci": "a secret" },
  };
  const grant = (path: string, ...roles: string[]) => {
    for (const authId of ["joe@pbs", "joe@pbs!ci"]) {
      rules.push({ path, authId, roles, propagate: true });
    }
    return { ...accounts, rules: [...accounts.rules, ...rules] };
  };
  const pull = { "store": "store1", "remote": "site", "remote-store": "store1" };
  const outcomes = async (granted: TestAccounts) => {
    const answers: string[] = [];
    await withSites([":host/web/2026-01-01"], async ({ here }) => {
      const call = async (method: "GET" | "POST", path: string, members?: object) => {
        const { status, text } = await here.call(method, path, who, { ...members });
        answers.push(status === 200 ? "done" : /missing (\S+) on (\S+)/.exec(text)?.[0] ?? text);
        const upid = status === 200 ? JSON.parse(text).data : null;
        if (upid !== null) assertEquals((await ended(here, upid)).status, "OK");
        return upid;
      };
      await call("POST", "config/remote", { ...pull, name: "x" });
      await call("POST", "pull", pull);
      const upid = await call("POST", "pull", { ...pull, "remove-vanished": true });
      if (upid !== null) {
        assertEquals((await repositoryOf(here).listGroups(""))[0]!.owner, "joe@pbs!ci");
      }
      await call("POST", "push", { ...pull, "remote-ns": "from-here" });
      await call("POST", "config/sync", { ...pull, id: "job" });
      await call("POST", "config/sync", { ...pull, id: "own", owner: "joe@pbs!ci" });
      const { text: listed } = await here.call("GET", "config/sync", who);
      answers.push(JSON.parse(listed).data.map(({ id }: { id: string }) => id).join());
    }, granted);
    return answers;
  };
  assertEquals(await outcomes(grant("/datastore/store1", "DatastoreBackup")), [
    "permission check failed",
    "missing Remote.Read on /remote/site/store1",
    "missing Datastore.Prune on /datastore/store1",
    "missing Remote.DatastoreBackup on /remote/site/store1/from-here",
    "missing Datastore.Modify on /datastore/store1",
    "missing Remote.Read on /remote/site/store1",
    "",
  ]);
  grant("/datastore/store1", "DatastoreAudit", "DatastorePowerUser");
  const granted = grant("/remote/site", "RemoteSyncOperator", "RemoteSyncPushOperator");
  assertEquals(await outcomes(granted), [
    "permission check failed",
    "done",
    "done",
    "done",
    "missing Datastore.Modify on /datastore/store1",
    "done",
    "own",
  ]);
});
