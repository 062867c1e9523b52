import { assertEquals, assertStringIncludes } from "@std/assert";
import { assertSameTree } from "../support/compare_trees.ts";
import { eventually } from "../support/eventually.ts";
import { spawnClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { runPxarHere, runPxarOk } from "../support/run_pxar.ts";
import { TempDir } from "../support/temp_dir.ts";

/** A tree with metadata of many kinds, hard links, and a file of a size that is no multiple of blocks. */
const MAKE_TREE = `
import os, sys
os.mkdir(sys.argv[1]); os.chdir(sys.argv[1])
os.makedirs("a/b"); os.mkdir("empty", 0o700)
open("a/big", "wb").write(os.urandom(3000001))
open(b"a/b/name \\xff\\n", "w").write("content"); os.link(b"a/b/name \\xff\\n", "a/hard")
os.setxattr("a/big", "user.note", b"value"); os.symlink("../a", "empty/link")
os.mkfifo("fifo"); os.mknod("null", 0o20666, os.makedev(1, 3)); os.chown("a", 1000, 4000000000)
os.utime("a/big", ns=(0, -123456789)); os.chmod("a/hard", 0o4711)
`;

/** Mounts an archive in the foreground, for the time of a call; then ends it in one of the ways. */
async function withMounted(
  words: readonly string[],
  target: string,
  end: "SIGINT" | "SIGTERM" | "unmount",
  use: () => Promise<void>,
): Promise<void> {
  const under = ["bash", "-c", 'exec -a pxar "$@"', "bash"];
  await using child = spawnClient(["mount", ...words, target], { under });
  const isMounted = async () =>
    (await Deno.readTextFile("/proc/self/mountinfo")).includes(` ${target} `);
  try {
    await eventually(async () => assertEquals(await isMounted(), true));
    await use();
  } finally {
    if (end === "unmount") await runPeer("fusermount3", ["-u", target]);
    else child.kill(end);
    assertEquals((await child.status).code, 0);
  }
  assertEquals(await isMounted(), false);
}

Deno.test("pxar mount shows whole and split archives as they were made", async () => {
  await using dir = await TempDir.make();
  const [tree, target, whole] = ["tree", "target", "a.pxar"].map((name) => `${dir.path}/${name}`);
  const [metadata, payload] = [`${dir.path}/s.mpxar`, `${dir.path}/s.ppxar`];
  await Deno.mkdir(target!);
  await runPeer("python3", ["-c", MAKE_TREE, tree!]);
  await runPxarOk(["create", whole!, tree!]);
  await runPxarOk(["create", metadata, tree!, "--payload-output", payload]);
  const isEqual = () => assertSameTree(tree!, target!, [], { hasFlags: false });
  await withMounted([whole!], target!, "SIGTERM", isEqual);
  await withMounted([whole!], target!, "SIGINT", isEqual);
  await withMounted([metadata, "--payload-input", payload], target!, "unmount", isEqual);
  const refused = await runPxarHere(["mount", metadata, target!]);
  assertEquals(refused.code, 255);
  assertStringIncludes(refused.stderr, "Payload input required for split pxar archives");
  const none = await runPxarHere(["mount", whole!, `${dir.path}/none`]);
  assertEquals(none.code, 255);
  assertStringIncludes(none.stderr, `mount point "${dir.path}/none" does not exist`);
});
