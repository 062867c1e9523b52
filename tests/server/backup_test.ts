import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { chunkDigest, decodeBlob, encodeBlob } from "../../lib/blob/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { IndexChecksum } from "../../lib/index/mod.ts";
import { eventually } from "../support/eventually.ts";
import { manifestBlob, Upgraded } from "../support/probes/probe_world.ts";
import { TestServer, tokenHeader } from "../support/test_server.ts";

const TOKEN = tokenHeader("admin@pbs!ci", "a secret");
const TIME = 1700000000;
const QUERY = `store=store1&backup-type=host&backup-id=web&backup-time=${TIME}`;

async function begin(server: TestServer, query = QUERY): Promise<Upgraded> {
  return new Upgraded(await server.upgrade("backup", query, [TOKEN]));
}

/** Waits until no task runs any more. */
async function idle({ server }: TestServer): Promise<void> {
  await eventually(() => {
    assertEquals(server.state.tasks.running.length, 0);
    return Promise.resolve();
  });
}

async function uploadIndex(backup: Upgraded, plain: Uint8Array): Promise<string> {
  const wid = await backup.ok("POST", "/dynamic_index?archive-name=root.pxar.didx") as number;
  const digest = await backup.chunk("dynamic", wid, plain);
  await backup.ok("PUT", "/dynamic_index", {
    "wid": wid,
    "digest-list": [digest],
    "offset-list": [0],
  });
  const checksum = new IndexChecksum("dynamic");
  checksum.add(plain.length, chunkDigest(plain));
  const csum = encodeHex(checksum.digest());
  await backup.ok(
    "POST",
    `/dynamic_close?wid=${wid}&chunk-count=1&size=${plain.length}&csum=${csum}`,
  );
  return digest;
}

Deno.test("what a backup connection has stored, a reader connection reads back", async () => {
  await using server = await TestServer.start();
  const backup = await begin(server);
  const plain = crypto.getRandomValues(new Uint8Array(60_000));
  const digest = await uploadIndex(backup, plain);
  await backup.blob("index.json.blob", await manifestBlob("host/web", TIME, []));
  await backup.ok("POST", "/finish");
  const reader = new Upgraded(await server.upgrade("reader", QUERY, [TOKEN]));
  assertEquals((await reader.send("GET", `/chunk?digest=${digest}`)).status, 401);
  await reader.ok("GET", "/download?file-name=root.pxar.didx");
  const { status, body } = await reader.send("GET", `/chunk?digest=${digest}`);
  assertEquals(status, 200);
  assertEquals(await decodeBlob(body, { maxSizeBytes: 1 << 20 }), plain);
  backup.client.abort();
  reader.client.abort();
});

Deno.test("a backup whose connection breaks leaves nothing behind and frees its locks", async () => {
  await using server = await TestServer.start();
  const backup = await begin(server);
  await uploadIndex(backup, new Uint8Array(5000));
  const group = `${server.datastorePath}/host/web`;
  assertEquals([...Deno.readDirSync(group)].map(({ name }) => name).sort(), [
    "2023-11-14T22:13:20Z",
    "owner",
  ]);
  const { tasks } = server.server.state;
  backup.client.abort();
  await idle(server);
  await assertRejects(() => Deno.stat(group), Deno.errors.NotFound);
  assertMatch(tasks.list()[0]!.end!.status, /^(backup ended|connection)/);
  const again = await begin(server);
  again.client.abort();
});

Deno.test("a client that goes away between upgrade and first request leaves no lock behind", async () => {
  await using server = await TestServer.start();
  const raw = await server.connect();
  const result = await raw.upgrade({
    method: "GET",
    path: `/api2/json/backup?${QUERY}`,
    headers: [TOKEN],
  }, "proxmox-backup-protocol-v1");
  if ("duplex" in result) result.duplex.abort();
  await idle(server);
  const again = await begin(server);
  again.client.abort();
});

Deno.test("a second backup of a group is refused while the first one runs", async () => {
  await using server = await TestServer.start();
  const first = await begin(server);
  const later = QUERY.replace(`${TIME}`, `${TIME + 100}`);
  await assertRejects(
    () => begin(server, later),
    Error,
    "400: unable to acquire backup group lock",
  );
  await first.ok("GET", "/previous_backup_time");
  first.client.abort();
});

Deno.test("a stopping server lets a running backup finish", async () => {
  await using server = await TestServer.start();
  const backup = await begin(server);
  await uploadIndex(backup, new Uint8Array(5000));
  const stopped = server.server.stop(20_000);
  await backup.blob("index.json.blob", await manifestBlob("host/web", TIME, []));
  await backup.ok("POST", "/finish");
  backup.client.abort();
  await stopped;
  const files = [...Deno.readDirSync(`${server.datastorePath}/host/web/2023-11-14T22:13:20Z`)];
  assertEquals(files.map(({ name }) => name).sort(), ["index.json.blob", "root.pxar.didx"]);
});

Deno.test("a backup that does not finish in time is ended cleanly when the server stops", async () => {
  await using server = await TestServer.start();
  const backup = await begin(server);
  await uploadIndex(backup, new Uint8Array(5000));
  await server.server.stop(0);
  await assertRejects(() => Deno.stat(`${server.datastorePath}/host/web`), Deno.errors.NotFound);
  assertEquals(server.server.state.tasks.list()[0]!.end!.status, "task aborted");
});

Deno.test("chunks are refused unless they are what they were announced as", async () => {
  await using server = await TestServer.start();
  const backup = await begin(server);
  await backup.ok("POST", "/dynamic_index?archive-name=a.didx");
  const plain = crypto.getRandomValues(new Uint8Array(4000));
  const blob = await encodeBlob(plain, { compress: false });
  const digest = encodeHex(chunkDigest(plain));
  const send = (query: string, body: Uint8Array) =>
    backup.send("POST", `/dynamic_chunk?wid=1&${query}`, body).then(({ status }) => status);
  const good = `digest=${digest}&size=4000&encoded-size=${blob.length}`;
  assertEquals(await send(good.replace(digest, "0".repeat(64)), blob), 400);
  assertEquals(await send(good.replace("size=4000", "size=4001"), blob), 400);
  const damaged = blob.slice();
  damaged[2000] = damaged[2000]! ^ 1;
  assertEquals(await send(good, damaged), 400);
  const path = `${server.datastorePath}/.chunks/${digest.slice(0, 4)}/${digest}`;
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  const withoutCrc = blob.slice();
  withoutCrc.fill(0, 8, 12);
  assertEquals(await send(good, withoutCrc), 200);
  assertEquals(await Deno.readFile(path), blob);
  backup.client.abort();
});

Deno.test("a full disk is an answer, and the server goes on", async () => {
  await using server = await TestServer.start();
  const mount = new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", "size=1m", "tmpfs", `${server.datastorePath}/.chunks`],
  });
  assertEquals((await mount.output()).code, 0);
  try {
    // The store is opened now, with what was mounted.
    const backup = await begin(server);
    await backup.ok("POST", "/dynamic_index?archive-name=a.didx");
    const plain = crypto.getRandomValues(new Uint8Array(60_000));
    await backup.chunk("dynamic", 1, plain);
    await assertRejects(
      async () => {
        for (let i = 0; i < 40; i++) {
          await backup.chunk("dynamic", 1, crypto.getRandomValues(new Uint8Array(60_000)));
        }
      },
      Error,
      "No space left on device",
    );
    await backup.ok("GET", "/previous_backup_time");
    backup.client.abort();
    await idle(server);
  } finally {
    await new Deno.Command("umount", { args: ["-l", `${server.datastorePath}/.chunks`] }).output();
  }
});
