// deno-lint-ignore-file no-console -- the number of entries is reported
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { copySmallFiles } from "../support/copy_small_files.ts";
import { eventually } from "../support/eventually.ts";
import { kernelLocks } from "../support/kernel_locks.ts";
import { realDatastore } from "../support/real_datastore.ts";
import { clientCommand, runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const museum = fromFileUrl(new URL("../support/museum.py", import.meta.url));
const SECOND_SNAPSHOT = "1700003600";

/** Runs the program in a shell that got what `serve` printed, and nothing else. */
async function runPasted(server: ServerProcess, args: readonly string[]): Promise<string> {
  const script = `${server.greeting}\nexec "$@"\n`;
  return await runPeer("sh", ["-e", "-c", script, "sh", ...clientCommand(args)]);
}

/** A tree with all kinds of metadata, an image and a configuration file. */
async function makeSources(dir: string): Promise<void> {
  await runPeer("python3", [museum, `${dir}/tree`, "11"]);
  await runPeer("rm", ["-rf", `${dir}/tree/exclude`]);
  const image = new Uint8Array(9_000_000);
  for (let at = 0; at < image.length / 2; at += 65536) {
    crypto.getRandomValues(image.subarray(at, at + 65536));
  }
  await Deno.writeFile(`${dir}/disk`, image);
  await Deno.writeTextFile(`${dir}/conf`, "setting = 1\n");
}

const sourcesOf = (dir: string) => [
  `tree.pxar:${dir}/tree`,
  `disk.img:${dir}/disk`,
  `app.conf:${dir}/conf`,
];

testWithPeers(
  "a real tree of 100,000 files goes through serve and back, with what serve prints",
  [...TREE_PEERS],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    await using server = await ServerProcess.start();
    const source = `${dir.path}/source`;
    const entries = await copySmallFiles("/usr/share", source, 100_000);
    await runPasted(server, ["backup", `usr.pxar:${source}`, "--backup-id", "newcomer"]);
    const restored = `${dir.path}/restored`;
    await runPasted(server, ["restore", "host/newcomer", "usr.pxar", restored]);
    await assertSameTree(source, restored);
    const status = await server.end();
    assertEquals([status.code, status.signal], [0, null]);
    await runClientOk(["datastore", "verify", `${server.dir.path}/store`]);
    console.log(`${entries} entries of /usr/share`);
  },
);

testWithPeers(
  "what was written through serve is read from the directory, and the other way round",
  [...TREE_PEERS, "python3", "setcap", "setfacl"],
  async () => {
    await using dir = await TempDir.make("/var/tmp");
    await using server = await ServerProcess.start();
    await makeSources(dir.path);
    const key = `${dir.path}/key`;
    await runClientOk(["key", "create", key, "--kdf", "none"]);
    const store = ["--repository", `${server.dir.path}/store`];
    const ways = {
      served: (args: string[]) => runClientOk(args, { env: server.clientEnvironment }),
      direct: (args: string[]) => runClientOk([...args, ...store]),
    };
    let cases = 0;
    for (
      const [mode, options] of [
        ["legacy", []],
        ["data", ["--change-detection-mode", "data"]],
        ["encrypted", ["--keyfile", key]],
        ["metadata", ["--change-detection-mode", "metadata", "--keyfile", key]],
      ] as const
    ) {
      for (const [writer, reader] of [["served", "direct"], ["direct", "served"]] as const) {
        const group = `${writer}-${mode}`;
        const backup = ["backup", ...sourcesOf(dir.path), "--backup-id", group, ...options];
        await ways[writer](backup);
        // Two runs may fall into one second.
        const later = [...backup, "--backup-time", "4000000000"];
        if (mode === "metadata") await ways[writer](later);
        const target = `${dir.path}/${group}`;
        const readOptions = options.includes("--keyfile" as never) ? ["--keyfile", key] : [];
        for (const name of ["tree.pxar", "disk.img", "app.conf"]) {
          await Deno.mkdir(target, { recursive: true });
          const to = name === "tree.pxar" ? `${target}/tree` : `${target}/${name}`;
          await ways[reader](["restore", `host/${group}`, name, to, ...readOptions]);
          cases++;
        }
        await assertSameTree(`${dir.path}/tree`, `${target}/tree`);
        for (const [name, from] of [["disk.img", "disk"], ["app.conf", "conf"]]) {
          await runPeer("cmp", [`${target}/${name}`, `${dir.path}/${from}`]);
        }
      }
    }
    for (const run of Object.values(ways)) await run(["datastore", "verify"]);
    console.log(`${cases} archives read the other way`);
  },
);

/** What a path of a datastore is; undefined for what is our own. */
function kindOf(path: string): string | undefined {
  const local = path.replace(/^(ns\/[^/]+\/)+(?=(ct|host|vm|ns)(\/|$))/, "");
  if (/^\.locks(\/|$)/.test(local)) return undefined;
  return local
    .replace(/^ns\/[^/]+$/, "ns/NAME")
    .replace(/^\.chunks\/[0-9a-f]{4}(?=\/|$)/, ".chunks/XXXX")
    .replace(/\/[0-9a-f]{64}$/, "/DIGEST")
    .replace(/^(ct|host|vm)\/[^/]+(?=\/|$)/, "TYPE/ID")
    .replace(/^(ct|host|vm)$/, "TYPE")
    .replace(/^TYPE\/ID\/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(?=\/|$)/, "TYPE/ID/TIME")
    .replace(
      /^TYPE\/ID\/TIME\/(?!index\.json)[\w.-]+\.(?=didx$|fidx$|blob$)/,
      "TYPE/ID/TIME/NAME.",
    );
}

/** Kinds of entries with type, mode and owner. */
async function layoutOf(store: string): Promise<string[]> {
  const list = await runPeer("find", [store, "-printf", "%P\t%y %m %U:%G\n"]);
  const kinds = list.trimEnd().split("\n").map((line) => {
    const [path = "", what] = line.split("\t");
    const kind = kindOf(path);
    return kind === undefined ? undefined : `${kind || "."} ${what}`;
  });
  return [...new Set(kinds.filter((kind) => kind !== undefined))].sort();
}

testWithPeers(
  "a datastore written through serve is laid out as one written directly and as a real server's",
  ["find"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    await using server = await ServerProcess.start();
    await Deno.mkdir(`${dir.path}/tree`);
    await Deno.writeTextFile(`${dir.path}/tree/file`, "content\n");
    await Deno.writeFile(`${dir.path}/disk`, new Uint8Array(5_000_000).fill(1));
    await Deno.writeTextFile(`${dir.path}/conf`, "setting = 1\n");
    await Deno.writeTextFile(`${dir.path}/log`, "done\n");
    const master = ["--kdf", "none"];
    await runClientOk(["key", "create", `${dir.path}/key`, ...master]);
    const direct = `${dir.path}/direct`;
    await runClientOk(["datastore", "init", direct]);
    const backup = ["backup", ...sourcesOf(dir.path), "--backup-time"];
    const where = ["--ns", "a/b", "--backup-type"];
    const steps = [
      ["namespace", "create", "a"],
      ["namespace", "create", "a/b"],
      [...backup, "1700000000", "--backup-id", "m", "--backup-type", "host"],
      [...backup, "1700000000", "--backup-id", "m", ...where, "host", "--keyfile", "KEY"],
      [
        ...["backup", `tree.pxar:${dir.path}/tree`, "--change-detection-mode", "data"],
        ...["--backup-time", SECOND_SNAPSHOT, "--backup-id", "m", ...where, "host"],
      ],
      ["backup", `disk.img:${dir.path}/disk`, "--backup-id", "100", "--backup-type", "vm"],
      ["snapshot", "upload-log", "host/m/2023-11-14T22:13:20Z", `${dir.path}/log`],
      ["snapshot", "protected", "update", "host/m/2023-11-14T22:13:20Z", "true"],
      ["snapshot", "notes", "update", "host/m/2023-11-14T22:13:20Z", "a note"],
      ["garbage-collect"],
    ].map((args) => args.map((word) => word === "KEY" ? `${dir.path}/key` : word));
    // A umask of an administrator who lets nobody look must not matter.
    const under = ["sh", "-c", 'umask 077; exec "$@"', "sh"];
    for (const args of steps) {
      await runClientOk(args, { env: server.clientEnvironment });
      await runClientOk([...args, "--repository", direct], { under });
    }
    const served = `${server.dir.path}/store`;
    const layout = await layoutOf(served);
    assertEquals(await layoutOf(direct), layout);
    // The folder with the chunks was packed with the mode of the packer's own.
    const ofNoConcern = /^\.chunks d /;
    const real = (await layoutOf(await realDatastore())).filter((line) => !ofNoConcern.test(line));
    assertEquals(layout.filter((line) => !ofNoConcern.test(line)), real);
    assert(layout.includes(".chunks d 750 34:34"), layout.join("\n"));
    assertEquals([...Deno.readDirSync(`${served}/.chunks`)].length, 65536);

    for (const [store, owner] of [[served, "admin@pbs"], [direct, "root@pam"]] as const) {
      for (const group of ["host/m", "ns/a/ns/b/host/m", "vm/100"]) {
        assertEquals(await Deno.readTextFile(`${store}/${group}/owner`), `${owner}\n`);
      }
      await eventually(async () =>
        assertEquals(await runPeer("find", [`${store}/.locks`, "-type", "f"]), "")
      );
    }
    const chunksOf = async (store: string) =>
      (await runPeer("find", [`${store}/.chunks`, "-type", "f", "-printf", "%P\n"]))
        .split("\n").sort();
    assertEquals(await chunksOf(served), await chunksOf(direct));
    console.log(`${layout.length} kinds of entries`);
  },
);

testWithPeers(
  "a backup through serve holds the locks of one in the directory, and each keeps the other out",
  ["mkfifo", "find"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    await using server = await ServerProcess.start();
    const store = `${server.dir.path}/store`;
    const direct = ["--repository", store];
    const fifo = `${dir.path}/fifo`;
    await runPeer("mkfifo", [fifo]);
    await Deno.writeTextFile(`${dir.path}/conf`, "setting = 1\n");
    const ways = {
      served: { args: [] as string[], env: server.clientEnvironment },
      direct: { args: direct, env: {} },
    };
    const held: string[][] = [];
    for (const [way, { args, env }] of Object.entries(ways)) {
      const backup = (source: string, time: number) => [
        ...["backup", source, "--backup-id", way, "--backup-time", `${time}`, ...args],
      ];
      await runClientOk(backup(`app.conf:${dir.path}/conf`, 1_700_000_000), { env });
      const writer = await Deno.open(fifo, { read: true, write: true });
      const running = spawnClient(backup(`pipe.img:${fifo}`, 1_700_000_100), {
        env,
        output: "piped",
      });
      const lines = running.output();
      await writer.write(new Uint8Array(65536));
      await eventually(async () => {
        const begun = await runPeer("find", [`${store}/host`, "-name", "pipe*.tmp_fidx"]);
        assertStringIncludes(begun, "tmp_fidx");
      });
      held.push((kernelLocks(store)).map((line) => line.replaceAll(way, "ID")));
      for (const [other, { args, env }] of Object.entries(ways)) {
        const second = await runClient(
          ["backup", `app.conf:${dir.path}/conf`, "--backup-id", way, ...args],
          { env },
        );
        assertEquals(second.code, 255, `${other} while ${way} runs: ${second.stderr}`);
        assertStringIncludes(second.stderr, "locked");
        const forget = await runClient(
          ["snapshot", "forget", `host/${way}/2023-11-14T22:13:20Z`, ...args],
          { env },
        );
        assertEquals(forget.code, 255, "the previous snapshot may be forgotten");
        const collect = await runClient(["garbage-collect", ...args], { env });
        // Only the process that runs the backup knows what it uses.
        const mayCollect = way === "served" && other === "served";
        assertEquals(collect.code === 0, mayCollect, `${other} while ${way} runs`);
      }
      // The end of the pipe.
      writer.close();
      const { success, stderr } = await lines;
      assert(success, new TextDecoder().decode(stderr));
      // A server lets go when it hears that the connection has ended.
      await eventually(() => Promise.resolve(assertEquals(kernelLocks(store), [])));
    }
    assertEquals(held[0], held[1]);
    console.log(held[0]!.join("\n"));
  },
);
