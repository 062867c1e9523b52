// deno-lint-ignore-file no-console -- how often something was hit is reported
import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { BucketDatastore } from "../../lib/bucket/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { openBucket } from "../../lib/s3/mod.ts";
import { QUICK } from "../support/bucket_world.ts";
import { Chance } from "../support/chance.ts";
import { Child } from "../support/child.ts";
import { ageChunks } from "../support/golden_story.ts";
import { S3Server } from "../support/s3/s3_server.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const KILLS_OF_EACH = 4;
/** Longest time from the first sign of work until the end; a round of work takes some tenths of it. */
const LONGEST_MS = 400;
const kept = { type: "host" as const, id: "kept" };

testWithPeers("who is killed while it changes a datastore in a bucket loses nothing", [
  "versitygw",
], async () => {
  await using server = await S3Server.start();
  await using folder = await TempDir.make("/dev/shm");
  const cachePath = `${folder.path}/cache`;
  const place = () => ({ objects: openBucket(server.options), name: "store", cachePath });
  {
    await using opened = await BucketDatastore.create(place(), QUICK);
    await writeSnapshot(new LocalRepository(opened.datastore), { ...kept, time: 1_700_000_000 }, [
      await makeChunk(3, 50_003),
      await makeChunk(200, 70_000),
    ]);
  }
  const chance = new Chance(20261130);
  let number = 0;
  for (const work of ["backup", "forget", "collect", "refresh"]) {
    for (let kill = 0; kill < KILLS_OF_EACH; kill++) {
      const args = [cachePath, JSON.stringify(server.options), work, String(++number)];
      await using child = new Child("change_bucket.ts", args);
      assertEquals(await child.line(), "0");
      await delay(chance.below(LONGEST_MS));
      await child.kill();
      await check(place(), `${work}, kill ${kill}`);
    }
  }
  console.log(`processes killed: ${number}`);
  await check(place(), "at the end", `${folder.path}/other`);
});

/** What was finished is whole here, and in the bucket alone. */
async function check(
  place: { objects: ReturnType<typeof openBucket>; name: string; cachePath: string },
  tell: string,
  other?: string,
): Promise<void> {
  await using opened = BucketDatastore.open(place, QUICK);
  if (opened.needsRefresh) await opened.refresh();
  const repository = new LocalRepository(opened.datastore);
  const snapshots = await repository.listSnapshots("");
  assert(snapshots.some(({ id }) => id === kept.id), tell);
  await verify(repository, tell);
  ageChunks(place.cachePath, 2 * 86400);
  await repository.garbageCollect(() => {});
  await verify(repository, `${tell}, after a collection`);
  if (other === undefined) return;
  const elsewhere = { ...place, cachePath: other };
  const reused = await BucketDatastore.reuse(elsewhere, { ...QUICK, overwriteInUse: true });
  const fromBucket = new LocalRepository(reused.datastore);
  const found = (await fromBucket.listSnapshots("")).map(({ id, time }) => `${id}/${time}`);
  for (const { id, time } of snapshots) assert(found.includes(`${id}/${time}`), `${id}/${time}`);
  await verify(fromBucket, `${tell}, from the bucket`);
  reused.datastore[Symbol.dispose]();
}

async function verify(repository: LocalRepository, tell: string): Promise<void> {
  const lines: string[] = [];
  const request = { namespace: "", ignoreVerified: false };
  const { ok } = await repository.verify(request, (line) => void lines.push(line));
  assert(ok, `${tell}: ${lines.join("\n")}`);
}
