import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BucketDatastore } from "../../lib/bucket/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { PbsError } from "../../lib/errors/mod.ts";
import { openBucket } from "../../lib/s3/mod.ts";
import { backUp } from "../support/back_up.ts";
import { QUICK } from "../support/bucket_world.ts";
import { ageChunks, keysOf } from "../support/golden_story.ts";
import { runPeer } from "../support/run_peer.ts";
import { S3Server } from "../support/s3/s3_server.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const MEBIBYTE = 1048576;

/** Writes a file whose content nothing else has. */
async function writeNoise(path: string, lengthBytes: number): Promise<void> {
  const content = new Uint8Array(lengthBytes);
  for (let at = 0; at < lengthBytes; at += 65536) {
    crypto.getRandomValues(content.subarray(at, at + 65536));
  }
  await Deno.writeFile(path, content);
}

testWithPeers("a bucket that is full ends a backup, and takes the next one when there is room", [
  "versitygw",
  "mount",
  "find",
], async () => {
  await using s3 = await S3Server.start();
  await using folder = await TempDir.make("/dev/shm");
  await runPeer("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", s3.folder]);
  try {
    await using opened = await BucketDatastore.create({
      objects: openBucket(s3.options),
      name: "store",
      cachePath: `${folder.path}/cache`,
    }, QUICK);
    const repository = new LocalRepository(opened.datastore);
    const source = `${folder.path}/source`;
    await Deno.mkdir(source);
    const at = (time: number) => ({ type: "host" as const, id: "web", time });
    const run = (time: number) => backUp(repository, at(time), [`tree.pxar:${source}`]);
    const times = async () => (await repository.listSnapshots("")).map(({ time }) => time);
    const verified = () => repository.verify({ namespace: "", ignoreVerified: false }, () => {});
    await writeNoise(`${source}/first`, 3 * MEBIBYTE);
    await run(100);
    await using objects = openBucket(s3.options);
    const before = await keysOf(objects, "store/.cnt/");

    // More than fits. Chunks that arrived may stay; of the snapshot nothing does.
    await writeNoise(`${source}/second`, 20 * MEBIBYTE);
    const error = await assertRejects(() => run(200), PbsError);
    assertStringIncludes(error.message, "store/.chunks/");
    assertStringIncludes(error.message, "cannot write");
    assertEquals(await times(), [100]);
    assertEquals(await keysOf(objects, "store/.cnt/"), before);
    // A second attempt ends as the first did: the full disk has not left anything that is taken for a chunk.
    await assertRejects(() => run(250), PbsError, "cannot write");
    assertEquals(await keysOf(objects, "store/.cnt/"), before);

    // Nothing that is there has to be written for room to be made: chunks of the backups that failed go.
    ageChunks(`${folder.path}/cache`, 2 * 86400);
    // Some may have arrived without our hearing of it: they go by the store's clock.
    await runPeer("find", [
      ...[`${s3.folder}/store/.chunks`, "-type", "f", "-exec", "touch", "-d", "3 days ago"],
      ...["{}", "+"],
    ]);
    await repository.garbageCollect(() => {});
    // Not before: its result is written into the manifest, for which there may be room or not.
    assertEquals(await verified(), { ok: true });
    await Deno.remove(`${source}/second`);
    await writeNoise(`${source}/third`, 3 * MEBIBYTE);
    await run(300);
    assertEquals(await times(), [100, 300]);
    assertEquals(await verified(), { ok: true });

    // Full for good: what changes a manifest says so, and leaves the old one here and there.
    await Deno.writeFile(`${s3.folder}/ballast`, new Uint8Array(0));
    await runPeer("sh", ["-c", `head -c 20m /dev/zero > '${s3.folder}/ballast' || true`]);
    const notes = "n".repeat(200_000);
    await assertRejects(() => repository.writeNotes("", at(300), notes), PbsError, "cannot write");
    await Deno.remove(`${s3.folder}/ballast`);
    await opened.refresh();
    assertEquals(await times(), [100, 300]);
    assertEquals(await repository.readNotes("", at(300)), "");
    await repository.writeNotes("", at(300), notes);
    await opened.refresh();
    assertEquals(await repository.readNotes("", at(300)), notes);
    assertEquals(await verified(), { ok: true });
  } finally {
    await runPeer("umount", ["-l", s3.folder]);
  }
});
