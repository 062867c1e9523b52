import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { formatSnapshotPath, type Repository } from "../../lib/repository/mod.ts";
import { RestSession } from "../support/rest_session.ts";
import { S3Server } from "../support/s3/s3_server.ts";
import {
  bucketKeys,
  datastoreOf,
  endpointOf,
  leaveFoldersOut,
} from "../support/s3/bucket_datastore.ts";
import { ServerProcess } from "../support/server_process.ts";
import { backUpAt, placesIn } from "../support/sync_world.ts";
import { testWithPeers } from "../support/with_peers.ts";

const STORE = "far";

/** A repository in a folder, opened beside the server whose it is. */
async function withFolder<T>(path: string, work: (folder: Repository) => Promise<T>): Promise<T> {
  await using repository = new LocalRepository(Datastore.open(path));
  return await work(repository);
}

testWithPeers("sync jobs fill a datastore in a bucket, and another one from it", [
  "versitygw",
], async () => {
  await using s3 = await S3Server.start();
  await using server = await ServerProcess.start();
  const { path } = server.dir;
  const folder = `${path}/store`;
  const rest = await RestSession.open(server);
  const puts = async (): Promise<number> =>
    (await rest.data("GET", `admin/datastore/${STORE}/status`))["s3-statistics"].put;
  const snapshots = async (): Promise<string[]> => {
    const data: { "backup-type": "host"; "backup-id": string; "backup-time": number }[] = await rest
      .data("GET", `admin/datastore/${STORE}/snapshots?ns=copies`);
    return data.map((each) =>
      formatSnapshotPath({
        type: each["backup-type"],
        id: each["backup-id"],
        time: each["backup-time"],
      })
    ).sort();
  };
  await rest.data("POST", "config/s3", endpointOf(s3));
  // Without room for contents: whatever is read comes from the bucket.
  await rest.done("POST", "config/datastore", datastoreOf(s3, STORE, `${path}/cache`, "1B"));
  await leaveFoldersOut(`${path}/cache`);
  await rest.data("POST", "config/remote", {
    "name": "itself",
    "host": "127.0.0.1",
    "port": server.port,
    "auth-id": "admin@pbs",
    "password": server.clientEnvironment.PBS_PASSWORD,
    "fingerprint": server.clientEnvironment.PBS_FINGERPRINT,
  });
  const here = { "remote": "itself", "remote-store": "store1", "store": STORE };
  await rest.data("POST", "config/sync", {
    ...here,
    "id": "fetch",
    "ns": "copies",
    "remove-vanished": true,
  });
  await rest.data("POST", "config/sync", {
    ...here,
    "id": "send",
    "sync-direction": "push",
    "ns": "copies",
    "remote-ns": "back",
  });

  const data = `${path}/data`;
  const days = ["2026-01-01", "2026-01-02"];
  await withFolder(
    folder,
    (source) => backUpAt(source, days.map((day) => `:host/web/${day}`), data),
  );
  await rest.data("POST", `admin/datastore/${STORE}/namespace`, { name: "copies" });
  await rest.done("POST", "admin/sync/fetch/run");
  const paths = days.map((day) => `host/web/${day}T00:00:00Z`);
  assertEquals(await snapshots(), paths);
  const contents = await bucketKeys(s3, `${STORE}/.cnt/`);
  for (const name of ["index.json.blob", "data.pxar.didx"]) {
    assert(contents.includes(`${STORE}/.cnt/ns/copies/${paths[0]}/${name}`), contents.join("\n"));
  }
  assert(contents.includes(`${STORE}/.cnt/ns/copies/host/web/owner`));
  assertEquals((await rest.task("POST", `admin/datastore/${STORE}/verify`)).status, "OK");

  // Nothing new: nothing is written.
  const before = await puts();
  await rest.done("POST", "admin/sync/fetch/run");
  assertEquals(await puts(), before);

  // What has vanished there vanishes from the bucket, and what has not stays.
  await withFolder(folder, async (source) => {
    const web = { type: "host", id: "web" } as const;
    const oldest = (await source.listSnapshots("", web)).map(({ time }) => time).sort()[0]!;
    await source.forgetSnapshot("", { ...web, time: oldest });
  });
  const log = await rest.done("POST", "admin/sync/fetch/run");
  assertStringIncludes(log, paths[0]!);
  assertEquals(await snapshots(), paths.slice(1));
  assertEquals(await bucketKeys(s3, `${STORE}/.cnt/ns/copies/${paths[0]}/`), []);

  // From the bucket to somewhere else, where nothing of it is.
  await withFolder(folder, (source) => source.forgetGroup("", { type: "host", id: "web" }));
  await rest.data("POST", "admin/datastore/store1/namespace", { name: "back" });
  await rest.done("POST", "admin/sync/send/run");
  await withFolder(folder, async (target) => {
    assertEquals(await placesIn(target), [`back:host/web/${days[1]}`]);
    const request = { namespace: "back", ignoreVerified: false };
    assertEquals(await target.verify(request, () => {}), { ok: true });
  });
});
