import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { chunkInMiddle } from "../support/chunk_in_middle.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { eventually } from "../support/eventually.ts";
import { MountedArchive } from "../support/mounted_archive.ts";
import { runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const museum = fromFileUrl(new URL("../support/museum.py", import.meta.url));
const PEERS = [...TREE_PEERS, "python3", "setcap", "setfacl", "fusermount3", "dd", "cmp"];
const MODES = { legacy: "legacy", split: "data" };

testWithPeers(
  "a mounted archive is the source, with all its metadata, whatever it is read from",
  PEERS,
  async (test) => {
    await using dir = await TempDir.make();
    const [source, folder, key] = [`${dir.path}/tree`, `${dir.path}/mounted`, `${dir.path}/key`];
    await runPeer("python3", [museum, source, "5"]);
    await runPeer("rm", ["-rf", `${source}/exclude`]);
    await Deno.mkdir(folder);
    await runClientOk(["key", "create", key, "--kdf", "none"]);
    await using server = await ServerProcess.start();
    const places = {
      local: { PBS_REPOSITORY: `${server.dir.path}/store` },
      served: server.clientEnvironment,
    };
    for (const [form, mode] of Object.entries(MODES)) {
      for (const keyOptions of [[], ["--keyfile", key]]) {
        const id = `${form}${keyOptions.length > 0 ? "-encrypted" : ""}`;
        await runClientOk([
          ...["backup", `tree.pxar:${source}`, "--backup-id", id],
          ...["--change-detection-mode", mode, ...keyOptions],
        ], { env: places.local });
        for (const [place, env] of Object.entries(places)) {
          await test.step(`${id}, ${place}`, async () => {
            const args = [`host/${id}`, "tree.pxar", ...keyOptions];
            await using _mounted = await MountedArchive.at(folder, args, { env });
            await assertSameTree(source, folder, [], { hasFlags: false });
            const inodes = await runPeer("stat", ["-c", "%i", "hard/a", "hard/b", "hard/z/d"], {
              cwd: folder,
            });
            assertEquals(new Set(inodes.trim().split("\n")).size, 1, "hard links are one file");
          });
        }
      }
    }
  },
);

/** A repository with one large file, whose bytes are all different. */
async function makeLarge(dir: TempDir, sizeBytes: number): Promise<Record<string, string>> {
  await Deno.mkdir(`${dir.path}/source`);
  await Deno.mkdir(`${dir.path}/mounted`);
  const script =
    `openssl enc -aes-128-ctr -nosalt -k 1 -pbkdf2 < /dev/zero 2>/dev/null | head -c ` +
    `${sizeBytes} > ${dir.path}/source/large; echo small > ${dir.path}/source/small`;
  await runPeer("bash", ["-c", script]);
  const env = { PBS_REPOSITORY: `${dir.path}/store` };
  const source = `root.pxar:${dir.path}/source`;
  await runClientOk(["backup", "--init", source, "--backup-id", "a"], { env });
  return env;
}

testWithPeers(
  "eight processes read at random places while a backup and a garbage collection run",
  PEERS,
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const env = await makeLarge(dir, 48_000_000);
    await using mounted = await MountedArchive.at(`${dir.path}/mounted`, ["host/a", "root.pxar"], {
      env,
    });
    const compare = `
      for i in $(seq 40); do
        at=$(( (RANDOM * 32768 + RANDOM) % 11700 ))
        count=$((RANDOM % 9 + 1))
        for file in source mounted; do
          dd if=${dir.path}/$file/large bs=4096 skip=$at count=$count 2>&3 | sha256sum
        done | uniq | wc -l
      done 3>/dev/null | sort -u`;
    const readers = Array.from({ length: 8 }, () => runPeer("bash", ["-c", compare]));
    await Deno.writeTextFile(`${dir.path}/source/more`, "more");
    await Deno.remove(`${dir.path}/source/small`);
    const source = `root.pxar:${dir.path}/source`;
    await runClientOk(["backup", source, "--backup-id", "b"], { env });
    await runClientOk(["garbage-collect"], { env });
    assertEquals(new Set(await Promise.all(readers)), new Set(["1\n"]), "each pair is equal");
    await runPeer("cmp", [`${dir.path}/source/large`, `${mounted.path}/large`]);
    assertEquals(await Deno.readTextFile(`${mounted.path}/small`), "small\n");
  },
);

testWithPeers(
  "a damaged chunk makes the bytes in it unreadable, and no others, and is named",
  PEERS,
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const env = await makeLarge(dir, 24_000_000);
    const damaged = await chunkInMiddle(`${dir.path}/store`, "root.pxar.didx");
    const bytes = await Deno.readFile(damaged);
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(damaged, bytes);
    const path = `${dir.path}/mounted`;
    await using mounted = await MountedArchive.inForeground(path, ["host/a", "root.pxar"], env);
    const copy = `${dir.path}/copy`;
    await runPeer("dd", [`if=${path}/large`, `of=${copy}`, "bs=4096", "conv=noerror,sync"], {
      codes: [0, 1],
    });
    const { code, stderr } = await mounted.end("SIGINT");
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, damaged.slice(-64));
    const [read, expected] = [
      await Deno.readFile(copy),
      await Deno.readFile(`${dir.path}/source/large`),
    ];
    const wrong = read.subarray(0, expected.length).findIndex((byte, i) => byte !== expected[i]);
    let [first, last] = [-1, -1];
    for (let page = 0; page < expected.length; page += 4096) {
      const part = expected.subarray(page, page + 4096);
      if (part.every((byte, i) => byte === read[page + i])) continue;
      assert(read.subarray(page, page + 4096).every((byte) => byte === 0), "nothing wrong is read");
      if (first < 0) first = page;
      last = page + 4096;
    }
    assert(wrong >= 0 && last - first <= bytes.length + 2 * 4096, `${first} to ${last}`);
  },
);

testWithPeers(
  "signals unmount, kill -9 leaves what fusermount3 removes, and who reads is cut off",
  PEERS,
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const env = await makeLarge(dir, 100_000);
    const path = `${dir.path}/mounted`;
    const mount = () => MountedArchive.at(path, ["host/a", "root.pxar"], { env });
    const gone = async (id: number) => {
      const entries = await Array.fromAsync(Deno.readDir("/proc"));
      assert(!entries.some(({ name }) => name === `${id}`), `${id} is still there`);
    };
    const ended = (mounted: MountedArchive, id: number) =>
      eventually(async () => {
        assert(!mounted.isMounted);
        await gone(id);
      });
    {
      await using mounted = await mount();
      const id = mounted.processId;
      Deno.kill(id, "SIGTERM");
      await ended(mounted, id);
    }
    {
      await using mounted = await mount();
      const id = mounted.processId;
      await mounted.unmount();
      await eventually(() => gone(id));
    }
    {
      await using mounted = await mount();
      using _user = await Deno.open(`${path}/large`);
      const id = mounted.processId;
      Deno.kill(id, "SIGTERM");
      await ended(mounted, id);
    }
    await using mounted = await mount();
    const id = mounted.processId;
    Deno.kill(id, "SIGKILL");
    await eventually(() => gone(id));
    assert(mounted.isMounted);
    await mounted.unmount();
    await using again = await mount();
    assertEquals(await Deno.readTextFile(`${again.path}/small`), "small\n");
  },
);

testWithPeers("what cannot be mounted is an error of the command", PEERS, async () => {
  await using dir = await TempDir.make("/dev/shm");
  const env = await makeLarge(dir, 1000);
  const path = `${dir.path}/mounted`;
  const key = `${dir.path}/key`;
  await runClientOk(["key", "create", key, "--kdf", "none"]);
  const source = `root.pxar:${dir.path}/source`;
  await runClientOk(["backup", source, "--backup-id", "e", "--keyfile", key], { env });
  const cases: readonly (readonly [string[], string])[] = [
    [["host/a", "other.pxar", path], 'does not list an archive "other.pxar.didx"'],
    [["host/a", "root.pxar", `${path}/none`], "does not exist"],
    [["host/a", "root.pxar", `${dir.path}/source/large`], "is no folder"],
    [["host/a", "disk.img", path], "use the 'map' command to map drive images"],
    [["host/none", "root.pxar", path], "host/none"],
    [["host/e", "root.pxar", path], "missing key - manifest was created with key"],
  ];
  for (const [args, words] of cases) {
    const { code, stdout, stderr } = await runClient(["mount", ...args], { env });
    assertEquals([code, stdout], [255, ""], stderr);
    assertStringIncludes(stderr, words);
  }
  assertEquals(await Array.fromAsync(Deno.readDir(path)), []);
});
