import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { assertFailure } from "../support/assert_run.ts";
import { chunkInMiddle } from "../support/chunk_in_middle.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { clientCommand, runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const museum = fromFileUrl(new URL("../support/museum.py", import.meta.url));
const EXTRACT = ["--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls", "-xpf"];

/** A shell command that runs the program. */
function shellCommand(...args: string[]): string {
  return clientCommand(args).map((word) => `'${word}'`).join(" ");
}

testWithPeers(
  "GNU tar makes the same tree of what a restore to the standard output writes",
  [...TREE_PEERS, "python3", "setcap", "setfacl", "setfattr", "tar"],
  async () => {
    await using dir = await TempDir.make("/var/tmp");
    await using storeDir = await TempDir.make("/dev/shm");
    const at = ["--repository", `${storeDir.path}/store`];
    const source = `${dir.path}/source`;
    await runPeer("python3", [museum, source, "7"]);
    // Tar has no attribute flags, and exclusion has tests of its own.
    await runPeer("bash", [
      "-e",
      "-c",
      `cd '${source}' && chattr -R -i -a flags && rm -rf exclude flags && mkdir holes
       setfattr -n user.a=b%c -v 'x=y' xattr/user
       truncate -s 100M holes/all
       truncate -s 40000001 holes/odd
       printf data | dd of=holes/odd conv=notrunc bs=1 seek=20000003 status=none
       ln holes/odd holes/again
       long=$(printf 'L%.0s' $(seq 120))/$(printf 'm%.0s' $(seq 120))
       mkdir -p $long
       ln hard/a $long/link
       ln -s $(printf 't%.0s' $(seq 300)) $long/symlink`,
    ]);
    const expected = await runPeer("sha256sum", [`${source}/holes/all`, `${source}/holes/odd`]);
    for (const mode of ["legacy", "data"]) {
      const restored = await throughTar(dir.path, source, mode, at);
      await assertSameTree(source, restored, ["sock"]);
      const blocks = (path: string) => Deno.statSync(`${restored}/${path}`).blocks! * 512;
      assert(blocks("holes/all") <= 32 << 20, "zeros were written that could have been a hole");
      assert(Deno.statSync(`${dir.path}/${mode}.tar`).size < 130_000_000, "holes are in the file");
      // Python reads the holes as what they are.
      const sums = await runPeer("python3", [
        "-c",
        `import hashlib, sys, tarfile
tar = tarfile.open(sys.argv[1])
print(*(hashlib.sha256(tar.extractfile("./holes/" + name).read()).hexdigest() for name in ("all", "odd")))`,
        `${dir.path}/${mode}.tar`,
      ]);
      assertEquals(sums.trim().split(" "), [...expected.match(/[0-9a-f]{64}/g)!]);
    }
  },
);

/** Backs a tree up, writes it as tar, and lets GNU tar make a tree of it. @returns Its path. */
async function throughTar(
  dir: string,
  source: string,
  mode: string,
  at: readonly string[],
): Promise<string> {
  const options = ["--init", "--change-detection-mode", mode, "--backup-id", mode];
  await runClientOk(["backup", `tree.pxar:${source}`, ...at, ...options]);
  const restore = ["restore", `host/${mode}`, "tree.pxar", "-", "--format", "tar", ...at];
  const log = await runPeer("bash", [
    "-e",
    "-c",
    `${shellCommand(...restore)} 2>&1 > '${dir}/${mode}.tar'`,
  ]);
  assertMatch(log, /socket "\.\/special\/sock" was left out, tar knows no sockets/);
  assertMatch(log, /restore complete/);
  const restored = `${dir}/${mode}`;
  await Deno.mkdir(restored);
  await runPeer("tar", [...EXTRACT, `${restored}.tar`, "-C", restored]);
  return restored;
}

/** A backup of a few files of noise, one of them in many chunks. */
async function storeNoise(path: string, mode: string): Promise<string[]> {
  await Deno.mkdir(`${path}/tree`);
  await runPeer("bash", [
    "-e",
    "-c",
    `cd '${path}/tree' && head -c 3000000 /dev/urandom > b && echo a > a && echo c > c`,
  ]);
  const at = ["--repository", `${path}/store`];
  await runClientOk([
    "backup",
    `tree.pxar:${path}/tree`,
    ...at,
    "--init",
    "--backup-id",
    "tar",
    "--chunk-size",
    "64",
    "--change-detection-mode",
    mode,
  ]);
  return at;
}

for (const mode of ["legacy", "data"]) {
  testWithPeers(
    `a tar file with a damaged file has the others, and its end is missing (${mode})`,
    ["tar", "find", "cmp"],
    async () => {
      await using dir = await TempDir.make("/dev/shm");
      const at = await storeNoise(dir.path, mode);
      const name = mode === "legacy" ? "tree.pxar.didx" : "tree.ppxar.didx";
      await Deno.remove(await chunkInMiddle(`${dir.path}/store`, name));
      const restore = ["restore", "host/tar", "tree.pxar", "-", "--format", "tar", ...at];
      const run = await runPeer("bash", [
        "-c",
        `${shellCommand(...restore)} 2>'${dir.path}/log' > '${dir.path}/tar'; echo $?`,
      ]);
      assertEquals(run.trim(), "255");
      const log = await Deno.readTextFile(`${dir.path}/log`);
      assertMatch(log, /cannot restore "\/?b": /);
      assertMatch(log, /Error: 1 file could not be restored/);
      await Deno.mkdir(`${dir.path}/out`);
      const extracted = await new Deno.Command("tar", {
        args: ["-xpf", `${dir.path}/tar`, "-C", `${dir.path}/out`],
      }).output();
      assertNotEquals(extracted.code, 0, "tar takes the file for complete");
      for (const file of ["a", "c"]) {
        await runPeer("cmp", [`${dir.path}/tree/${file}`, `${dir.path}/out/${file}`]);
      }
    },
  );
}

testWithPeers("patterns select what becomes tar, and only file archives do", ["tar"], async () => {
  await using dir = await TempDir.make("/dev/shm");
  const at = await storeNoise(dir.path, "data");
  await Deno.writeTextFile(`${dir.path}/conf`, "key = value\n");
  await runClientOk(["backup", `x.conf:${dir.path}/conf`, ...at, "--backup-id", "conf"]);
  const restore = (archive: string, target: string, ...options: string[]) =>
    runClient(["restore", ...archive.split(":"), target, ...options, ...at]);
  const selected = shellCommand(
    ...["restore", "host/tar", "tree.pxar", "-", "--format", "tar", "--pattern", "/c", ...at],
  );
  assertEquals(await runPeer("bash", ["-c", `${selected} 2>/dev/null | tar -t`]), "./\n./c\n");
  const none = await restore("host/tar:tree.pxar", "-", "--format", "tar", "--pattern", "/no");
  assertFailure(none, /the pattern '\/no' matches nothing in tree\.pxar/);
  const plain = await restore("host/tar:tree.pxar", "-");
  assertFailure(plain, /unable to pipe split archive/);
  assertMatch(plain.stderr, /Hint: .*--format tar/);
  assertFailure(
    await restore("host/tar:tree.pxar", `${dir.path}/out`, "--format", "tar"),
    /a tar file is written to the standard output only/,
  );
  assertFailure(
    await restore("host/conf:x.conf", "-", "--format", "tar"),
    /only file archives can be written as tar, 'x\.conf' is none/,
  );
});
