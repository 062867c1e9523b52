import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LoopbackPageServer, SinglePageSource } from "../../lib/page/mod.ts";
import { parseBucketAddress } from "../../lib/repository/mod.ts";
import { openBucketRepository } from "../../lib/shared_bucket/mod.ts";
import { Chance } from "../support/chance.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { BrowseProcess, keysOf, PageClient } from "../support/page_client.ts";
import { runClient } from "../support/run_client.ts";
import { ServedBucket } from "../support/s3/served_bucket.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const STORE = "repository";
const GROUP = { store: STORE, type: "host", id: "h1" };
const TIMES = [1700000000, 1700086400] as const;
const NEWEST = { ...GROUP, time: TIMES[1], archive: "root.pxar" };
const FILE = { ...NEWEST, path: keysOf("sub", "noise") };
const SIZE = 300_000;

/** Two snapshots in a bucket. @returns The bytes of a file of theirs. */
async function fill(dir: string, env: Record<string, string>): Promise<Uint8Array> {
  const source = `${dir}/source`;
  await Deno.mkdir(`${source}/sub`, { recursive: true });
  const bytes = new Chance(3).bytes(SIZE);
  await Deno.writeFile(`${source}/sub/noise`, bytes);
  for (const [i, time] of TIMES.entries()) {
    // Another length: a catalog has the seconds of its time only.
    await Deno.writeTextFile(`${source}/version`, "v".repeat(i + 1));
    const done = await runInProcess([
      ...["backup", `root.pxar:${source}`, "--init", "--backup-id=h1", `--backup-time=${time}`],
      `--change-detection-mode=${i === 0 ? "legacy" : "metadata"}`,
    ], env);
    assertEquals(done.code, 0, done.stderr);
  }
  return bytes;
}

async function checkViews(client: PageClient, address: string, bytes: Uint8Array) {
  const { stores } = await client.ask("stores");
  assertEquals(stores.map(({ store, name }: Record<string, string>) => [store, name]), [
    [STORE, address],
  ]);
  // A bucket has no size: nothing is shown that would look like one.
  assertEquals(stores[0].space, undefined);
  const { groups } = await client.ask("groups", { store: STORE });
  assertEquals([groups[0].id, groups[0].count, groups[0].newest], ["h1", 2, TIMES[1]]);
  const { snapshots } = await client.ask("snapshots", GROUP);
  assertEquals(snapshots.map(({ time }: { time: number }) => time), TIMES.toReversed());
  const { entries } = await client.ask("entries", { ...NEWEST, path: keysOf("sub") });
  assertEquals(
    entries.map(({ name, sizeBytes }: Record<string, unknown>) => [name, sizeBytes]),
    [["noise", SIZE]],
  );
  for (const time of TIMES) {
    const { status, bytes: content } = await client.get("content", { ...FILE, time });
    assertEquals(status, 200);
    assertEquals(content, bytes, `${time}`);
  }
  const part = await client.get("content", FILE, [["range", "bytes=1000-1999"]]);
  assertEquals([part.status, part.bytes], [206, bytes.subarray(1000, 2000)]);
  const { versions } = await client.ask("versions", { ...NEWEST, path: keysOf("version") });
  assertEquals(versions.map(({ change }: { change: string }) => change), ["changed", undefined]);
}

async function checkActions(client: PageClient) {
  const snapshot = { ...GROUP, time: TIMES[0] };
  assertEquals((await client.post("set-notes", { ...snapshot, notes: "a note" })).status, 200);
  assertEquals((await client.ask("notes", snapshot)).notes, "a note");
  const { json } = await client.post("verify", snapshot);
  let task;
  do task = await client.ask("task", { store: STORE, upid: json.upid, from: 0 }); while (
    task.isRunning
  );
  assertEquals(task.status, "OK", task.lines.join("\n"));
  const { snapshots } = await client.ask("snapshots", GROUP);
  assertEquals(snapshots[1].verification.state, "ok");
}

testWithPeers("browse shows a datastore in a bucket", ["versitygw"], async (t) => {
  await using bucket = await ServedBucket.start();
  await using dir = await TempDir.make("/dev/shm");
  const address = bucket.address("tank");
  const env = { PBS_REPOSITORY: address, ...bucket.keys(), XDG_CACHE_HOME: "/dev/null" };
  const bytes = await fill(dir.path, env);

  await t.step("with a key that is not the right one it does not begin", async () => {
    const { code, stdout, stderr } = await runClient(["browse"], {
      env: { ...env, PBS_S3_SECRET_KEY: "another" },
    });
    assertEquals([code, stdout], [255, ""]);
    assertMatch(stderr, /^Error: cannot read .*the secret key does not fit the access key/);
    assert(!stderr.includes("another"));
  });

  await using browse = await BrowseProcess.start(env);
  const { client, url } = browse;
  await t.step("to whoever has its address", async () => {
    assertEquals((await client.request("GET", "/page/stores")).status, 401);
    await browse.enter();
    assertEquals((await client.request("GET", `/${url.search}`)).status, 401);
    const { secretKey } = bucket.server.options;
    const session = await client.get("session");
    assert(!new TextDecoder().decode(session.bytes).includes(secretKey));
  });
  await t.step("lists, entries and contents", () => checkViews(client, address, bytes));
  await t.step("actions", () => checkActions(client));

  assertEquals((await browse.end("SIGTERM")).code, 0);

  // In this process, as a program waits for half a minute for who does not answer any more.
  const { repository } = await openBucketRepository(parseBucketAddress(address), {
    accessKey: bucket.server.options.accessKey,
    secretKey: bucket.server.options.secretKey,
    patience: { attempts: 2, firstPauseMs: 10 },
  });
  await using _repository = repository;
  await using server = LoopbackPageServer.start({
    source: new SinglePageSource({ repository, crypt: undefined, keyAdvice: "" }),
    session: { title: "bucket", version: "1", hasKey: false },
    port: 0,
    failed: (error) => {
      throw error;
    },
  });
  const shown = new URL(server.url);
  const page = new PageClient(Number(shown.port));
  await page.request("GET", `/${shown.search}`);
  await t.step("a chunk that the bucket has lost is named", async () => {
    await Deno.remove(`${bucket.folder("tank")}/.chunks`, { recursive: true });
    const { status, json } = await page.get("entries", { ...NEWEST, path: "" });
    assertEquals(status, 404);
    assertStringIncludes(json.error.message, "is missing: there is no object");
  });
  await t.step("a server that is lost is one error, whatever is asked", async () => {
    await bucket.server.kill();
    for (
      const [name, parameters] of [
        ["groups", { store: STORE }],
        ["snapshots", GROUP],
        ["entries", { ...NEWEST, time: TIMES[0], path: "" }],
        ["content", { ...FILE, time: TIMES[0] }],
      ] as const
    ) {
      const { status, json } = await page.get(name, parameters);
      assertEquals(status, 503, name);
      assertMatch(json.error.message, /^cannot (list|read) "tank\/[^"]*" .*: cannot connect to /);
    }
    const { stores } = await page.ask("stores");
    assertMatch(stores[0].problem, /cannot connect to /);
  });
});
