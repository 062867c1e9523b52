import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { backUp } from "../support/back_up.ts";
import { eventually } from "../support/eventually.ts";
import { TestServer } from "../support/test_server.ts";

async function call(
  server: TestServer,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  members?: Readonly<Record<string, unknown>>,
) {
  const { status, text } = await server.call(method, path, undefined, members);
  assertEquals(status, 200, text);
  return JSON.parse(text).data;
}

/** Starts a task and waits for its end. @returns How it ended, and its log. */
async function task(
  server: TestServer,
  method: "POST" | "PUT" | "DELETE",
  path: string,
  members?: Readonly<Record<string, unknown>>,
): Promise<{ status: string; log: string }> {
  const upid = encodeURIComponent(await call(server, method, path, members));
  const node = "nodes/localhost/tasks";
  const status = await eventually(async () => {
    const { exitstatus } = await call(server, "GET", `${node}/${upid}/status`);
    assert(exitstatus !== undefined);
    return exitstatus as string;
  });
  const lines = await call(server, "GET", `${node}/${upid}/log?limit=0`);
  return { status, log: lines.map(({ t }: { t: string }) => t).join("\n") };
}

async function backUpInto(server: TestServer, store: string): Promise<void> {
  await Deno.mkdir(`${server.dir.path}/source`, { recursive: true });
  await Deno.writeTextFile(`${server.dir.path}/source/file`, "content");
  const { datastore } = server.server.state.datastore(store, "write");
  const snapshot = { type: "host", id: "web", time: 100 } as const;
  await backUp(new LocalRepository(datastore), snapshot, [`a.pxar:${server.dir.path}/source`]);
}

Deno.test("a datastore is created, removed, taken over again, and destroyed with all that is about it", async () => {
  await using server = await TestServer.start({ configured: true });
  const path = `${server.dir.path}/disk`;
  const created = await task(server, "POST", "config/datastore", {
    "name": "disk",
    path,
    "comment": "a disk",
    "tuning": "sync-level=none,gc-atime-cutoff=60",
    "gc-schedule": "daily",
  });
  assertEquals(created.status, "OK", created.log);
  assertEquals(await call(server, "GET", "config/datastore/disk"), {
    "name": "disk",
    path,
    "comment": "a disk",
    "gc-schedule": "daily",
    "tuning": "sync-level=none,gc-atime-cutoff=60",
  });
  // Nobody is to make 65536 folders beside the backup.
  await Deno.remove(`${path}/.chunks.incomplete`);
  await backUpInto(server, "disk");
  const again = await server.call("POST", "config/datastore", undefined, { name: "disk", path });
  assertEquals(again.text, "datastore 'disk' already exists.");
  const inside = { "name": "inside", "path": `${path}/below` };
  const overlap = await server.call("POST", "config/datastore", undefined, inside);
  assertStringIncludes(overlap.text, "overlaps that of datastore 'disk'");

  assertEquals((await task(server, "DELETE", "config/datastore/disk")).status, "OK");
  assertEquals((await server.call("GET", "admin/datastore/disk/snapshots")).status, 400);
  const occupied = await server.call("POST", "config/datastore", undefined, { name: "disk", path });
  assertStringIncludes(occupied.text, "is a datastore already");
  const reused = await task(server, "POST", "config/datastore", {
    "name": "disk",
    path,
    "reuse-datastore": true,
  });
  assertEquals(reused.status, "OK", reused.log);
  assertEquals((await call(server, "GET", "admin/datastore/disk/snapshots")).length, 1);

  const job = { "store": "disk", "schedule": "daily" };
  await call(server, "POST", "config/prune", { "id": "nightly", ...job });
  await call(server, "POST", "config/verify", { "id": "other", ...job, "store": "store1" });
  await Deno.writeTextFile(`${path}/mine.txt`, "not of a datastore");
  const destroyed = await task(server, "DELETE", "config/datastore/disk", { "destroy-data": true });
  assertEquals(destroyed.status, "WARNINGS: 1");
  assertStringIncludes(destroyed.log, '"mine.txt"');
  assertEquals((await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name), ["mine.txt"]);
  assertEquals(await call(server, "GET", "config/prune"), []);
  assertEquals((await call(server, "GET", "config/verify")).length, 1);
  assertEquals(await call(server, "GET", "config/datastore"), []);
});

Deno.test("a datastore that is in use is not removed, and one that nobody configured neither", async () => {
  await using server = await TestServer.start({ configured: true });
  const path = `${server.dir.path}/disk`;
  await task(server, "POST", "config/datastore", { "name": "disk", path });
  const { tasks } = server.server.state;
  const finish = Promise.withResolvers<void>();
  tasks.start(
    { workerType: "reader", workerId: "disk:host/web/64", authId: "root@pam" },
    () => finish.promise,
  );
  const used = await server.call("DELETE", "config/datastore/disk");
  assertEquals(used.text, "datastore is currently in use");
  finish.resolve();
  await tasks.idle();
  const given = await server.call("DELETE", "config/datastore/store1");
  assertStringIncludes(given.text, "no datastore 'store1' in the server's configuration");
  const folder = await server.call("PUT", "admin/datastore/disk/s3-refresh");
  assertStringIncludes(folder.text, "is in no bucket");
  assertEquals((await task(server, "DELETE", "config/datastore/disk")).status, "OK");
});

Deno.test("properties of a datastore are changed and removed, and what makes no sense is refused", async () => {
  await using server = await TestServer.start({ configured: true });
  const path = `${server.dir.path}/disk`;
  await task(server, "POST", "config/datastore", { "name": "disk", path, "comment": "first" });
  await call(server, "PUT", "config/datastore/disk", {
    "maintenance-mode": "offline,message=moving",
    "verify-new": true,
    "tuning": "gc-atime-safety-check=false",
    "delete": ["comment"],
  });
  assertEquals(await call(server, "GET", "config/datastore/disk"), {
    "name": "disk",
    path,
    "maintenance-mode": "offline,message=moving",
    "verify-new": true,
    "tuning": "gc-atime-safety-check=false",
  });
  const offline = await server.call("GET", "admin/datastore/disk/status");
  assertMatch(offline.text, /'disk' is unavailable: offline maintenance mode: moving/);
  await call(server, "PUT", "config/datastore/disk", { "delete": ["maintenance-mode", "tuning"] });
  await call(server, "GET", "admin/datastore/disk/status");
  const wrong: Readonly<Record<string, unknown>>[] = [
    { "maintenance-mode": "delete" },
    { "maintenance-mode": "s3-refresh" },
    { "maintenance-mode": "closed" },
    { "tuning": "chunk-order=none" },
    { "gc-schedule": "24:00" },
    { "comment": "two\nlines" },
    { "notification-thresholds": "s3-get=many" },
    { "backend": "type=s3,client=abc,bucket=bkt" },
    { "delete": ["path"] },
  ];
  const before = await Deno.readTextFile(`${server.dir.path}/config/server.cfg`);
  for (const members of wrong) {
    const { status } = await server.call("PUT", "config/datastore/disk", undefined, members);
    assertEquals(status, 400, JSON.stringify(members));
  }
  assertEquals(await Deno.readTextFile(`${server.dir.path}/config/server.cfg`), before);
  const bad: Readonly<Record<string, unknown>>[] = [
    { "backend": "type=s3,client=abc,bucket=bkt" },
    { "backend": "type=s3,client=abc,bucket=B" },
    { "backend": "type=s3,client=abc,bucket=xn--abc" },
    { "backend": "type=s3,bucket=bkt" },
    { "backend": "filesystem,bucket=bkt" },
    { "path": "relative" },
    { "path": "/" },
    { "path": `${server.dir.path}/none/below` },
    { "overwrite-in-use": true },
    { "name": "a" },
  ];
  for (const members of bad) {
    const { status, text } = await server.call("POST", "config/datastore", undefined, {
      "name": "new",
      "path": `${server.dir.path}/new`,
      ...members,
    });
    assertEquals(status, 400, `${JSON.stringify(members)} ${text}`);
  }
  assertEquals(await Deno.readTextFile(`${server.dir.path}/config/server.cfg`), before);
});
