import { assert, assertEquals, assertMatch, assertStringIncludes, fail } from "@std/assert";
import { RestSession } from "../support/rest_session.ts";
import { runClientOk } from "../support/run_client.ts";
import { S3Server } from "../support/s3/s3_server.ts";
import {
  bucketKeys as keysOf,
  datastoreOf,
  endpointOf,
  leaveFoldersOut,
} from "../support/s3/bucket_datastore.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const STORE = "far";

/** Makes a folder with files, of which the last is too large for one chunk of a file. */
async function makeSource(path: string): Promise<void> {
  await Deno.mkdir(path);
  await Deno.writeTextFile(`${path}/small.txt`, "a small file");
  const large = new Uint8Array(300_000);
  for (let at = 0; at < large.length; at += 65536) {
    crypto.getRandomValues(large.subarray(at, at + 65536));
  }
  await Deno.writeFile(`${path}/large.bin`, large);
}

async function assertRestored(source: string, target: string): Promise<void> {
  for (const name of ["small.txt", "large.bin"]) {
    const [want, found] = [
      await Deno.readFile(`${source}/${name}`),
      await Deno.readFile(`${target}/${name}`),
    ];
    assertEquals(found, want, name);
  }
}

testWithPeers(
  "a served datastore lives in a bucket, from its creation over a second life to its end",
  ["versitygw"],
  async () => {
    await using s3 = await S3Server.start();
    await using server = await ServerProcess.start();
    const { path } = server.dir;
    const rest = await RestSession.open(server);
    const repository = server.clientEnvironment.PBS_REPOSITORY!.replace(/:store1$/, `:${STORE}`);
    const env = { ...server.clientEnvironment, PBS_REPOSITORY: repository };
    await makeSource(`${path}/source`);
    await rest.data("POST", "config/s3", endpointOf(s3));
    assertEquals(await rest.data("GET", "config/s3/there/list-buckets"), [
      { name: s3.options.bucket },
    ]);
    const place = { "bucket": s3.options.bucket, "store-prefix": STORE };
    await rest.data("PUT", "admin/s3/there/check", place);
    assertEquals(await keysOf(s3, ""), []);
    await rest.done("POST", "config/datastore", datastoreOf(s3, STORE, `${path}/cache`));
    await leaveFoldersOut(`${path}/cache`);
    assert((await keysOf(s3, `${STORE}/`)).includes(`${STORE}/.in-use`));

    // Plain, and encrypted.
    await runClientOk(["key", "create", `${path}/key`, "--kdf=none"]);
    const backUp = (id: string, ...words: string[]) =>
      runClientOk(["backup", `a.pxar:${path}/source`, `--backup-id=${id}`, ...words], { env });
    await backUp("plain", "--backup-time=100");
    await backUp("plain", "--backup-time=200", "--no-cache");
    await backUp("secret", "--backup-time=100", `--keyfile=${path}/key`);
    const snapshot = "host/plain/1970-01-01T00:01:40Z";
    await runClientOk(["restore", snapshot, "a.pxar", `${path}/r1`], { env });
    await assertRestored(`${path}/source`, `${path}/r1`);
    assertEquals((await rest.task("POST", `admin/datastore/${STORE}/verify`)).status, "OK");

    // What is changed is changed in the bucket.
    const named = { "backup-type": "host", "backup-id": "plain", "backup-time": 100 };
    const at = `admin/datastore/${STORE}`;
    await rest.data("PUT", `${at}/notes`, { ...named, notes: "kept" });
    await rest.data("PUT", `${at}/protected`, { ...named, protected: true });
    await rest.data("POST", `${at}/namespace`, { name: "below" });
    await backUp("mover", "--backup-time=100");
    await rest.done("POST", `${at}/move-group`, {
      "backup-type": "host",
      "backup-id": "mover",
      "target-ns": "below",
    });
    const contents = await keysOf(s3, `${STORE}/.cnt/`);
    assert(contents.includes(`${STORE}/.cnt/${snapshot}/.protected`));
    assert(contents.includes(`${STORE}/.cnt/ns/below/host/mover/owner`));
    assertEquals(contents.filter((key) => key.includes("/.cnt/host/mover/")), []);
    await rest.data("DELETE", `${at}/snapshots`, { ...named, "backup-time": 200 });
    await rest.done("POST", `${at}/prune-datastore`, { "keep-last": 1 });
    const log = await rest.done("POST", `${at}/gc`);
    assertStringIncludes(log, "removed garbage");

    // Statistics are kept, and shown.
    const status = await rest.data("GET", `${at}/status`);
    assertEquals(status["backend-type"], "s3");
    assert(status["s3-statistics"].put > 10, JSON.stringify(status));
    await rest.data("PUT", "admin/s3/there/reset-counters", place);
    assertEquals((await rest.data("GET", `${at}/status`))["s3-statistics"].put, 0);
    const used = await rest.call("DELETE", "config/s3/there");
    assertEquals([used.status, used.text], [400, `in-use by datastore ${STORE}`]);

    // A refresh forgets what never came to the bucket.
    await Deno.mkdir(`${path}/cache/host/stray/1970-01-01T00:00:01Z`, { recursive: true });
    await Deno.writeTextFile(`${path}/cache/host/stray/owner`, "admin@pbs\n");
    const groups = async () => {
      const data: { "backup-id": string }[] = await rest.data("GET", `${at}/groups`);
      return data.map((group) => group["backup-id"]).sort();
    };
    assertEquals(await groups(), ["plain", "secret", "stray"]);
    await rest.done("PUT", `${at}/s3-refresh`);
    assertEquals(await groups(), ["plain", "secret"]);

    // Removed with its data kept: only somebody who says so gets it again.
    await rest.done("DELETE", `config/datastore/${STORE}`);
    assertEquals((await keysOf(s3, `${STORE}/.in-use`)).length, 0);
    const again = datastoreOf(s3, STORE, `${path}/cache2`);
    const refused = await rest.task("POST", "config/datastore", again);
    assertStringIncludes(refused.status, "has data of a datastore");
    await rest.done("POST", "config/datastore", { ...again, "reuse-datastore": true });
    await leaveFoldersOut(`${path}/cache2`);
    assertEquals(await groups(), ["plain", "secret"]);
    const secret = "host/secret/1970-01-01T00:01:40Z";
    const key = `--keyfile=${path}/key`;
    await runClientOk(["restore", secret, "a.pxar", `${path}/r2`, key], { env });
    await assertRestored(`${path}/source`, `${path}/r2`);
    assertEquals((await rest.task("POST", `${at}/verify`)).status, "OK");

    await rest.done("DELETE", `config/datastore/${STORE}`, { "destroy-data": true });
    assertEquals(await keysOf(s3, ""), []);
    await rest.data("DELETE", "config/s3/there");
    // The secret is in its file, and nowhere else.
    const { secretKey } = s3.options;
    for await (const text of textsBelow(`${path}/config`)) {
      assertEquals(text.includes(secretKey), false);
    }
  },
);

/** Contents of all files of a folder. */
async function* textsBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* textsBelow(`${folder}/${name}`);
    else yield await Deno.readTextFile(`${folder}/${name}`);
  }
}

testWithPeers("commands alone make a datastore in a bucket of another server, and destroy it", [
  "rclone-s3",
], async () => {
  await using s3 = await S3Server.start({ kind: "rclone-s3" });
  await using dir = await TempDir.make("/dev/shm");
  const { path } = dir;
  const { options } = s3;
  const secret = { "PBS_S3_SECRET_KEY": options.secretKey };
  const manage = async (words: string[], env = {}) =>
    (await runClientOk(["serve", ...words, `--config=${path}/config`], { env })).stdout;
  await manage([
    ...["s3", "create", "there", `--endpoint=${options.endpoint}`, `--port=${options.port}`],
    ...[`--access-key=${options.accessKey}`, `--fingerprint=${options.fingerprint}`],
    "--path-style=true",
  ], secret);
  await manage(["s3", "update", "there", "--put-rate-limit=1000", "--provider-quirks=none"]).then(
    () => fail("an unknown quirk was taken"),
    () => {},
  );
  await manage(["s3", "update", "there", "--put-rate-limit=1000"]);
  const [listed] = JSON.parse(await manage(["s3", "list", "--output-format=json"]));
  assertEquals([listed.id, listed["put-rate-limit"], listed["secret-key"]], [
    "there",
    1000,
    undefined,
  ]);
  assertStringIncludes(await manage(["s3", "list-buckets", "there"]), options.bucket);
  const created = await manage([
    ...["datastore", "create", STORE, `${path}/cache`, "--tuning=sync-level=none"],
    `--backend=type=s3,client=there,bucket=${options.bucket}`,
  ]);
  assertMatch(created, /TASK OK\n$/);
  await leaveFoldersOut(`${path}/cache`);
  await makeSource(`${path}/source`);
  {
    await using server = await ServerProcess.start({ dir });
    const env = {
      ...server.clientEnvironment,
      PBS_REPOSITORY: server.clientEnvironment.PBS_REPOSITORY!.replace(/:store1$/, `:${STORE}`),
    };
    await runClientOk(["backup", `a.pxar:${path}/source`, "--backup-id=web"], { env });
    // Beside the server that runs.
    assertMatch(await manage(["datastore", "refresh", STORE]), /TASK OK\n$/);
    await runClientOk(["restore", "host/web/latest", "a.pxar", `${path}/r1`], { env });
    await assertRestored(`${path}/source`, `${path}/r1`);
  }
  await manage(["s3", "remove", "there"]).then(() => fail("it is in use"), () => {});
  await manage(["datastore", "remove", STORE, "--destroy-data=true"]);
  assertEquals(await keysOf(s3, ""), []);
  await manage(["s3", "remove", "there"]);
});
