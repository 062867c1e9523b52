import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseDynamicIndex } from "../../lib/index/mod.ts";
import { assertFailure } from "../support/assert_run.ts";
import { clientCommand, runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";

const DIRECTORIES = ["a", "data", "data/deep", "data/deep/deeper", "z"];

/** A tree in which directories that begin in the first chunk hold most of the content. */
async function makeTree(source: string): Promise<void> {
  await runPeer("bash", [
    "-e",
    "-c",
    `mkdir -p '${source}'/{a,data/deep/deeper,z} && cd '${source}'
     for i in 1 2 3; do head -c 3000 /dev/urandom > a/$i; done
     for i in $(seq 10 40); do head -c 20000 /dev/urandom > data/deep/deeper/$i; done
     head -c 10000 /dev/urandom > data/last; ln -s a data/link; echo > z/z`,
  ]);
}

/** Takes the first chunk of an archive away. */
async function loseFirstChunk(store: string, archive: string): Promise<void> {
  const path = (await runPeer("find", [store, "-name", archive])).trim();
  const digest = parseDynamicIndex(await Deno.readFile(path), archive).digestAt(0).toHex();
  await Deno.remove(`${store}/.chunks/${digest.slice(0, 4)}/${digest}`);
}

async function paths(root: string): Promise<string[]> {
  return (await runPeer("find", [".", "-mindepth", "1", "-printf", "%P\n"], { cwd: root }))
    .trim().split("\n").sort();
}

for (const encrypted of [false, true]) {
  const how = encrypted ? "encrypted" : "plain";
  Deno.test(`the catalog names what the first chunk of an archive has taken with it, ${how}`, async () => {
    await using dir = await TempDir.make("/dev/shm");
    const [source, store] = [`${dir.path}/source`, `${dir.path}/store`];
    await makeTree(source);
    const at = ["--repository", store];
    if (encrypted) {
      at.push("--keyfile", `${dir.path}/key`);
      await runClientOk(["key", "create", `${dir.path}/key`, "--kdf", "none"]);
    }
    const options = ["--init", "--backup-id", "x", "--chunk-size", "64"];
    await runClientOk(["backup", `t.pxar:${source}`, ...at, ...options]);
    await loseFirstChunk(store, "t.pxar.didx");
    const out = `${dir.path}/out`;
    const run = await runClient(["restore", "host/x", "t.pxar", out, ...at]);
    assertFailure(run, /files? and the attributes of \d entries could not be restored/);
    const [before, after] = [await paths(source), await paths(out)];
    const named = [...run.stderr.matchAll(/^cannot restore "\/(.*)": /gm)]
      .map(([, path]) => path!);
    // Everything is either there or named.
    const lostWhole = (path: string) => named.some((name) => path.startsWith(`${name}/`));
    assertEquals([...after, ...named].sort(), before.filter((path) => !lostWhole(path)));
    assert(after.includes("data/deep/deeper/40") && named.length < before.length / 2);
    for (const path of after) {
      if (DIRECTORIES.includes(path) || path === "data/link") continue;
      await runPeer("cmp", [`${source}/${path}`, `${out}/${path}`]);
    }
    // The directories that were made without their metadata are for their owner alone.
    assertEquals(Deno.statSync(`${out}/data/deep`).mode! & 0o777, 0o700);
    assertMatch(run.stderr, /^cannot restore the metadata of "\/data\/deep\/deeper": /m);
    // A tar file has the same, and no end.
    const restore = clientCommand(["restore", "host/x", "t.pxar", "-", "--format", "tar", ...at]);
    const listed = await runPeer("bash", [
      "-c",
      `${restore.map((word) => `'${word}'`).join(" ")} 2>/dev/null | tar -t 2>/dev/null`,
    ], { codes: [0, 2] });
    assertEquals(
      listed.match(/deeper\/\d+$/gm)?.length,
      after.filter((path) => /deeper\/\d/.test(path)).length,
    );
  });
}

Deno.test("with the catalog lost as well, directories have made-up names", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const [source, store] = [`${dir.path}/source`, `${dir.path}/store`];
  await makeTree(source);
  const at = ["--repository", store];
  const options = ["--init", "--backup-id", "x", "--chunk-size", "64"];
  await runClientOk(["backup", `t.pxar:${source}`, ...at, ...options]);
  await loseFirstChunk(store, "t.pxar.didx");
  await loseFirstChunk(store, "catalog.pcat1.didx");
  const out = `${dir.path}/out`;
  const run = await runClient(["restore", "host/x", "t.pxar", out, ...at]);
  assertFailure(run, /(its name is|their names are) lost as well/);
  const after = await paths(out);
  const [last] = after.filter((path) => /^(lost-\d+\/){3}40$/.test(path));
  await runPeer("cmp", [`${source}/data/deep/deeper/40`, `${out}/${last}`]);
  await runPeer("cmp", [`${source}/z/z`, `${out}/z/z`]);
});

Deno.test("without a catalog directories have made-up names, and their contents their own", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const [source, store] = [`${dir.path}/source`, `${dir.path}/store`];
  // Metadata in several chunks.
  await runPeer("bash", [
    "-e",
    "-c",
    `mkdir -p '${source}/data/deep' && cd '${source}/data/deep' &&
     for i in $(seq 1000 3999); do echo $i > $i; done`,
  ]);
  const at = ["--repository", store];
  const options = ["--init", "--backup-id", "x", "--chunk-size", "64"];
  await runClientOk([
    ...["backup", `t.pxar:${source}`, ...at, ...options, "--change-detection-mode", "data"],
  ]);
  await loseFirstChunk(store, "t.mpxar.didx");
  const out = `${dir.path}/out`;
  const run = await runClient(["restore", "host/x", "t.pxar", out, ...at]);
  assertFailure(run, /entries and the attributes of 3 entries could not be restored/);
  const files = (await paths(out)).map((path) => /^lost-\d+\/lost-\d+\/(\d{4})$/.exec(path)?.[1])
    .filter((name) => name !== undefined);
  const lost = Number(/(\d+) entries of .*, their names are lost/.exec(run.stderr)?.[1]);
  assertEquals(files.length + lost, 3000);
  assert(files.length > 300, `${files.length} files`);
  const where = (await runPeer("bash", ["-c", `echo lost-*/lost-*`], { cwd: out })).trim();
  for (const name of [files[0]!, files.at(-1)!]) {
    assertEquals(Deno.readTextFileSync(`${out}/${where}/${name}`), `${name}\n`);
  }
});
