import { fromFileUrl } from "@std/path";
import { continueGoldenBucket, playGoldenStory, withoutOwnFlags } from "../support/golden_story.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

testWithPeers("a bucket of the official server lives on with us, as it lived with that", [
  "zstd",
  "tar",
], async (context) => {
  await using folder = await TempDir.make("/dev/shm");
  const objects = new MemoryObjectStore();
  const ageObjects = () => {
    for (const object of objects.objects.values()) object.time -= 3 * 86400;
  };
  const world = { objects, folder: folder.path, ageObjects };
  await playGoldenStory(world, (name, work) => context.step(name, work));
});

testWithPeers(
  "what the official server left in a bucket is restored as it restored it, and continued",
  [
    "zstd",
    "tar",
    "python3",
  ],
  async () => {
    await using folder = await TempDir.make();
    const lister = fromFileUrl(new URL("../support/listing.py", import.meta.url));
    await continueGoldenBucket(
      { objects: new MemoryObjectStore(), folder: folder.path, ageObjects: () => {} },
      async (path) =>
        (await runPeer("python3", [lister, path])).trim().split("\n").map(withoutOwnFlags),
    );
  },
);
