import { setTimeout as delay } from "node:timers/promises";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { assertSameTree } from "../../tests/support/compare_trees.ts";
import { runClientOk } from "../../tests/support/run_client.ts";
import { runPeer } from "../../tests/support/run_peer.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { runOnArm64, spawnOnArm64 } from "./arm64_client.ts";

const MUSEUM = fromFileUrl(new URL("../../tests/support/museum.py", import.meta.url));
/** The head of an index: identifier and time of the archive are in it. */
const INDEX_HEAD_BYTES = 4096;
const CONTENT_BYTES = 24 << 20;
const PAUSE_MS = 100;

type Run = (args: readonly string[]) => Promise<unknown>;

/** A tree with every kind of metadata and a file of several chunks, half of it compressible. */
async function makeSource(folder: string): Promise<void> {
  await runPeer("python3", [MUSEUM, folder, "7"]);
  // Exclusion has tests of its own; here everything must come back.
  await runPeer("rm", ["-rf", `${folder}/exclude`]);
  const program = `
import random, sys
R = random.Random(5)
half = ${CONTENT_BYTES} // 2
with open(sys.argv[1], "wb") as f:
    f.write(R.randbytes(half)); f.write(b"".join(b"%x\\n" % R.randrange(1 << 40) for _ in range(half // 11)))
`;
  await runPeer("python3", ["-c", program, `${folder}/large`]);
}

/** Digests of the contents of all files below a folder, by path. */
async function digests(folder: string, below = ""): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${below}`)) {
    const path = `${below}${name}`;
    if (isDirectory) {
      for (const [inner, digest] of await digests(folder, `${path}/`)) found.set(inner, digest);
    } else found.set(path, await digestOf(await Deno.readFile(`${folder}/${path}`)));
  }
  return found;
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** Entries of the indexes of the only snapshot of a group, by name of the archive. */
async function indexes(store: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const snapshot of Deno.readDir(`${store}/host/test`)) {
    if (!snapshot.isDirectory) continue;
    const folder = `${store}/host/test/${snapshot.name}`;
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.endsWith("idx")) continue;
      const bytes = await Deno.readFile(`${folder}/${name}`);
      found.set(name, await digestOf(bytes.subarray(INDEX_HEAD_BYTES)));
    }
  }
  return found;
}

/** Backs up with both programs, compares what they wrote, and lets each restore what the other wrote. */
async function compareBoth(options: readonly string[], keys: readonly string[]): Promise<void> {
  await using dir = await TempDir.make();
  await using storeDir = await TempDir.make("/dev/shm");
  const source = `${dir.path}/source`;
  await makeSource(source);
  const image = `${source}/large`;
  const programs: Readonly<Record<string, Run>> = { x86: runClientOk, arm: runOnArm64 };
  for (const [name, run] of Object.entries(programs)) {
    const archives = [`tree.pxar:${source}`, `disk.img:${image}`];
    const common = ["--repository", `${storeDir.path}/${name}`, "--backup-id", "test", "--init"];
    await run(["backup", ...archives, ...common, ...options, ...keys]);
  }
  const [x86, arm] = [`${storeDir.path}/x86`, `${storeDir.path}/arm`];
  const expected = await indexes(x86);
  assert(expected.size >= 3);
  assertEquals(await indexes(arm), expected, "indexes differ");
  const chunks = await digests(`${x86}/.chunks`);
  assert(chunks.size > 6);
  const others = await digests(`${arm}/.chunks`);
  // Each encrypted chunk has a random number in it.
  if (keys.length === 0) assertEquals(others, chunks, "chunks differ");
  else assertEquals(new Set(others.keys()), new Set(chunks.keys()), "chunks differ");

  for (const [name, run] of Object.entries(programs)) {
    const store = name === "arm" ? x86 : arm;
    const restored = `${dir.path}/${name}`;
    const common = ["--repository", store, ...keys];
    await run(["restore", "host/test", "tree.pxar", restored, ...common]);
    await assertSameTree(source, restored);
    await run(["restore", "host/test", "disk.img", `${restored}.img`, ...common]);
    assertEquals(await Deno.readFile(`${restored}.img`), await Deno.readFile(image));
    await run(["datastore", "verify", store]);
  }
}

Deno.test("the native core for arm64 runs on the runtime for arm64", async () => {
  assertStringIncludes(await runOnArm64(["version"]), "client version: ");
});

Deno.test("archives made on arm64 are equal, and restored on both machines", async () => {
  await compareBoth([], []);
});

Deno.test("split archives and encrypted chunks made on arm64 are equal too", async () => {
  await using dir = await TempDir.make();
  const key = `${dir.path}/key`;
  await runClientOk(["key", "create", key, "--kdf", "none"]);
  await compareBoth(["--change-detection-mode", "data"], ["--keyfile", key]);
});

Deno.test("an archive is mounted on arm64", async () => {
  await using dir = await TempDir.make();
  await using storeDir = await TempDir.make("/dev/shm");
  const [source, mounted] = [`${dir.path}/source`, `${dir.path}/mounted`];
  await makeSource(source);
  await Deno.mkdir(mounted);
  const common = ["--repository", `${storeDir.path}/store`];
  await runClientOk(["backup", `tree.pxar:${source}`, ...common, "--init", "--backup-id", "test"]);
  const arguments_ = ["mount", "host/test", "tree.pxar", mounted, "--verbose", ...common];
  const mount = spawnOnArm64(arguments_);
  const ended = mount.output();
  let hasEnded = false;
  ended.then(() => hasEnded = true);
  try {
    while (!hasEnded && !Deno.readTextFileSync("/proc/self/mounts").includes(` ${mounted} fuse`)) {
      await delay(PAUSE_MS);
    }
    await assertSameTree(source, mounted, [], { hasFlags: false });
  } finally {
    await new Deno.Command("umount", { args: ["--lazy", mounted], stderr: "null" }).output();
    const { success, stderr } = await ended;
    assert(success, new TextDecoder().decode(stderr));
  }
});
