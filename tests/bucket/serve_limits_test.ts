import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { RateLimiter } from "../../lib/duplex/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { openBucket } from "../../lib/s3/mod.ts";
import { eventually } from "../support/eventually.ts";
import { S3Server } from "../support/s3/s3_server.ts";
import { datastoreOf, endpointOf, leaveFoldersOut } from "../support/s3/bucket_datastore.ts";
import { backUpAt, placesIn } from "../support/sync_world.ts";
import { TestServer } from "../support/test_server.ts";
import { Webhook } from "../support/webhook.ts";
import { testWithPeers } from "../support/with_peers.ts";

const STORE = "far";
const SETTLED = {
  "tuning": "sync-level=none,gc-atime-cutoff=1,gc-atime-safety-check=false",
};

type Method = "GET" | "POST" | "PUT" | "DELETE";
type Members = Readonly<Record<string, unknown>>;

/** A call that has to succeed. @returns Its data. */
async function data(server: TestServer, method: Method, path: string, members?: Members) {
  const { status, text } = await server.call(method, path, undefined, members);
  assertEquals(status, 200, text);
  // deno-lint-ignore no-explicit-any -- what a test expects of it, it asserts.
  return JSON.parse(text).data as any;
}

/** A call that starts a task, which is waited for. @returns How it ended. */
async function task(server: TestServer, method: Method, path: string, members?: Members) {
  const upid = encodeURIComponent(await data(server, method, path, members ?? {}));
  return await eventually(async () => {
    const { exitstatus } = await data(server, "GET", `nodes/localhost/tasks/${upid}/status`);
    if (exitstatus === undefined) throw new Error("it is still running");
    return exitstatus as string;
  });
}

function repositoryOf(server: TestServer, name = STORE): LocalRepository {
  return new LocalRepository(server.server.state.datastore(name, "write").datastore);
}

testWithPeers("thresholds of requests are told of when they are passed, and when they are not", [
  "versitygw",
], async () => {
  await using s3 = await S3Server.start();
  await using hook = new Webhook<{ outcome: string; summary: string; events?: unknown[] }>();
  const problems: string[] = [];
  await using server = await TestServer.start({
    configured: true,
    alertsWarned: (problem) => problems.push(problem),
    watchNow: () => 1_700_000_000,
  });
  const { path } = server.dir;
  const told = async () => {
    await server.server.watch!.look();
    return hook.messages.splice(0).map(({ outcome, summary }) => `${outcome}: ${summary}`);
  };
  await data(server, "POST", "config/s3", endpointOf(s3));
  const store = { ...datastoreOf(s3, STORE, `${path}/cache`), ...SETTLED };
  const thresholds = { "notification-thresholds": "s3-put=6,s3-upload=1GiB,s3-delete=0" };
  assertEquals(await task(server, "POST", "config/datastore", { ...store, ...thresholds }), "OK");
  await leaveFoldersOut(`${path}/cache`);
  await Deno.writeTextFile(
    `${path}/config/alerts.toml`,
    `[alerts.hook]\ntype = "webhook"\nurl = "${hook.url}"\nretries = 0\n`,
  );
  assertEquals(await told(), []);

  // An owner, an index, a catalog's, chunks and two manifests.
  await backUpAt(repositoryOf(server), [":host/web/2026-01-01"], `${path}/data`);
  const { put } = (await data(server, "GET", `admin/datastore/${STORE}/status`))["s3-statistics"];
  assert(put > 6, `${put}`);
  const [first, ...others] = await told();
  assertEquals(others, []);
  assertStringIncludes(first!, "failed: ");
  // What is within its limits is not in the list.
  assertMatch(first!, new RegExp(`${STORE}.*than its thresholds say: s3-put: ${put}, not 6$`));
  assertEquals(await told(), [], "it is told once");

  // Counted anew, it is over; a threshold that is raised does the same.
  await data(server, "PUT", "admin/s3/there/reset-counters", { "bucket": s3.options.bucket });
  const [over] = await told();
  assertStringIncludes(over!, "within its thresholds");
  assertEquals(problems, []);
});

testWithPeers("the rates of an endpoint hold for all that is done with its datastores together", [
  "versitygw",
], async () => {
  await using s3 = await S3Server.start();
  await using server = await TestServer.start({ configured: true });
  const { path } = server.dir;
  // Each limiter, how much it was told of, and the longest wait that it asked for: nobody waits for it here.
  const accounted = new Map<RateLimiter, { bytes: number; longestMs: number }>();
  const original = RateLimiter.prototype.account;
  RateLimiter.prototype.account = function (sizeBytes) {
    const sum = accounted.get(this) ?? { bytes: 0, longestMs: 0 };
    const waitMs = original.call(this, sizeBytes);
    accounted.set(this, {
      bytes: sum.bytes + sizeBytes,
      longestMs: Math.max(sum.longestMs, waitMs),
    });
    return 0;
  };
  try {
    const rates = { "rate-in": "1B", "rate-out": "1B", "burst-out": "2B" };
    await data(server, "POST", "config/s3", { ...endpointOf(s3), ...rates });
    for (const name of [STORE, "other"]) {
      const store = { ...datastoreOf(s3, name, `${path}/${name}`), ...SETTLED };
      assertEquals(await task(server, "POST", "config/datastore", store), "OK");
      await leaveFoldersOut(`${path}/${name}`);
      await backUpAt(repositoryOf(server, name), [":host/web/2026-01-01"], `${path}/data`);
      assertEquals(await task(server, "PUT", `admin/datastore/${name}/s3-refresh`), "OK");
    }
    let [sent, received] = [0, 0];
    for (const name of [STORE, "other"]) {
      const status = await data(server, "GET", `admin/datastore/${name}/status`);
      sent += status["s3-statistics"].uploaded;
      received += status["s3-statistics"].downloaded;
    }
    // One for each direction, whoever has asked. Heads of requests count as well, and a request comes before its
    // answer. At a byte a second the bytes are seconds, whatever the real ones add.
    assertEquals(accounted.size, 2);
    const [out, back] = [...accounted.values()];
    for (const [sum, counted] of [[out!, sent], [back!, received]] as const) {
      assert(counted > 5000 && sum.bytes > counted, `${sum.bytes} bytes of ${counted}`);
      assert(sum.longestMs > counted * 1000 / 2, `${sum.longestMs} ms for ${counted} bytes`);
    }
  } finally {
    RateLimiter.prototype.account = original;
  }
});

testWithPeers("a re-use that fails is gone on with by refreshing, as often as it takes", [
  "versitygw",
], async () => {
  await using s3 = await S3Server.start();
  await using server = await TestServer.start({ configured: true });
  await using objects = openBucket(s3.options);
  const { path } = server.dir;
  await data(server, "POST", "config/s3", endpointOf(s3));
  const store = { ...datastoreOf(s3, STORE, `${path}/cache`), ...SETTLED };
  assertEquals(await task(server, "POST", "config/datastore", store), "OK");
  await leaveFoldersOut(`${path}/cache`);
  await backUpAt(repositoryOf(server), [":host/web/2026-01-01"], `${path}/data`);
  assertEquals(await task(server, "DELETE", `config/datastore/${STORE}`), "OK");

  // An object that no datastore has written.
  const stray = `${STORE}/.cnt/x/owner`;
  await objects.put(stray, new Uint8Array(1));
  const again = { ...store, "path": `${path}/cache2`, "reuse-datastore": true };
  assertStringIncludes(await task(server, "POST", "config/datastore", again), stray);
  await leaveFoldersOut(`${path}/cache2`);
  const at = `admin/datastore/${STORE}`;
  const refused = async () => {
    const answer = await server.call("POST", `${at}/gc`);
    assertEquals(answer.status, 400, answer.text);
    assertStringIncludes(answer.text, "S3 refresh");
    const created = await server.call("POST", `${at}/namespace`, undefined, { name: "n" });
    assertStringIncludes(created.text, "S3 refresh");
  };
  await refused();
  for (let attempt = 0; attempt < 2; attempt++) {
    assertStringIncludes(await task(server, "PUT", `${at}/s3-refresh`), stray);
    await refused();
  }
  // Nothing is left of the attempts, in the cache and beside it.
  const temporary = [...Deno.readDirSync(`${path}/cache2`)].map(({ name }) => name)
    .filter((name) => name.startsWith("tmp_"));
  assertEquals(temporary, []);
  await objects.remove(stray);
  assertEquals(await task(server, "PUT", `${at}/s3-refresh`), "OK");
  assertEquals(await task(server, "PUT", `${at}/s3-refresh`), "OK");
  const repository = repositoryOf(server);
  assertEquals(await placesIn(repository), [":host/web/2026-01-01"]);
  assertEquals(await task(server, "POST", `${at}/gc`), "OK");
  assertEquals(await task(server, "POST", `${at}/verify`), "OK");
  await backUpAt(repository, [":host/web/2026-01-02"], `${path}/data`);
  assertEquals((await placesIn(repository)).length, 2);

  // What the bucket loses from here on is found, and comes back from the cache when that is asked for.
  const manifest = `${STORE}/.cnt/host/web/2026-01-01T00:00:00Z/index.json.blob`;
  await objects.remove(manifest);
  assertNotEquals(await task(server, "POST", `${at}/verify`, { "ignore-verified": false }), "OK");
  assertEquals(await objects.get(manifest), undefined);
  assertEquals(await task(server, "PUT", `${at}/s3-refresh`, { "upload-lost": true }), "OK");
  assertEquals(await task(server, "POST", `${at}/verify`, { "ignore-verified": false }), "OK");
  assertEquals((await placesIn(repositoryOf(server))).length, 2);
});
