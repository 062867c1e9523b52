import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { ServerProcess } from "../support/server_process.ts";
import { assertOk } from "../support/assert_run.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { SHELL_NOISE } from "../support/noise.ts";
import { type ClientRun, runClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** A source whose files are old enough to be trusted, and backups of it in mode metadata. */
class Place implements AsyncDisposable {
  readonly source: string;
  #time = 1_700_000_000;
  #editTime = 1_500_000_000;
  env: Record<string, string> = {};
  repository: string;
  key: readonly string[] = [];

  private constructor(readonly dir: TempDir, readonly storeDir: TempDir) {
    this.source = `${dir.path}/source`;
    this.repository = `${storeDir.path}/store`;
  }

  static async make(): Promise<Place> {
    const place = new Place(await TempDir.make(), await TempDir.make("/dev/shm"));
    await Deno.mkdir(place.source);
    await place.edit(`${SHELL_NOISE}
      noise 1500000 1 | for i in $(seq 300); do head -c $((i * 97 % 9000)) > f$i; done
      mkdir -p a/b; for i in $(seq 100); do echo $i > a/b/$i; done
      ln f7 a/hard; ln -s f8 soft; setfattr -n user.note -v one f9; setfacl -m u:1000:r f10`);
    return place;
  }

  /** Changes the source with shell commands; afterwards nothing looks as if it was just changed. */
  async edit(script: string): Promise<void> {
    await runPeer("bash", [
      "-e",
      "-c",
      `${script}
      find . -newermt 2020-01-01 -not -type l -exec touch -h -d @${this.#editTime++} {} +`,
    ], {
      cwd: this.source,
    });
  }

  async backup(...options: string[]): Promise<ClientRun> {
    const words = ["backup", `tree.pxar:${this.source}`, "--repository", this.repository];
    if (this.repository.startsWith("/")) words.push("--init");
    const time = `${this.#time++}`;
    return await runClient([
      ...words,
      "--backup-id=t",
      "--backup-time",
      time,
      "--change-detection-mode=metadata",
      ...this.key,
      ...options,
    ], { env: this.env });
  }

  async assertRestored(): Promise<void> {
    const out = `${this.dir.path}/out`;
    await runPeer("rm", ["-rf", out]);
    const where = ["--repository", this.repository, ...this.key];
    assertOk(await runClient(["restore", "host/t", "tree.pxar", out, ...where], { env: this.env }));
    await assertSameTree(this.source, out);
  }

  /** Files of the chunks that the newest metadata archive consists of (spec: datastore-formats.md). */
  async metadataChunks(): Promise<string[]> {
    const group = `${this.repository}/host/t`;
    const times = [...Deno.readDirSync(group)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name).sort();
    const index = (await Deno.readFile(`${group}/${times.at(-1)}/tree.mpxar.didx`)).subarray(4096);
    const digests = Array.from(
      { length: index.length / 40 },
      (_, i) => encodeHex(index.subarray(i * 40 + 8, i * 40 + 40)),
    );
    return [...new Set(digests)].map((digest) =>
      `${this.repository}/.chunks/${digest.slice(0, 4)}/${digest}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
    await this.storeDir[Symbol.asyncDispose]();
  }
}

/** Unchanged and changed files, as the summary says. */
function countsOf({ stderr }: ClientRun): [unchanged: number, changed: number] {
  const [, unchanged] = / - (\d+) unchanged, reusable/.exec(stderr) ?? assert(false, stderr) ?? [];
  const [, changed] = / - (\d+) changed or non-reusable/.exec(stderr)!;
  return [Number(unchanged), Number(changed)];
}

const FILES = 400;
const PEERS = [...TREE_PEERS, "openssl", "setfattr", "setfacl"];

/** The same story everywhere: nothing changed, then every kind of change. */
async function tellStory(place: Place): Promise<void> {
  const first = assertOk(await place.backup());
  assert(!first.stderr.includes("Change detection summary"), first.stderr);
  await place.assertRestored();
  assertEquals(countsOf(assertOk(await place.backup())), [FILES, 0]);
  await place.assertRestored();
  await place.edit("echo new > f50; rm f60 f61; mv f70 g70; echo more >> a/b/3; touch -d @5 f80");
  const changed = assertOk(await place.backup());
  const [unchanged, read] = countsOf(changed);
  assertEquals(unchanged + read, FILES - 2);
  assert(unchanged > FILES / 2, changed.stderr);
  await place.assertRestored();
  // Metadata alone, whatever it does to the times.
  await place.edit("chmod 600 f20; chown 7:7 f21; setfattr -n user.note -v two f9; setfacl -b f10");
  assertOk(await place.backup());
  await place.assertRestored();
  await place.edit("rm -rf a; mkdir -p f1.d/e; mv f1 f1.d/e/f1; rm f2; mkdir f2; ln f3 f2/x");
  assertOk(await place.backup());
  await place.assertRestored();
}

for (const encrypted of [false, true]) {
  const how = encrypted ? "encrypted" : "plain";
  testWithPeers(`metadata mode restores every state of a tree, ${how}, local`, PEERS, async () => {
    await using place = await Place.make();
    if (encrypted) await addKey(place);
    await tellStory(place);
  });

  testWithPeers(`metadata mode restores every state of a tree, ${how}, served`, PEERS, async () => {
    await using place = await Place.make();
    await using server = await ServerProcess.start();
    place.env = server.clientEnvironment;
    place.repository = place.env.PBS_REPOSITORY!;
    if (encrypted) await addKey(place);
    await tellStory(place);
  });
}

async function addKey(place: Place, name = "key"): Promise<void> {
  const key = `${place.dir.path}/${name}`;
  assertOk(await runClient(["key", "create", key, "--kdf", "none"]));
  place.key = ["--keyfile", key];
}

testWithPeers("no content of an unchanged file is read", ["strace", ...PEERS], async () => {
  await using place = await Place.make();
  assertOk(await place.backup());
  const trace = `${place.dir.path}/trace`;
  const command = ["strace", "-f", "-y", "-o", trace, "-e", "trace=read,pread64,preadv,readv,mmap"];
  const run = await runClient([
    "backup",
    `tree.pxar:${place.source}`,
    "--repository",
    place.repository,
    "--backup-id=t",
    "--change-detection-mode=metadata",
  ], { under: command });
  assertEquals(countsOf(assertOk(run)), [FILES, 0]);
  const reads = (await Deno.readTextFile(trace)).split("\n")
    .filter((line) => line.includes(`<${place.source}/`));
  assertEquals(reads, []);
});

testWithPeers(
  "a previous archive that cannot be used costs one line, not the backup",
  PEERS,
  async () => {
    await using place = await Place.make();
    assertOk(await place.backup());
    // Another crypt mode, then another key.
    await addKey(place);
    assertStringIncludes(assertOk(await place.backup()).stderr, "o");
    await addKey(place, "key2");
    const other = assertOk(await place.backup());
    assert(!other.stderr.includes("Change detection summary"), other.stderr);
    await place.assertRestored();
    assertEquals(countsOf(assertOk(await place.backup())), [FILES, 0]);
    // Bytes of the metadata's chunks are wrong: found when they are read.
    for (const path of await place.metadataChunks()) {
      const bytes = await Deno.readFile(path);
      await Deno.writeFile(path, bytes.fill(7, 20));
    }
    const damaged = assertOk(await place.backup());
    assertMatch(damaged.stderr, /previous archive could be used in part only.*chunk/);
    assertEquals(countsOf(damaged), [0, FILES]);
    await place.assertRestored();
    // The chunks are gone: found before.
    for (const path of await place.metadataChunks()) await Deno.remove(path);
    const without = assertOk(await place.backup());
    assertMatch(without.stderr, /is damaged and is not built upon: its chunk .* is missing/);
    await place.assertRestored();
  },
);

testWithPeers(
  "a file that was changed while the last run read it is read again",
  PEERS,
  async () => {
    await using place = await Place.make();
    const path = `${place.source}/f1`;
    // As if the run had met it while it was being written.
    const write = async (text: string) => {
      await Deno.writeTextFile(path, text);
      await runPeer("touch", ["-d", "2100-01-01", path]);
    };
    await write("first");
    assertOk(await place.backup());
    await write("other");
    assertOk(await place.backup());
    await place.assertRestored();
  },
);

testWithPeers("every unchanged file has its turn to be read again", PEERS, async () => {
  await using place = await Place.make();
  assertOk(await place.backup());
  // A lie: other content behind the same metadata.
  const path = `${place.source}/f123`;
  const { mtime, size } = await Deno.stat(path);
  await Deno.writeFile(path, new Uint8Array(size).fill(65));
  await Deno.utime(path, mtime!, mtime!);
  await runPeer("touch", ["-d", `@${mtime!.getTime() / 1000}`, path]);
  assertEquals(countsOf(assertOk(await place.backup()))[1] <= 1, true);
  let read = 0;
  for (let run = 0; run < 6; run++) {
    const [, changed] = countsOf(assertOk(await place.backup("--reread-every", "5")));
    assert(changed > 0 && changed < FILES / 2, `${changed} files were read`);
    read += changed;
  }
  assert(read >= FILES, `${read} files were read in all`);
  await place.assertRestored();
});
