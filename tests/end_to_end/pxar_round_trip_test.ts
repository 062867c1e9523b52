import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { parseDynamicIndex } from "../../lib/index/mod.ts";
import { formatSnapshotPath, parseSnapshotPath } from "../../lib/repository/mod.ts";
import { newRestoreProgress, runRestore } from "../../lib/restore/mod.ts";
import { backUp } from "../support/back_up.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { expectedDatastore, realDatastore } from "../support/real_datastore.ts";
import { restoreRequest } from "../support/restore_request.ts";
import { runPeer } from "../support/run_peer.ts";
import { runPxarOk } from "../support/run_pxar.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const SCRIPT = fromFileUrl(new URL("../../scripts/pxar", import.meta.url));

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const bytes of file.readable) hash.update(bytes);
  return hash.digest("hex");
}

/** SHA-256 of the stream that the official client has stored. */
function recordedHash(directory: string, filename: string): string {
  const snapshot = expectedDatastore().snapshots.find((each) => each.directory === directory)!;
  return snapshot.files.find((file) => file.filename === filename)!["plain-sha256"];
}

/** Quoted paths of `pxar list`, of a tree whose names are text. */
async function pathsOf(tree: string): Promise<string[]> {
  const found = await runPeer("find", [tree, "-mindepth", "1", "-printf", "/%P\\0"]);
  return ["/", ...found.split("\0").slice(0, -1)].toSorted();
}

testWithPeers(
  "of an official client's tree pxar makes the official client's archives, and the tree of them",
  [...TREE_PEERS, "chattr"],
  async () => {
    await using dir = await TempDir.make("/var/tmp");
    const [tree, archive] = [`${dir.path}/tree`, `${dir.path}/a.pxar`];
    const [metadata, payload] = [`${dir.path}/s.mpxar`, `${dir.path}/s.ppxar`];
    const recorded = "host/museum/2023-11-14T22:13:20Z";
    {
      await using repository = new LocalRepository(Datastore.open(await realDatastore()));
      await using source = await repository.openSnapshot("", parseSnapshotPath(recorded));
      await runRestore(
        restoreRequest(source, "tree.pxar", tree),
        { log: () => {}, progress: newRestoreProgress() },
      );
    }
    // The one thing that a restore leaves out and an archive has (spec: pxar.md §8.1).
    await runPeer("chattr", ["+d", `${tree}/flags/nodump`]);

    assertEquals(await runPxarOk(["create", archive, tree]), "");
    assertEquals(await hashOf(archive), recordedHash(recorded, "tree.pxar.didx"));
    await runPxarOk(["create", metadata, tree, "--payload-output", payload]);
    const split = "host/split/2023-11-14T22:13:20Z";
    assertEquals(await hashOf(metadata), recordedHash(split, "tree.mpxar.didx"));
    assertEquals(await hashOf(payload), recordedHash(split, "tree.ppxar.didx"));

    await runPxarOk(["extract", archive, `${dir.path}/legacy`]);
    await assertSameTree(tree, `${dir.path}/legacy`);
    await runPxarOk(["extract", metadata, `${dir.path}/split`, "--payload-input", payload]);
    await assertSameTree(tree, `${dir.path}/split`);

    const listed = await runPxarOk(["list", archive]);
    assertEquals(listed, await runPxarOk(["list", metadata, "--payload-input", payload]));
    const isPlain = (path: string) => !path.includes("/names");
    const lines = listed.trimEnd().split("\n").map((line) => line.slice(1, -1));
    assertEquals(
      lines.filter(isPlain).toSorted(),
      (await pathsOf(tree)).filter(isPlain),
    );
    assertEquals(lines.length, (await pathsOf(tree)).length);
  },
);

/** The SHA-256 of each archive of a snapshot, all of which are of one chunk. */
async function digestsOf(store: string, snapshot: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const { name } of Deno.readDirSync(`${store}/${snapshot}`)) {
    if (!/pxar\.didx$/.test(name)) continue;
    const bytes = await Deno.readFile(`${store}/${snapshot}/${name}`);
    const index = parseDynamicIndex(bytes, name);
    assertEquals(index.chunkCount, 1);
    digests[name] = encodeHex(index.digestAt(0));
  }
  return digests;
}

Deno.test("an archive with excluded files is the one that a backup of the tree stores", async () => {
  await using dir = await TempDir.make();
  const [tree, store] = [`${dir.path}/tree`, `${dir.path}/store`];
  await Deno.mkdir(`${tree}/sub/cache`, { recursive: true });
  for (const name of ["a", "b.tmp", "sub/c", "sub/cache/d", "sub/.pxarexclude"]) {
    await Deno.writeTextFile(`${tree}/${name}`, name === "sub/.pxarexclude" ? "c\n" : name);
  }
  const excludes = ["*.tmp", "cache/"];
  const options = excludes.flatMap((pattern) => ["--exclude", pattern]);
  const file = (name: string) => `${dir.path}/${name}`;
  await runPxarOk(["create", file("a.pxar"), tree, ...options]);
  await runPxarOk([
    "create",
    file("s.mpxar"),
    tree,
    ...options,
    "--payload-output",
    file("s.ppxar"),
  ]);
  const datastore = Datastore.create(store, { chunkFoldersOnDemand: true, syncLevel: "none" });
  await using repository = new LocalRepository(datastore);
  for (const changeDetectionMode of ["legacy", "data"] as const) {
    const snapshot = { type: "host", id: changeDetectionMode, time: 1_700_000_000 } as const;
    await backUp(repository, snapshot, [`tree.pxar:${tree}`], { excludes, changeDetectionMode });
    const expected: Record<string, string> = changeDetectionMode === "legacy"
      ? { "tree.pxar.didx": await hashOf(file("a.pxar")) }
      : {
        "tree.mpxar.didx": await hashOf(file("s.mpxar")),
        "tree.ppxar.didx": await hashOf(file("s.ppxar")),
      };
    assertEquals(await digestsOf(store, formatSnapshotPath(snapshot)), expected);
  }
  const listed = await runPxarOk(["list", file("a.pxar")]);
  assertEquals(
    listed.trimEnd().split("\n"),
    ["/", "/a", "/sub", "/sub/.pxarexclude", "/.pxarexclude-cli"].map((path) => `"${path}"`),
  );
  await runPxarOk([
    "extract",
    file("s.mpxar"),
    file("out"),
    ...["--payload-input", file("s.ppxar"), "--prelude-target", file("prelude")],
  ]);
  assertEquals(
    await Deno.readTextFile(file("prelude")),
    '{"exclude-patterns":"*.tmp\\ncache/\\n"}',
  );
});

testWithPeers("an archive goes through pipes from one pxar to another", ["bash"], async () => {
  await using dir = await TempDir.make();
  await Deno.mkdir(`${dir.path}/tree/sub`, { recursive: true });
  await Deno.writeFile(`${dir.path}/tree/large`, new Uint8Array(3_000_001).fill(7));
  await Deno.writeTextFile(`${dir.path}/tree/sub/small`, "small");
  const line = '"$0" create /dev/stdout tree | "$0" extract - out && mkfifo pipe && ' +
    '{ "$0" create pipe tree & "$0" list pipe && wait $!; }';
  const listed = await runPeer("bash", ["-o", "pipefail", "-c", line, SCRIPT], { cwd: dir.path });
  assertEquals(listed, '"/"\n"/large"\n"/sub"\n"/sub/small"\n');
  await runPeer("diff", ["-r", `${dir.path}/tree`, `${dir.path}/out`]);
});
