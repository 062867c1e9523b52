import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { backUp } from "../support/back_up.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { eventually } from "../support/eventually.ts";
import { MountedArchive } from "../support/mounted_archive.ts";
import { runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const museum = fromFileUrl(new URL("../support/museum.py", import.meta.url));
const PEERS = [...TREE_PEERS, "python3", "setcap", "setfacl", "fusermount3", "cmp", "find", "diff"];
/** Snapshots of the group with many, and archives that a mount may have open. */
const [MANY, MAX_OPEN] = [60, 8];
const FIRST_TIME = 1_700_000_000;

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

/** Snapshots, by the locks on them, and other files of a datastore that a process has open. */
async function openLocks(processId: number): Promise<number> {
  const links = await runPeer("find", [`/proc/${processId}/fd`, "-printf", "%l\n"], {
    // What it closes while it is listed.
    codes: [0, 1],
  });
  return links.split("\n").filter((path) => path.includes("lock")).length;
}

testWithPeers(
  "a whole repository is shown as folders, from a directory and a server, and follows its changes",
  PEERS,
  async (test) => {
    await using server = await ServerProcess.start();
    const dir = server.dir.path;
    const local = { PBS_REPOSITORY: `${dir}/store` };
    const [tree, mount, key] = [`${dir}/tree`, `${dir}/mounted`, `${dir}/key`];
    await runPeer("python3", [museum, tree, "5"]);
    await runPeer("rm", ["-rf", `${tree}/exclude`]);
    await Deno.mkdir(mount);
    await Deno.writeFile(`${dir}/disk`, new Uint8Array(5_000_001).map((_, i) => (i >> 9) * 7));
    await Deno.writeTextFile(`${dir}/site.conf`, "port = 80\n".repeat(100));
    const run = (...words: string[]) => runClientOk(words, { env: local });
    await run("key", "create", key, "--kdf", "none");
    await run("namespace", "create", "east");
    await run("namespace", "create", "east/prod");
    const files = [`disk.img:${dir}/disk`, `site.conf:${dir}/site.conf`];
    await run("backup", `tree.pxar:${tree}`, ...files, "--backup-id", "legacy");
    await run(
      ...["backup", `tree.pxar:${tree}`, "--backup-id", "split", "--ns", "east/prod"],
      ...["--backup-type", "ct", "--change-detection-mode", "data"],
    );
    await run(
      ...["backup", `tree.pxar:${tree}`, ...files, "--backup-id", "secret"],
      ...["--change-detection-mode", "data", "--keyfile", key],
    );
    for (const [place, env] of Object.entries({ local, served: server.clientEnvironment })) {
      await test.step(place, async () => {
        await using _mounted = await MountedArchive.at(mount, ["--all", `--keyfile=${key}`], {
          env,
        });
        assertEquals(await names(mount), ["host", "ns"]);
        assertEquals(await names(`${mount}/ns/east/ns/prod/ct`), ["split"]);
        assertEquals((await names(`${mount}/host/legacy`)).length, 2);
        assertEquals(
          await names(`${mount}/host/legacy/latest`),
          ["catalog.pcat1", "disk.img", "site.conf", "tree.pxar"],
        );
        const isLocal = place === "local";
        const compared = isLocal ? ["host/legacy", "ns/east/ns/prod/ct/split"] : ["host/secret"];
        for (const group of compared) {
          const options = { hasFlags: false };
          await assertSameTree(tree, `${mount}/${group}/latest/tree.pxar`, [], options);
        }
        for (const group of ["host/legacy", "host/secret"]) {
          await runPeer("cmp", [`${dir}/disk`, `${mount}/${group}/latest/disk.img`]);
          await runPeer("cmp", [`${dir}/site.conf`, `${mount}/${group}/latest/site.conf`]);
        }
        const inodes = await runPeer("find", [mount, "-printf", "%i %n %y\n"]);
        const numbers = inodes.trim().split("\n").map((line) => line.split(" ")[0]);
        const hardLinks = 3 * 3;
        const distinct = new Set(numbers).size;
        assert(distinct >= numbers.length - hardLinks, `${distinct} of ${numbers.length}`);

        const time = isLocal ? FIRST_TIME : FIRST_TIME + 1;
        const name = isLocal ? "2023-11-14T22:13:20Z" : "2023-11-14T22:13:21Z";
        const id = ["--backup-id", "new"];
        await run("backup", `etc.pxar:${dir}/config`, ...id, "--backup-time", String(time));
        await eventually(async () => {
          assertEquals(await names(`${mount}/host/new`), [name, "latest"]);
        });
        assertEquals(await Deno.readLink(`${mount}/host/new/latest`), name);
        await run("garbage-collect");
        await runPeer("cmp", [`${dir}/disk`, `${mount}/host/legacy/latest/disk.img`]);
        await run("forget", `host/new/${name}`);
        await eventually(async () => assert(!(await names(`${mount}/host`)).includes("new")));
      });
    }
  },
);

testWithPeers(
  "many snapshots are walked with few of them open, and those that are needed no more are closed",
  PEERS,
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const [tree, mount, store] = [`${dir.path}/tree`, `${dir.path}/mounted`, `${dir.path}/store`];
    await Deno.mkdir(`${tree}/below`, { recursive: true });
    await Deno.mkdir(mount);
    const datastore = Datastore.create(store, { chunkFoldersOnDemand: true, syncLevel: "none" });
    await using repository = new LocalRepository(datastore);
    for (let i = 0; i < MANY; i++) {
      await Deno.writeTextFile(`${tree}/below/number`, `${i}`);
      const changeDetectionMode = i % 2 === 0 ? "legacy" : "data";
      const snapshot = { type: "host", id: "many", time: FIRST_TIME + i } as const;
      await backUp(repository, snapshot, [`a.pxar:${tree}`], { changeDetectionMode });
    }
    const other = { type: "host", id: "other", time: FIRST_TIME } as const;
    await backUp(repository, other, [`a.pxar:${tree}`]);
    const env = { PBS_REPOSITORY: store };
    await using mounted = await MountedArchive.inForeground(
      mount,
      ["--all", "--group=host/many"],
      env,
    );
    assertEquals(await names(`${mount}/host`), ["many"]);
    const found = await runPeer("find", [mount, "-name", "number", "-printf", "%i %p\n"]);
    const lines = found.trim().split("\n");
    assertEquals(lines.length, MANY);
    assertEquals(new Set(lines.map((line) => line.split(" ")[0])).size, MANY);
    const { pid } = mounted.child!;
    const locks = await openLocks(pid);
    assert(locks > 0 && locks <= MAX_OPEN, `${locks} snapshots are open`);
    // Of those that were closed, everything the kernel knows is still valid.
    const contents = await Promise.all(
      lines.map((line) => Deno.readTextFile(line.slice(line.indexOf(" ") + 1))),
    );
    assertEquals(contents.map(Number).sort((a, b) => a - b), [...Array(MANY).keys()]);
    assert(await openLocks(pid) <= MAX_OPEN);
    await runPeer("diff", ["-r", tree, `${mount}/host/many/latest/a.pxar`]);
    assertEquals((await mounted.end()).code, 0);
    assertEquals(await names(mount), []);
  },
);

testWithPeers(
  "a snapshot without its key or with damage is refused, with a line that says why, and others are not",
  PEERS,
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const [tree, mount, store] = [`${dir.path}/tree`, `${dir.path}/mounted`, `${dir.path}/store`];
    await Deno.mkdir(tree);
    await Deno.mkdir(mount);
    await Deno.writeTextFile(`${tree}/file`, "content");
    const env = { PBS_REPOSITORY: store, XDG_CONFIG_HOME: dir.path };
    await runClientOk(["datastore", "init", store], { env });
    const run = (...words: string[]) => runClientOk(words, { env });
    await run("key", "create", `${dir.path}/key`, "--kdf", "none");
    const backup = (id: string, ...more: string[]) =>
      run(
        ...["backup", `a.pxar:${tree}`, "--backup-id", id],
        ...["--backup-time", String(FIRST_TIME), ...more],
      );
    await backup("secret", "--keyfile", `${dir.path}/key`);
    await backup("index");
    await backup("manifest");
    await backup("sound");
    const place = (id: string) => `${store}/host/${id}/2023-11-14T22:13:20Z`;
    await Deno.writeTextFile(`${place("index")}/a.pxar.didx`, "damage");
    await Deno.writeTextFile(`${place("manifest")}/index.json.blob`, "damage");
    await using mounted = await MountedArchive.inForeground(mount, ["--all"], env);
    const list = (id: string) =>
      runPeer("ls", [`${mount}/host/${id}/latest/a.pxar`], { codes: [0, 2] });
    const failure = async (id: string) => {
      try {
        await Deno.stat(`${mount}/host/${id}/latest/a.pxar`);
        return "none";
      } catch (error) {
        return (error as Error).message;
      }
    };
    assertStringIncludes(await failure("secret"), "ermission denied");
    assertStringIncludes(await failure("index"), "os error 5");
    assertStringIncludes(await failure("manifest"), "os error 5");
    assertEquals(await list("sound"), "file\n");
    const { stderr } = await mounted.end();
    assertStringIncludes(stderr, "host/secret/2023-11-14T22:13:20Z/a.pxar.didx: missing key");
    assertStringIncludes(stderr, "host/index/2023-11-14T22:13:20Z/a.pxar.didx: ");
    assertStringIncludes(stderr, "host/manifest/2023-11-14T22:13:20Z/a.pxar.didx: ");
    assert(!stderr.includes("host/sound"), stderr);
  },
);
