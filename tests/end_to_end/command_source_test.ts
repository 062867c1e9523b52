import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { eventually } from "../support/eventually.ts";
import { type ClientRun, runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Prints more than three chunks of an image, nothing of it twice. */
const NUMBERS = "seq 1 2000000";

/** A datastore, and an id for each backup into it. */
class Store implements AsyncDisposable {
  readonly at: readonly string[];
  #count = 0;

  private constructor(readonly dir: TempDir) {
    this.at = ["--repository", `${dir.path}/store`];
  }

  static async make(): Promise<Store> {
    const store = new Store(await TempDir.make("/dev/shm"));
    await runClientOk(["datastore", "init", store.at[1]!]);
    return store;
  }

  /** @returns The run, and the group that it made a snapshot of. */
  async backup(...args: string[]): Promise<{ run: ClientRun; group: string }> {
    const id = `test${this.#count++}`;
    const run = await runClient(["backup", ...args, "--backup-id", id, ...this.at]);
    return { run, group: `host/${id}` };
  }

  async groups(): Promise<number> {
    const list = await runClientOk(["list", "--output-format", "json", ...this.at]);
    return JSON.parse(list.stdout).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

Deno.test("what a command prints is the only file of an archive, in every mode", async () => {
  await using store = await Store.make();
  const expected = await runPeer("sh", ["-c", NUMBERS]);
  const key = `${store.dir.path}/key`;
  await runClientOk(["key", "create", key, "--kdf", "none"]);
  const kinds = [
    ["--change-detection-mode", "legacy"],
    ["--change-detection-mode", "data", "--stdin-filename", "numbers.txt"],
    ["--change-detection-mode", "metadata", "--keyfile", key],
  ];
  for (const [i, options] of kinds.entries()) {
    const command = ["--stdin-from-command", NUMBERS, ...options];
    const first = await store.backup("dump.pxar:-", ...command);
    assertMatch(assertOk(first.run).stderr, /Upload output of command 'seq' to /);
    // The second run knows all chunks; only the frame has a new time.
    const id = first.group.slice("host/".length);
    const again = ["--backup-id", id, "--backup-time", "4000000000"];
    const second = await runClientOk(["backup", "dump.pxar:-", ...command, ...again, ...store.at]);
    assertMatch(second.stderr, /reused 14\.\d+ MiB \(100\.0%\)/);
    const target = `${store.dir.path}/out${i}`;
    const keys = options.includes(key) ? ["--keyfile", key] : [];
    await runClientOk(["restore", first.group, "dump.pxar", target, ...keys, ...store.at]);
    const name = options.includes("numbers.txt") ? "numbers.txt" : "dump";
    assertEquals([...Deno.readDirSync(target)].map((entry) => entry.name), [name]);
    assert(await Deno.readTextFile(`${target}/${name}`) === expected, "the content differs");
    assertEquals(Deno.statSync(`${target}/${name}`).mode! & 0o777, 0o600);
  }
  assertMatch((await runClientOk(["datastore", "verify", store.at[1]!])).stdout, /TASK OK/);
});

Deno.test("what a command prints is an image or a small file, beside other sources", async () => {
  await using store = await Store.make();
  const file = `${store.dir.path}/file`;
  await Deno.writeTextFile(file, "other\n");
  const options = ["--stdin-from-command", NUMBERS];
  const { run, group } = await store.backup("dump.img:-", `other.conf:${file}`, ...options);
  assertOk(run);
  const image = await runClientOk(["restore", group, "dump.img", "-", ...store.at]);
  assert(image.stdout === await runPeer("sh", ["-c", NUMBERS]), "the image differs");
  const small = await store.backup("state.conf:-", "--stdin-from-command", "echo 'a  b' c\\ d");
  assertOk(small.run);
  const restored = await runClientOk(["restore", small.group, "state.conf", "-", ...store.at]);
  assertEquals(restored.stdout, "a  b c d\n");
  const empty = await store.backup("empty.pxar:-", "--stdin-from-command", "true");
  assertOk(empty.run);
  await runClientOk(["restore", empty.group, "empty.pxar", `${store.dir.path}/out`, ...store.at]);
  assertEquals(Deno.statSync(`${store.dir.path}/out/empty`).size, 0);
});

Deno.test("what a command prints goes through serve", async () => {
  await using server = await ServerProcess.start();
  await using dir = await TempDir.make("/dev/shm");
  const env = server.clientEnvironment;
  for (const mode of ["legacy", "data"]) {
    const options = ["--change-detection-mode", mode, "--backup-id", mode];
    await runClientOk(
      ["backup", "dump.pxar:-", "--stdin-from-command", NUMBERS, ...options],
      { env },
    );
    await runClientOk(["restore", `host/${mode}`, "dump.pxar", `${dir.path}/${mode}`], { env });
    const content = await Deno.readTextFile(`${dir.path}/${mode}/dump`);
    assert(content === await runPeer("sh", ["-c", NUMBERS]), "the content differs");
  }
});

Deno.test("a command that fails leaves no snapshot", async () => {
  await using store = await Store.make();
  const failures: [string, RegExp][] = [
    [`sh -c '${NUMBERS}; echo disk full >&2; exit 3'`, /command 'sh' failed with exit code 3/],
    [`sh -c '${NUMBERS}; kill -9 $$'`, /command 'sh' was ended by SIGKILL/],
    ["no-such-program -x", /cannot start the command 'no-such-program': there is no such program/],
    ["/dev/null", /cannot start the command '\/dev\/null': Permission denied/],
  ];
  for (const kind of ["pxar", "img", "conf"]) {
    for (const [command, expected] of failures) {
      const { run } = await store.backup(`dump.${kind}:-`, "--stdin-from-command", command);
      assertFailure(run, expected);
      if (command.includes("disk full")) assertMatch(run.stderr, /^disk full$/m);
    }
  }
  assertEquals(await store.groups(), 0);
  assertFailure(
    (await store.backup("dump.img:-", "--stdin-from-command", "true")).run,
    /dump\.img/,
  );
});

for (
  const [what, closing] of [["says nothing", ""], ["closes its output", "exec >&-; "]] as const
) {
  Deno.test(`a command that ${what} and runs on ends with the backup`, async () => {
    await using store = await Store.make();
    const pidFile = `${store.dir.path}/pid`;
    const command = `sh -c '${closing}echo $$ > ${pidFile}; exec sleep 1000'`;
    const child = spawnClient(
      ["backup", "dump.pxar:-", "--stdin-from-command", command, ...store.at],
      { output: "piped" },
    );
    const pid = await eventually(async () => {
      const text = (await Deno.readTextFile(pidFile)).trim();
      if (text === "") throw new Error("the command has not started");
      return text;
    });
    child.kill("SIGTERM");
    const { signal } = await child.output();
    assertEquals(signal, "SIGTERM");
    await eventually(async () => {
      const status = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
      if (status.includes("sleep")) throw new Error("the command is still running");
    });
    assertEquals(await store.groups(), 0);
  });
}

Deno.test("options about commands that make no sense are refused", async () => {
  await using store = await Store.make();
  const run = ["--stdin-from-command", "true"];
  const refusals: [string[], RegExp][] = [
    [["a.pxar:/etc", ...run], /needs an archive with the source -, e\.g\. dump\.pxar:-/],
    [["a.pxar:-", "b.img:-", ...run], /only one archive can have the output/],
    [["a.pxar:-", "--stdin-filename", "x"], /'stdin-filename' needs option 'stdin-from-command'/],
    [["a.img:-", "--stdin-filename", "x", ...run], /for pxar archives only/],
    [["a.pxar:-", "--stdin-filename", "x/y", ...run], /'x\/y' cannot be the name of a file/],
    [["a.pxar:-", "--stdin-from-command", " "], /names no command/],
    [["a.pxar:-", "--stdin-from-command", "'"], /unclosed quote/],
    [["a.img:-"], /unable to access '-'/],
  ];
  for (const [args, expected] of refusals) {
    assertFailure((await store.backup(...args)).run, expected);
  }
  assertEquals(await store.groups(), 0);
});
