import { assertEquals, assertNotEquals } from "@std/assert";
import { command } from "../../cli/commands/restore.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { type ClientOptions, runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const PEERS = [
  "getfacl",
  "setfacl",
  "getfattr",
  "setfattr",
  "getcap",
  "setcap",
  "lsattr",
  "chattr",
];

/** A run of `restore`, and what it left. */
interface Restored {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly out: string;
}

/** What one switch changes. */
interface Switch {
  /** Words of the switch. */
  readonly words: readonly string[];
  /** Words that stand on both lines. */
  readonly beside?: readonly string[];
  /** Snapshot, archive and target; the tree to `out` if absent. */
  readonly what?: readonly [string, string, string?];
  /** Where the snapshot is; the directory if absent. */
  readonly at?: readonly string[];
  /** Shell commands that make what is in the target before, run where it will be. */
  readonly before?: string;
  /** Run in a process of its own. */
  readonly process?: ClientOptions;
  /** What is looked at: the exit code if absent, or what shell commands print in the target. */
  readonly look?: string | ((restored: Restored) => unknown);
  readonly without: unknown;
  readonly with: unknown;
}

/** The switches of a restore (spec: cli.md §4.2, and our own), each with an effect of its own. */
function switchesOf(
  dir: string,
  served: Record<string, readonly string[]>,
): Record<string, Switch> {
  const refused = { without: 255, with: 0 };
  const replaced = `mkdir out && echo old > out/hard && echo old > out/file && ln -s old out/link`;
  const only = (name: string) => ["--pattern", `/${name}`];
  const linked = ["--pattern", "/file", "--pattern", "/hard", "--overwrite-files"];
  const inPlace = ["--in-place"];
  const encrypted = ["host/encrypted", "tree.pxar"] as const;
  return {
    "allow-existing-dirs": { words: [], before: "mkdir -p out/dir", ...refused },
    "also-from": {
      words: [`${dir}/memory/store`],
      at: ["--repository", `${dir}/memory/holed`],
      ...refused,
    },
    "auth-id": { words: ["admin@pbs"], at: served.withoutUser!, ...refused },
    burst: {
      words: ["1MB"],
      look: ({ stderr }) => /--rate and --burst limit connections/.test(stderr),
      without: false,
      with: true,
    },
    "crypt-mode": {
      words: ["none"],
      beside: ["--keyfile", `${dir}/key`],
      what: encrypted,
      without: 0,
      with: 255,
    },
    datastore: { words: ["store1"], at: served.withoutDatastore!, ...refused },
    delete: {
      words: [],
      beside: inPlace,
      before: "mkdir out && touch out/extra",
      look: "ls out/extra 2>/dev/null || echo gone",
      without: "out/extra",
      with: "gone",
    },
    "dry-run": {
      words: [],
      beside: inPlace,
      look: "ls -d out 2>/dev/null || echo nothing",
      without: "out",
      with: "nothing",
    },
    format: {
      words: ["tar"],
      what: ["host/split", "tree.pxar", "-"],
      process: {},
      look: (
        { code, stdout },
      ) => [code, stdout.startsWith("./\0") || /^PaxHeader|^\.\//.test(stdout)],
      without: [255, false],
      with: [0, true],
    },
    "ignore-acls": {
      words: [],
      look: "getfacl -cn out/acl | grep -c '^user:1000' || true",
      without: "1",
      with: "0",
    },
    "ignore-extract-device-errors": {
      words: [],
      process: { under: ["setpriv", "--bounding-set=-mknod", "--inh-caps=-mknod"] },
      look: ({ code, stderr }) => [code, /null/.test(stderr)],
      without: [255, true],
      with: [0, true],
    },
    "ignore-fcaps": {
      words: [],
      look: "getcap out/capable | wc -l",
      without: "1",
      with: "0",
    },
    "ignore-flags": {
      words: [],
      look: "lsattr out/sealed | cut -d' ' -f1 | grep -c A || true",
      without: "1",
      with: "0",
    },
    "ignore-ownership": {
      words: [],
      look: "stat -c %u:%g out/file",
      without: "4242:4343",
      with: "0:0",
    },
    "ignore-permissions": {
      words: [],
      look: "stat -c %a out/file",
      without: "641",
      with: "600",
    },
    "ignore-xattrs": {
      words: [],
      look: "getfattr --only-values -n user.note out/file 2>/dev/null || echo none",
      without: "kept",
      with: "none",
    },
    "in-place": { words: [], before: replaced, ...refused },
    keyfd: {
      words: ["3"],
      what: encrypted,
      process: { under: ["bash", "-c", `exec "$@" 3< '${dir}/key'`, "bash"] },
      ...refused,
    },
    keyfile: { words: [`${dir}/key`], what: encrypted, ...refused },
    ns: { words: ["inner"], what: ["host/named", "tree.pxar"], ...refused },
    overwrite: {
      words: [],
      beside: only("fifo"),
      before: "mkdir out && mkfifo -m 0600 out/fifo",
      look: "stat -c %a out/fifo",
      without: "600",
      with: "604",
    },
    "overwrite-files": {
      words: [],
      beside: only("file"),
      before: replaced,
      look: "cat out/file out/hard",
      without: "old\nold",
      with: "hello\nold",
    },
    "overwrite-hardlinks": {
      words: [],
      beside: linked,
      before: replaced,
      look: "cat out/file out/hard",
      without: "hello\nold",
      with: "hello\nhello",
    },
    "overwrite-symlinks": {
      words: [],
      beside: only("link"),
      before: replaced,
      look: "readlink out/link",
      without: "old",
      with: "file",
    },
    pattern: {
      words: ["/dir"],
      look: "cd out && find . | sort | tail -n +2 | wc -l",
      without: "10",
      with: "2",
    },
    port: { words: [served.port![0]!], at: served.withoutPort!, ...refused },
    "prelude-target": {
      words: [`${dir}/work/prelude`],
      what: ["host/split", "tree.pxar"],
      look: "cat prelude 2>/dev/null || echo none",
      without: "none",
      with: '{"exclude-patterns":"/nothing\\n"}',
    },
    quiet: {
      words: [],
      look: ({ code, stderr }) => [code, stderr === ""],
      without: [0, false],
      with: [0, true],
    },
    rate: {
      words: ["1MB"],
      look: ({ stderr }) => /--rate and --burst limit connections/.test(stderr),
      without: false,
      with: true,
    },
    repository: { words: [`${dir}/memory/store`], at: [], ...refused },
    server: { words: ["127.0.0.3"], at: served.withoutServer!, without: 0, with: 255 },
    verbose: {
      words: [],
      beside: inPlace,
      look: ({ stderr }) => stderr.includes('make "/file"'),
      without: false,
      with: true,
    },
    "verify-contents": {
      words: [],
      beside: inPlace,
      before: `cp -a '${dir}/source' out && printf 'HELLO\\n' > out/file &&
        touch -r '${dir}/source/file' out/file`,
      look: "cat out/file",
      without: "HELLO",
      with: "hello",
    },
    "warnings-exit": {
      words: ["3"],
      beside: ["--pattern", "/no", ...only("dir")],
      without: 0,
      with: 3,
    },
  };
}

/** A tree in which every switch finds something, in several snapshots. */
async function makeSnapshots(dir: string): Promise<void> {
  await runPeer("bash", [
    "-e",
    "-c",
    `mkdir '${dir}/source' '${dir}/work' && cd '${dir}/source'
     echo hello > file && chown 4242:4343 file && chmod 0641 file && setfattr -n user.note -v kept file
     ln file hard && ln -s file link && mkdir dir && echo inner > dir/inner
     mkfifo fifo && chmod 0604 fifo && mknod null c 1 3
     echo > acl && setfacl -m u:1000:r acl
     echo > capable && setcap cap_net_raw+ep capable
     echo > sealed && chattr +A sealed`,
  ]);
  const at = ["--repository", `${dir}/memory/store`];
  const backUp = (id: string, ...more: string[]) =>
    runClientOk(["backup", `tree.pxar:${dir}/source`, ...at, "--backup-id", id, ...more]);
  await runClientOk(["datastore", "init", `${dir}/memory/store`]);
  await runClientOk(["namespace", "create", "inner", ...at]);
  await runClientOk(["key", "create", `${dir}/key`, "--kdf", "none"]);
  await backUp("tree");
  await backUp("split", "--change-detection-mode", "data", "--exclude", "/nothing");
  await backUp("encrypted", "--keyfile", `${dir}/key`);
  await backUp("named", "--ns", "inner");
  // All that a datastore has but its chunks.
  await runPeer("bash", [
    "-e",
    "-c",
    "mkdir -p holed/.chunks && cp -a store/host store/.lock holed/",
  ], { cwd: `${dir}/memory` });
}

testWithPeers("every switch of restore has an effect of its own", PEERS, async (test) => {
  await using folder = await TempDir.make();
  await using memory = await TempDir.make("/dev/shm");
  const dir = folder.path;
  await Deno.symlink(memory.path, `${dir}/memory`);
  await makeSnapshots(dir);
  await using server = await ServerProcess.start({ store: `${memory.path}/store` });
  const { PBS_REPOSITORY = "", ...environment } = server.clientEnvironment;
  const port = `${server.port}`;
  const parts = (...without: string[]) =>
    Object.entries({ server: "127.0.0.1", port, datastore: "store1", "auth-id": "admin@pbs" })
      .filter(([name]) => !without.includes(name)).flatMap(([name, value]) => [`--${name}`, value]);
  const switches = switchesOf(dir, {
    port: [port],
    withoutUser: parts("auth-id"),
    withoutServer: parts("server"),
    withoutPort: parts("port"),
    withoutDatastore: parts("datastore"),
  });
  assertNotEquals(PBS_REPOSITORY, "");
  assertEquals(Object.keys(switches), command.options.map(({ name }) => name).sort());

  const work = `${dir}/work`;
  const at = ["--repository", `${memory.path}/store`];
  for (const [name, one] of Object.entries(switches)) {
    const run = async (more: readonly string[]): Promise<unknown> => {
      await runPeer("bash", ["-e", "-c", "rm -rf out prelude"], { cwd: work });
      await runPeer("bash", ["-e", "-c", one.before ?? ":"], { cwd: work });
      const [snapshot, archive, target = `${work}/out`] = one.what ?? ["host/tree", "tree.pxar"];
      const argv = [
        ...["restore", snapshot, archive, target, ...one.at ?? at],
        ...[...one.beside ?? [], ...more],
      ];
      const env = { HOME: dir, ...environment };
      const done = one.process === undefined
        ? await runInProcess(argv, env)
        : await runClient(argv, { ...one.process, env });
      const restored = { ...done, out: `${work}/out` };
      if (one.look === undefined) return restored.code;
      if (typeof one.look === "function") return one.look(restored);
      return (await runPeer("bash", ["-c", one.look], { cwd: work, codes: [0, 1] })).trim();
    };
    await test.step(name, async () => {
      assertEquals(await run([]), one.without, `without --${name}`);
      assertEquals(await run([`--${name}`, ...one.words]), one.with, `with --${name}`);
    });
  }
});
