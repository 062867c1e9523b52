// Run as a process of its own by tests of crashes: changes a datastore in a bucket over and over, and says
// so before each change. Arguments: cache, options of the bucket as JSON, what to do, a number.
import { BucketDatastore } from "../../lib/bucket/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { openBucket } from "../../lib/s3/mod.ts";
import { QUICK } from "./bucket_world.ts";
import { ageChunks } from "./golden_story.ts";
import { makeChunk, writeSnapshot } from "./target_conformance.ts";

const [cachePath, bucket, work, number] = Deno.args as [string, string, string, string];
const opened = BucketDatastore.open(
  { objects: openBucket(JSON.parse(bucket)), name: "store", cachePath },
  QUICK,
);
const repository = new LocalRepository(opened.datastore);
const group = { type: "host" as const, id: "crashed" };
const chunks = async (from: number) =>
  await Promise.all(Array.from({ length: 12 }, (_, i) => makeChunk((from + i) % 256, 50_000 + i)));

for (let i = 0;; i++) {
  await Deno.stdout.write(new TextEncoder().encode(`${i}\n`));
  const time = 1_700_000_000 + Number(number) * 1000 + i;
  if (work !== "refresh") await writeSnapshot(repository, { ...group, time }, await chunks(i * 5));
  if (work === "forget") await repository.forgetSnapshot("", { ...group, time });
  if (work === "collect") {
    await repository.forgetSnapshot("", { ...group, time });
    ageChunks(cachePath, 2 * 86400);
    await repository.garbageCollect(() => {});
  }
  if (work === "refresh") await opened.refresh();
}
