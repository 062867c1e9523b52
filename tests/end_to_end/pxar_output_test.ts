import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { parseDynamicIndex } from "../../lib/index/mod.ts";
import { assertFailure } from "../support/assert_run.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { clientCommand, runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const museum = fromFileUrl(new URL("../support/museum.py", import.meta.url));

/** A shell command that runs the program. */
function shellCommand(...args: string[]): string {
  return clientCommand(args).map((word) => `'${word}'`).join(" ");
}

/** The same, under the name `pxar`. */
function pxarCommand(...args: string[]): string {
  return `(exec -a pxar ${shellCommand(...args)})`;
}

/** A tree with every kind of entry and metadata, links over directories, and holes. */
async function makeTree(source: string): Promise<void> {
  await runPeer("python3", [museum, source, "7"]);
  await runPeer("bash", [
    "-e",
    "-c",
    `cd '${source}' && rm -rf exclude && mkdir holes zz
     truncate -s 30M holes/all
     printf data | dd of=holes/all conv=notrunc bs=1 seek=20000003 status=none
     head -c 3000000 /dev/urandom > holes/noise
     ln holes/all zz/again && ln holes/noise zz/noise && ln holes/noise holes/more`,
  ]);
}

testWithPeers(
  "a split archive goes to the standard output as the archive that legacy mode makes",
  [...TREE_PEERS, "python3", "setcap", "setfacl", "setfattr", "cmp"],
  async () => {
    await using dir = await TempDir.make("/var/tmp");
    await using memory = await TempDir.make("/dev/shm");
    await using server = await ServerProcess.start();
    const source = `${dir.path}/source`;
    await makeTree(source);
    const served = { env: server.clientEnvironment };
    await runClientOk(["key", "create", `${dir.path}/key`, "--kdf", "none"]);
    const plain = ["--repository", `${memory.path}/store`];
    const places: [string, string[], { env?: Record<string, string> }][] = [
      ["plain", plain, {}],
      ["served", ["--keyfile", `${dir.path}/key`], served],
    ];
    for (const [place, at, options] of places) {
      const init = place === "served" ? [] : ["--init"];
      const backUp = (mode: string) =>
        runClientOk([
          ...["backup", `tree.pxar:${source}`, ...at, ...init, "--backup-id", `${place}-${mode}`],
          ...["--change-detection-mode", mode],
        ], options);
      await backUp("legacy");
      await backUp("data");
      const write = (mode: string, file: string, ...more: string[]) =>
        runPeer("env", [
          ...Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
          "bash",
          "-e",
          "-c",
          `${
            shellCommand("restore", `host/${place}-${mode}`, "tree.pxar", "-", ...more, ...at)
          } > '${memory.path}/${file}'`,
        ]);
      await write("legacy", "legacy.pxar");
      await write("data", "data.pxar", "--format", "pxar");
      await runPeer("cmp", [`${memory.path}/legacy.pxar`, `${memory.path}/data.pxar`]);
      if (place === "served") continue;
      await write("legacy", "part.pxar", "--format", "pxar", "--pattern", "/holes/more");
      await write("data", "part2.pxar", "--format", "pxar", "--pattern", "/holes/more");
      await runPeer("cmp", [`${memory.path}/part.pxar`, `${memory.path}/part2.pxar`]);
    }
    const restored = `${dir.path}/restored`;
    const restore = ["restore", "host/plain-data", "tree.pxar", "-", "--format", "pxar", ...plain];
    await runPeer("bash", [
      "-e",
      "-o",
      "pipefail",
      "-c",
      `${shellCommand(...restore)} | ${pxarCommand("extract", "-", restored)}`,
    ]);
    await assertSameTree(source, restored);
    const part = await runPeer("bash", ["-c", pxarCommand("list", `${memory.path}/part.pxar`)]);
    assertEquals(part.trim().split("\n").length, 3, part);
  },
);

testWithPeers(
  "an archive of which contents and metadata were taken over goes out whole",
  [...TREE_PEERS, "python3", "setcap", "setfacl"],
  async () => {
    await using dir = await TempDir.make("/var/tmp");
    await using memory = await TempDir.make("/dev/shm");
    const source = `${dir.path}/source`;
    const at = ["--repository", `${memory.path}/store`];
    await makeTree(source);
    const backUp = ["backup", `tree.pxar:${source}`, ...at, "--init", "--backup-id", "tree"];
    const metadata = ["--change-detection-mode", "metadata"];
    await runClientOk([...backUp, ...metadata, "--backup-time", "1700000000"]);
    await runPeer("bash", ["-c", `cd '${source}' && echo new > holes/new && rm zz/noise`]);
    await runClientOk([...backUp, ...metadata, "--exclude", "/hard"]);
    const restore = ["restore", "host/tree", "tree.pxar", "-", "--format", "pxar", ...at];
    await runPeer("bash", [
      "-e",
      "-o",
      "pipefail",
      "-c",
      `${shellCommand(...restore)} | ${pxarCommand("extract", "-", `${dir.path}/restored`)}`,
    ]);
    await Deno.remove(`${source}/hard`, { recursive: true });
    await runPeer("rm", ["-rf", `${dir.path}/restored/hard`]);
    await runPeer("touch", ["-r", source, `${dir.path}/restored`]);
    await assertSameTree(source, `${dir.path}/restored`);
  },
);

testWithPeers("an archive with a damaged file has the others, and its end is missing", [
  "cmp",
  "find",
], async () => {
  await using dir = await TempDir.make("/dev/shm");
  const tree = `${dir.path}/tree`;
  await Deno.mkdir(tree);
  await runPeer("bash", [
    "-e",
    "-c",
    `cd '${tree}' && head -c 3000000 /dev/urandom > b && echo a > a && echo c > c && ln b d`,
  ]);
  const at = ["--repository", `${dir.path}/store`];
  const options = ["--init", "--backup-id", "x", "--chunk-size", "64"];
  await runClientOk([
    ...["backup", `tree.pxar:${tree}`, ...at, ...options, "--change-detection-mode", "data"],
  ]);
  const refused = await runClient(["restore", "host/x", "tree.pxar", "-", ...at]);
  assertFailure(refused, /unable to pipe split archive/);
  assertMatch(refused.stderr, /Hint: --format pxar/);
  const unselected = await runClient([
    ...["restore", "host/x", "tree.pxar", "-", "--pattern", "/c", ...at],
  ]);
  assertFailure(unselected, /patterns not allowed when restoring to stdout/);
  const path = (await runPeer("find", [`${dir.path}/store`, "-name", "tree.ppxar.didx"])).trim();
  const index = parseDynamicIndex(await Deno.readFile(path), "tree.ppxar.didx");
  for (const [chunk, lost] of [[index.chunkCount >> 1, "in the middle"], [1, "at once"]] as const) {
    const digest = index.digestAt(chunk).toHex();
    const file = `${dir.path}/store/.chunks/${digest.slice(0, 4)}/${digest}`;
    await Deno.rename(file, `${file}.away`);
    const restore = ["restore", "host/x", "tree.pxar", "-", "--format", "pxar", ...at];
    const run = await runPeer("bash", [
      "-c",
      `${shellCommand(...restore)} 2>'${dir.path}/log' > '${dir.path}/pxar'; echo $?`,
    ]);
    assertEquals(run.trim(), "255");
    const log = await Deno.readTextFile(`${dir.path}/log`);
    assertMatch(log, /cannot restore "\/?b": /);
    assertMatch(log, /Error: 1 file could not be restored/);
    const out = `${dir.path}/${lost}`;
    const extracted = await runPeer("bash", [
      "-c",
      `${pxarCommand("extract", `${dir.path}/pxar`, out)} 2>&1; echo $?`,
    ]);
    assertMatch(extracted, /ends at \d+, before it is complete/);
    assert(extracted.trim().endsWith("255"), extracted);
    for (const name of ["a", "c"]) await runPeer("cmp", [`${tree}/${name}`, `${out}/${name}`]);
    await Deno.rename(`${file}.away`, file);
  }
});
