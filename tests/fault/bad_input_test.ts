import { assertEquals, assertMatch } from "@std/assert";
import { assertFailure } from "../support/assert_run.ts";
import { runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";

const FAILURE = 255;

/** Fails unless the run ended as a failure has to: one clear line, exit code 255, no stack. */
/** A datastore with one snapshot of a small tree. */
async function makeStore(
  dir: string,
): Promise<{ store: string; snapshot: string; source: string }> {
  const store = `${dir}/store`;
  const source = `${dir}/source`;
  await Deno.mkdir(`${source}/sub`, { recursive: true });
  await Deno.writeTextFile(`${source}/a`, "first\n");
  await runPeer("bash", ["-c", `seq 1 3000000 > '${source}/sub/numbers'`]);
  await Deno.writeTextFile(`${source}/z`, "last\n");
  await runClientOk([
    "backup",
    `tree.pxar:${source}`,
    `conf.conf:${source}/a`,
    "--repository",
    store,
    "--init",
    "--backup-id",
    "test",
    "--backup-time",
    "1700000000",
  ]);
  return { store, source, snapshot: `${store}/host/test/2023-11-14T22:13:20Z` };
}

/** Names of everything below a folder, without the chunk folders. */
const files = (path: string) =>
  runPeer("bash", ["-c", `find '${path}' -path '*/.chunks/????' -prune -o -type f -print | sort`]);

Deno.test("a missing source fails before anything is written", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await runClientOk(["datastore", "init", `${dir.path}/store`]);
  const before = await files(`${dir.path}/store`);
  const run = await runClient([
    "backup",
    `tree.pxar:${dir.path}/nothing`,
    "--repository",
    `${dir.path}/store`,
  ]);
  assertFailure(run, /nothing/);
  assertEquals(await files(`${dir.path}/store`), before);
});

Deno.test("an absent datastore is not made unless asked for", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const run = await runClient(["backup", "tree.pxar:/etc", "--repository", `${dir.path}/store`]);
  assertFailure(run, /store/);
  assertEquals([...Deno.readDirSync(dir.path)], []);
});

Deno.test("an unreadable file is left out with a warning, the rest is kept", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { source } = await makeStore(dir.path);
  await Deno.chmod(`${source}/sub`, 0);
  const store = `${dir.path}/mine`;
  await runClientOk(["datastore", "init", store]);
  await runPeer("chown", ["-R", "0:0", store]);
  // Root without the capabilities that let it read everything.
  const caps = "-dac_override,-dac_read_search";
  const run = await runClient([
    "backup",
    `tree.pxar:${source}`,
    "--repository",
    store,
    "--backup-id",
    "test",
  ], { under: ["setpriv", `--bounding-set=${caps}`, `--inh-caps=${caps}`] });
  assertEquals(run.code, 0, run.stderr);
  assertMatch(run.stderr, /sub.*denied/);
  const target = `${dir.path}/restored`;
  await runClientOk([
    "restore",
    "host/test",
    "tree.pxar",
    target,
    "--repository",
    store,
  ]);
  assertEquals((await runPeer("ls", [target])).trim(), "a\nz");
});

Deno.test("an unknown archive, snapshot or group is named", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { store } = await makeStore(dir.path);
  const restore = (snapshot: string, archive: string) =>
    runClient(["restore", snapshot, archive, `${dir.path}/out`, "--repository", store]);
  assertFailure(await restore("host/test", "other.pxar"), /other\.pxar/);
  assertFailure(await restore("host/test", "tree.xyz"), /tree\.xyz/);
  assertFailure(await restore("host/other", "tree.pxar"), /host\/other/);
  assertFailure(await restore("host/test/2023-11-14T22:13:21Z", "tree.pxar"), /22:13:21Z/);
  assertFailure(await restore("nonsense", "tree.pxar"), /nonsense/);
});

Deno.test("a corrupt chunk ends a restore with its name, what lies before it is restored", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { store } = await makeStore(dir.path);
  // The last chunk in stream order holds the end of the numbers and the file z.
  const largest = (await runPeer("bash", [
    "-c",
    `find '${store}/.chunks' -type f -printf '%s %p\\n' | sort -n | tail -n 1 | cut -d' ' -f2`,
  ])).trim();
  const bytes = await Deno.readFile(largest);
  bytes[bytes.length >> 1]! ^= 1;
  await Deno.chmod(largest, 0o644);
  await Deno.writeFile(largest, bytes);
  const target = `${dir.path}/out`;
  const run = await runClient(["restore", "host/test", "tree.pxar", target, "--repository", store]);
  assertFailure(run, new RegExp(largest.slice(-64)));
  const restored = [...Deno.readDirSync(target)].map(({ name }) => name);
  if (restored.includes("a")) assertEquals(await Deno.readTextFile(`${target}/a`), "first\n");
  // Nothing half-written under a final name.
  const numbers = await Deno.readFile(`${target}/sub/numbers`).catch(() => undefined);
  if (numbers !== undefined) {
    assertEquals(numbers, await Deno.readFile(`${dir.path}/source/sub/numbers`));
  }
  const verify = await runClient(["datastore", "verify", store]);
  assertEquals(verify.code, FAILURE);
  assertMatch(verify.stdout + verify.stderr, new RegExp(largest.slice(-64)));
});

Deno.test("a missing chunk ends a restore with its name", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { store } = await makeStore(dir.path);
  await runPeer("bash", ["-c", `find '${store}/.chunks' -type f -delete`]);
  const run = await runClient([
    "restore",
    "host/test",
    "tree.pxar",
    `${dir.path}/out`,
    "--repository",
    store,
  ]);
  assertFailure(run, /chunk [0-9a-f]{64}/);
});

Deno.test("a damaged index and a damaged manifest are named", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { store, snapshot } = await makeStore(dir.path);
  const damage = async (name: string, at: number) => {
    const bytes = await Deno.readFile(`${snapshot}/${name}`);
    bytes[at < 0 ? bytes.length + at : at]! ^= 0x55;
    await Deno.writeFile(`${snapshot}/${name}`, bytes);
  };
  const restore = (archive: string) =>
    runClient(["restore", "host/test", archive, `${dir.path}/out`, "--repository", store]);
  await damage("tree.pxar.didx", 4100);
  assertFailure(await restore("tree.pxar"), /tree\.pxar\.didx/);
  await damage("conf.conf.blob", -1);
  assertFailure(await restore("conf.conf"), /conf\.conf\.blob/);
  await damage("index.json.blob", -3);
  assertFailure(await restore("tree.pxar"), /manifest|index\.json/);
  assertEquals(await runPeer("bash", ["-c", `ls -A '${dir.path}/out' 2>/dev/null || true`]), "");
});

Deno.test("a full disk ends a backup with one line and no snapshot", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const disk = `${dir.path}/disk`;
  await Deno.mkdir(disk);
  // 65,536 chunk folders take their share of inodes.
  await runPeer("mount", ["-t", "tmpfs", "-o", "size=24m,nr_inodes=200k", "tmpfs", disk]);
  try {
    const source = `${dir.path}/source`;
    await Deno.mkdir(source);
    // More than fits into memory: the walk must not wait for an upload that has failed.
    await runPeer("bash", ["-c", `head -c 200000000 /dev/urandom > '${source}/noise'`]);
    const store = `${disk}/store`;
    await runClientOk(["datastore", "init", store]);
    const run = await runClient(["backup", `tree.pxar:${source}`, "--repository", store]);
    assertFailure(run, /No space left on device/);
    assertEquals((await files(`${store}/host`).catch(() => "")).trim(), "");
    const list = await runClientOk(["snapshot", "list", "--repository", store]);
    assertEquals(list.stdout, "");
    const tmp = await runPeer("bash", ["-c", `find '${store}/.chunks' -name '*.tmp_*' | wc -l`]);
    assertEquals(tmp.trim(), "0");
  } finally {
    await runPeer("umount", [disk]);
  }
});

Deno.test("a full disk ends a restore with one line, no file is cut short", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { store } = await makeStore(dir.path);
  const disk = `${dir.path}/disk`;
  await Deno.mkdir(disk);
  await runPeer("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]);
  try {
    const run = await runClient(["restore", "host/test", "tree.pxar", disk, "--repository", store]);
    assertFailure(run, /No space left on device/);
    assertEquals(run.stderr.match(/No space left/g)?.length, 1, run.stderr);
    assertEquals(await Deno.readTextFile(`${disk}/a`), "first\n");
    assertEquals(await runPeer("ls", [`${disk}/sub`], { codes: [0, 2] }), "");
  } finally {
    await runPeer("umount", [disk]);
  }
});

Deno.test("an existing file in the target is named and left as it is", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { store } = await makeStore(dir.path);
  const target = `${dir.path}/out`;
  await Deno.mkdir(target);
  await Deno.writeTextFile(`${target}/a`, "mine\n");
  const run = await runClient(["restore", "host/test", "tree.pxar", target, "--repository", store]);
  assertFailure(run, /out\/a"?: File exists/);
  assertEquals(await Deno.readTextFile(`${target}/a`), "mine\n");
  assertEquals(await Deno.readTextFile(`${target}/z`), "last\n");
});

Deno.test("a symlink that lies in the target is never followed out of it", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { store } = await makeStore(dir.path);
  const outside = `${dir.path}/outside`;
  await Deno.mkdir(outside);
  await Deno.writeTextFile(`${outside}/file`, "untouched\n");
  const target = `${dir.path}/out`;
  await Deno.mkdir(target);
  await Deno.symlink(outside, `${target}/sub`);
  await Deno.symlink(`${outside}/file`, `${target}/a`);
  const run = await runClient([
    "restore",
    "host/test",
    "tree.pxar",
    target,
    "--repository",
    store,
    "--overwrite",
    "--allow-existing-dirs",
  ]);
  assertEquals(await Deno.readTextFile(`${outside}/file`), "untouched\n");
  assertEquals([...Deno.readDirSync(outside)].length, 1);
  // With --overwrite the links themselves make way.
  assertEquals(run.code, 0, run.stderr);
  assertEquals((await Deno.lstat(`${target}/sub`)).isDirectory, true);
  assertEquals((await Deno.lstat(`${target}/a`)).isFile, true);
  assertEquals(await Deno.readTextFile(`${target}/a`), "first\n");
});

Deno.test("a target without permission is named", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { store } = await makeStore(dir.path);
  const run = await runClient([
    "restore",
    "host/test",
    "tree.pxar",
    "/proc/nowhere/out",
    "--repository",
    store,
  ]);
  assertFailure(run, /\/proc\/nowhere/);
});

Deno.test("an unclosed bracket in a pattern is a clear error", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { store } = await makeStore(dir.path);
  const backup = await runClient([
    "backup",
    "t.pxar:/etc",
    "--repository",
    store,
    "--exclude",
    "a[b",
  ]);
  assertFailure(backup, /a\[b/);
  const restore = await runClient([
    "restore",
    "host/test",
    "tree.pxar",
    `${dir.path}/out`,
    "--repository",
    store,
    "--pattern",
    "[x",
  ]);
  assertFailure(restore, /\[x/);
});

Deno.test("what else could not be restored is counted in the last line", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { store, source } = await makeStore(dir.path);
  const again = ["restore", "host/test", "tree.pxar", source, "--repository", store];
  const run = await runClient([...again, "--allow-existing-dirs"]);
  assertFailure(run, /^Error: .*: File exists \(and 2 further errors\)\n$/m);
  await Deno.remove(`${source}/z`);
  const fewer = await runClient([...again, "--allow-existing-dirs"]);
  assertFailure(fewer, /^Error: .*: File exists \(and 1 further error\)\n$/m);
});
