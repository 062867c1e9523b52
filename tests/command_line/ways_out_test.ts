import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readArguments } from "../../cli/arguments/read_arguments.ts";
import { Output } from "../../cli/output/output.ts";
import { runCommandLine } from "../../cli/run_command_line.ts";
import { createNamespace, Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { type InProcessRun, MemoryStream, runInProcess } from "../support/cli_in_process.ts";
import { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { clientCommand, runClientOk } from "../support/run_client.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { makeChunk, uploadManifest, writeSnapshot } from "../support/target_conformance.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";

const TIME = 1700000000;
const GROUP = "host/web";
const SNAPSHOT = `${GROUP}/2023-11-14T22:13:20Z`;

/** A place with a datastore, used directly or through a server. */
interface World {
  readonly datastore: Datastore;
  readonly env: Readonly<Record<string, string>>;
}

const WORLDS: Readonly<Record<string, (body: (world: World) => Promise<void>) => Promise<void>>> = {
  local: (body) =>
    withLocalRepository(async (repository) => {
      await writeSnapshot(repository, { type: "host", id: "web", time: TIME }, [
        await makeChunk(1, 1000),
      ]);
      const { datastore } = repository;
      await body({ datastore, env: { PBS_REPOSITORY: datastore.path, HOME: datastore.path } });
    }, { gcAccessTimeCheck: false }),
  served: async (body) => {
    await using server = await TestServer.start();
    using datastore = Datastore.open(server.datastorePath);
    await writeSnapshot(
      new LocalRepository(datastore, { owner: "admin@pbs" }),
      { type: "host", id: "web", time: TIME },
      [await makeChunk(1, 1000)],
    );
    await body({
      datastore,
      env: {
        PBS_REPOSITORY: `admin@pbs@127.0.0.1:${server.port}:store1`,
        PBS_PASSWORD: "a password",
        PBS_FINGERPRINT: server.certificate.fingerprint,
        HOME: datastore.path,
      },
    });
  },
};

/** What takes a lock, and the lock that is in its way. */
const COMMANDS: readonly { readonly argv: readonly string[]; readonly lock: string }[] = [
  { argv: ["snapshot", "protected", "update", SNAPSHOT, "true"], lock: SNAPSHOT },
  { argv: ["snapshot", "protected", "update", SNAPSHOT, "false"], lock: SNAPSHOT },
  { argv: ["change-owner", GROUP, "admin@pbs"], lock: GROUP },
  { argv: ["group", "move", GROUP, "--target-ns=aside"], lock: GROUP },
  { argv: ["group", "move", GROUP, "--ns=aside", "--target-ns="], lock: "aside" },
  { argv: ["prune", GROUP, "--keep-last=1"], lock: SNAPSHOT },
  { argv: ["snapshot", "forget", SNAPSHOT], lock: SNAPSHOT },
];

/** Runs a command that has to wait for a lock, which is given back when it does. */
async function runWaiting(
  argv: readonly string[],
  env: World["env"],
  release: () => Promise<void>,
): Promise<InProcessRun> {
  const environment = { get: (name: string) => ({ ...env, PBS_LOG: "info" })[name] };
  const [stdout, stderr] = [new MemoryStream(), new MemoryStream()];
  const running = runCommandLine(
    readArguments([...argv, "--lock-wait=1m"], () => new Uint8Array()),
    environment,
    new Output(environment, stdout, stderr),
  );
  try {
    const ended = running.then(({ code }) => {
      if (!stderr.text.includes("waiting up to ")) throw new Error(`${code}: ${stderr.text}`);
    });
    const waits = eventually(() =>
      Promise.resolve(assertStringIncludes(stderr.text, "waiting up to "))
    );
    await Promise.race([ended, waits]);
  } finally {
    await release();
  }
  const { code } = await running;
  return { code, stdout: stdout.text, stderr: stderr.text };
}

async function hold(datastore: Datastore, lock: string): Promise<Disposable> {
  return lock === "aside"
    ? await datastore.locks.acquire("aside", GROUP, "exclusive")
    : await datastore.locks.acquire("", lock, "exclusive");
}

for (const [name, withWorld] of Object.entries(WORLDS)) {
  Deno.test(`${name}: --lock-wait waits until the lock is free, and no longer than that`, () =>
    withWorld(async ({ datastore, env }) => {
      await createNamespace(datastore, "aside");
      const local = new LocalRepository(datastore);
      for (const { argv, lock } of COMMANDS) {
        const isPrune = argv[0] === "prune";
        if (isPrune) {
          await writeSnapshot(local, { type: "host", id: "web", time: TIME + 100 }, [
            await makeChunk(2, 1000),
          ]);
        }
        const held = await hold(datastore, lock);
        const refused = await runInProcess(argv, env);
        if (!isPrune) assert(refused.code !== 0, argv.join(" "));
        const { code, stderr } = await runWaiting(
          argv,
          env,
          () => Promise.resolve(held[Symbol.dispose]()),
        );
        assertEquals(code, 0, `${argv.join(" ")}: ${stderr}`);
        if (!isPrune) continue;
        assertEquals((await local.listSnapshots("")).map(({ time }) => time), [TIME + 100]);
        // What the last command is to forget.
        await local.forgetSnapshot("", { type: "host", id: "web", time: TIME + 100 });
        await writeSnapshot(local, { type: "host", id: "web", time: TIME }, [
          await makeChunk(1, 1000),
        ]);
      }
      assertEquals(await local.listGroups(""), []);
    }));

  Deno.test(`${name}: --lock-wait ends with the lock's error when its time is over`, () =>
    withWorld(async ({ datastore, env }) => {
      using _held = await hold(datastore, SNAPSHOT);
      const run = await runInProcess(["snapshot", "forget", SNAPSHOT, "--lock-wait", "1s"], env);
      assertEquals(run.code, 255);
      assertStringIncludes(run.stderr, "is locked: it is being used by another task");
      const wrong = await runInProcess(["snapshot", "forget", SNAPSHOT, "--lock-wait=1x"], env);
      assertStringIncludes(wrong.stderr, "lock-wait");
    }));

  Deno.test(`${name}: a backup that waits takes a time after that of the one it waited for`, () =>
    withWorld(async ({ datastore, env }) => {
      await using source = await TempDir.make("/dev/shm");
      await Deno.writeTextFile(`${source.path}/file`, "text");
      const argv = ["backup", `a.pxar:${source.path}`, "--backup-id=web"];
      const local = new LocalRepository(datastore, { owner: "admin@pbs" });
      const time = Math.floor(Date.now() / 1000);
      await using other = await local.beginBackup({
        namespace: "",
        snapshot: { type: "host", id: "web", time },
      });
      assert((await runInProcess([...argv, "--retry=0"], env)).code !== 0);
      const { code, stderr } = await runWaiting(argv, env, async () => {
        await uploadManifest(other, {});
        await other.finish();
      });
      assertEquals(code, 0, stderr);
    }));
}

Deno.test("a snapshot of the future is named with the way out, which works", async () => {
  for (const withWorld of Object.values(WORLDS)) {
    await withWorld(async ({ datastore, env }) => {
      await using folder = await TempDir.make("/dev/shm");
      await Deno.writeTextFile(`${folder.path}/app.conf`, "x = 1\n");
      const local = new LocalRepository(datastore, { owner: "admin@pbs" });
      const future = { type: "host" as const, id: "web", time: 4102444800 };
      await writeSnapshot(local, future, [await makeChunk(1, 1000)]);
      const argv = ["backup", `app.conf:${folder.path}/app.conf`, "--backup-id=web"];
      const { code, stderr } = await runInProcess(argv, env);
      assertEquals(code, 255);
      assertStringIncludes(stderr, "backup timestamp is older than last backup.");
      const wayOut = ["snapshot", "forget", `${GROUP}/2100-01-01T00:00:00Z`];
      assertStringIncludes(stderr, `${wayOut.join(" ")}"`);
      assertEquals((await runInProcess(wayOut, env)).code, 0);
      const again = await runInProcess(argv, env);
      assertEquals(again.code, 0, again.stderr);
    });
  }
});

Deno.test("garbage collection waits for the backups of other processes", () =>
  WORLDS.local!(async ({ datastore, env }) => {
    await using writer = new Child("hold_lock.ts", [datastore.path, "writer"]);
    assertEquals(await writer.line(), "held");
    assertEquals((await runInProcess(["garbage-collect"], env)).code, 255);
    const { code, stderr } = await runWaiting(["garbage-collect"], env, () => writer.kill());
    assertEquals(code, 0, stderr);
  }));

Deno.test("Ctrl-C ends the waiting of a backup, and of a command that catches no signals", () =>
  WORLDS.local!(async ({ datastore, env }) => {
    await using source = await TempDir.make("/dev/shm");
    using _group = await hold(datastore, GROUP);
    for (
      const argv of [
        ["backup", `a.pxar:${source.path}`, "--backup-id=web"],
        ["change-owner", GROUP, "admin@pbs"],
      ]
    ) {
      const [command, ...args] = clientCommand([...argv, "--lock-wait=1h"]);
      const child = new Deno.Command(command!, {
        args,
        env: { ...env, PBS_LOG: "info" },
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).spawn();
      let text = "";
      const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
      while (!text.includes("waiting up to")) {
        const { value, done } = await reader.read();
        assert(!done, text);
        text += value;
      }
      child.kill("SIGINT");
      while (!(await reader.read()).done);
      const { success, signal } = await child.status;
      assert(!success);
      assertEquals(signal, "SIGINT");
    }
    const others = [...Deno.readDirSync(`${datastore.path}/host/web`)];
    assertEquals(others.filter(({ isDirectory }) => isDirectory).length, 1);
  }));

Deno.test("type/id/latest works wherever a snapshot is asked for, and logs can be read back", () =>
  WORLDS.local!(async ({ env }) => {
    await using folder = await TempDir.make("/dev/shm");
    await Deno.writeTextFile(`${folder.path}/log`, "line 1\nline 2 äöü\n");
    const latest = `${GROUP}/latest`;
    const ok = async (...argv: string[]) => (await runClientOk(argv, { env })).stdout;
    const none = await runInProcess(["restore", latest, "client.log", "-"], env);
    assertEquals(none.code, 255);
    assertStringIncludes(none.stderr, "client.log.blob");
    await ok("snapshot", "upload-log", latest, `${folder.path}/log`);
    assertEquals(await ok("restore", latest, "client.log", "-"), "line 1\nline 2 äöü\n");
    await ok("restore", SNAPSHOT, "client.log.blob", `${folder.path}/restored`);
    assertEquals(await Deno.readTextFile(`${folder.path}/restored`), "line 1\nline 2 äöü\n");
    await ok("snapshot", "notes", "update", latest, "remember");
    assertEquals((await ok("snapshot", "notes", "show", latest)).trim(), "remember");
    await ok("snapshot", "protected", "update", latest, "true");
    assertStringIncludes(await ok("snapshot", "protected", "show", SNAPSHOT), "true");
    assertStringIncludes(await ok("snapshot", "files", latest), "client.log.blob");
    await Deno.writeTextFile(`${folder.path}/app.conf`, "x = 1\n");
    await ok("backup", `app.conf:${folder.path}/app.conf`, "--backup-id=web");
    assertEquals(await ok("restore", latest, "app.conf", "-"), "x = 1\n");
    await ok("snapshot", "forget", latest);
    assertEquals(await ok("restore", latest, "client.log", "-"), "line 1\nline 2 äöü\n");
    const missing = await runInProcess(["snapshot", "files", "host/nobody/latest"], env);
    assertStringIncludes(missing.stderr, "does not contain any snapshots");
  }));

Deno.test("group forget --yes asks nothing", () =>
  WORLDS.local!(async ({ env, datastore }) => {
    const run = await runInProcess(["group", "forget", GROUP, "--yes"], env);
    assertEquals([run.code, run.stdout], [0, "Successfully deleted group!\n"]);
    assertEquals([...Deno.readDirSync(`${datastore.path}/host`)], []);
  }));

Deno.test("an encrypted log needs its key, and comes back with it", () =>
  WORLDS.local!(async ({ env }) => {
    await using folder = await TempDir.make("/dev/shm");
    await Deno.writeTextFile(`${folder.path}/log`, "secret\n");
    const key = `--keyfile=${folder.path}/key`;
    await runClientOk(["key", "create", `${folder.path}/key`, "--kdf=none"], { env });
    await runClientOk(["snapshot", "upload-log", SNAPSHOT, `${folder.path}/log`, key], { env });
    const argv = ["restore", SNAPSHOT, "client.log", "-"];
    assertEquals((await runClientOk([...argv, key], { env })).stdout, "secret\n");
    const without = await runInProcess(argv, env);
    assertEquals([without.code, without.stdout], [255, ""]);
    assertStringIncludes(without.stderr, "key");
  }));

/** The clock of this process, which stands still until the end of the scope. */
class StoppedClock implements Disposable {
  readonly #now = Date.now;
  readonly seconds = Math.floor(Date.now() / 1000);
  constructor() {
    Date.now = () => this.seconds * 1000;
  }
  [Symbol.dispose](): void {
    Date.now = this.#now;
  }
}

Deno.test("a folder of the same second, left by a run that was killed, does not stop a backup", () =>
  WORLDS.local!(async ({ env, datastore }) => {
    await using folder = await TempDir.make("/dev/shm");
    await Deno.writeTextFile(`${folder.path}/app.conf`, "x = 1\n");
    const group = `${datastore.path}/host/web`;
    using clock = new StoppedClock();
    // The run's own second, and a later one.
    for (const time of [clock.seconds, clock.seconds + 5]) {
      Deno.mkdirSync(`${group}/${new Date(time * 1000).toISOString().replace(".000Z", "Z")}`);
    }
    const argv = ["backup", `app.conf:${folder.path}/app.conf`, "--backup-id=web"];
    const { code, stderr } = await runInProcess([...argv, "--retry=0"], env);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "a lost attempt left");
    // A time that was asked for stays.
    const given = await runInProcess([...argv, `--backup-time=${clock.seconds + 5}`], env);
    assertEquals(given.code, 255);
    assertStringIncludes(given.stderr, "already exists");
  }));
