import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseRepository } from "../../lib/repository/mod.ts";
import { openRemoteRepository } from "../../lib/remote/mod.ts";
import { eventually } from "../support/eventually.ts";
import { HeldCollections } from "../support/held_collections.ts";
import { serverEnvironment } from "../support/remote_command.ts";
import { RemotePeer } from "../support/remote_peer.ts";
import { type ClientRun, runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";
import { withoutHint } from "../support/without_hint.ts";

/** A program, a server and a small source tree. */
class World implements AsyncDisposable {
  private constructor(
    readonly server: ServerProcess,
    readonly dir: TempDir,
    readonly env: Record<string, string>,
  ) {}

  static async start(): Promise<World> {
    const dir = await TempDir.make("/var/tmp");
    await Deno.mkdir(`${dir.path}/tree`);
    await Deno.writeTextFile(`${dir.path}/tree/a.txt`, "hello\n");
    const server = await ServerProcess.start();
    const env = { ...server.clientEnvironment, TZ: "UTC" };
    return new World(server, dir, env);
  }

  /** The server's datastore as a directory. */
  get store(): Record<string, string> {
    return { PBS_REPOSITORY: `${this.server.dir.path}/store` };
  }

  run(argv: readonly string[], env = this.env): Promise<ClientRun> {
    return runClient(argv, { env });
  }

  async ok(argv: readonly string[], env = this.env): Promise<string> {
    return (await runClientOk(argv, { env })).stdout;
  }

  async backUp(id: string, time: number, more: readonly string[] = []): Promise<void> {
    const argv = ["backup", `a.pxar:${this.dir.path}/tree`, "--backup-id", id];
    await this.ok([...argv, "--backup-time", String(time), ...more]);
  }

  /** Paths of all groups in a namespace. */
  async groups(namespace: string): Promise<string[]> {
    const found = JSON.parse(await this.ok(["list", "--ns", namespace, "--output-format=json"]));
    return found.map((group: Record<string, string>) =>
      `${group["backup-type"]}/${group["backup-id"]}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

interface ListedTask {
  readonly upid: string;
  readonly worker_type: string;
  readonly worker_id: string | null;
  readonly user: string;
  readonly endtime?: number;
  readonly status?: string;
}

async function listTasks(world: World, ...more: string[]): Promise<ListedTask[]> {
  return JSON.parse(await world.ok(["task", "list", "--output-format=json", ...more]));
}

/** A backup that goes on until somebody stops it. */
async function openBackup(world: World): Promise<AsyncDisposable> {
  const { PBS_REPOSITORY, PBS_PASSWORD, PBS_FINGERPRINT } = world.env;
  const address = parseRepository(PBS_REPOSITORY!);
  if (address.kind !== "server") throw new TypeError("the greeting names a directory");
  const repository = await openRemoteRepository({
    address,
    password: PBS_PASSWORD!,
    fingerprint: PBS_FINGERPRINT!,
  });
  await repository.beginBackup({
    namespace: "",
    snapshot: { type: "host", id: "open", time: 1700000000 },
  });
  return repository;
}

Deno.test("tasks of a server are listed, shown and stopped", async () => {
  await using world = await World.start();
  assertEquals(await world.ok(["task", "list", "--all"]), "");
  assertEquals(await listTasks(world, "--all"), []);
  await world.backUp("one", 1700000000);
  const collected = await world.ok(["garbage-collect"]);
  assertMatch(collected, /^starting garbage collection[^]*\nTASK OK\n$/);
  // No times in front of the lines.
  assert(!/^\d{4}-/m.test(collected));

  const [newest, oldest] = await listTasks(world, "--all");
  assertEquals([newest?.worker_type, newest?.worker_id], ["garbage_collection", "store1"]);
  assertEquals([oldest?.worker_type, oldest?.worker_id], ["backup", "store1:host/one"]);
  assertEquals([oldest?.user, oldest?.status], ["admin@pbs", "OK"]);
  assertEquals((await listTasks(world, "--all", "--limit=1")).length, 1);
  assertEquals(await listTasks(world), []);

  // The table is the other way round: the newest line is the last.
  const table = await world.ok(["task", "list", "--all"], {
    ...world.env,
    PROXMOX_OUTPUT_NO_BORDER: "1",
  });
  const date = String.raw`\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}`;
  assertMatch(
    table,
    new RegExp(`^${date} ${date} UPID:\\S+:backup:.* OK *\n.*:garbage_collection:.* OK *\n$`),
  );

  // The log, later, is the same.
  assertEquals(await world.ok(["task", "log", newest!.upid]), collected);
  assertMatch(await world.ok(["task", "log", oldest!.upid]), /TASK OK\n$/);
  assertEquals(await world.ok(["task", "stop", newest!.upid]), "");

  const unknown = newest!.upid.replace(/:0000000\d:/, ":0000FFFF:");
  const log = await world.run(["task", "log", unknown]);
  assertEquals([log.code, log.stdout], [255, ""]);
  assertMatch(withoutHint(log.stderr), /^Error: .*No such file or directory\n$/);
  assertEquals(await world.ok(["task", "stop", unknown]), "");
});

Deno.test("a running task can be followed and stopped by others", async () => {
  await using world = await World.start();
  await using _backup = await openBackup(world);
  const [task, ...others] = await listTasks(world);
  assertEquals([task?.worker_type, task?.endtime, task?.status], ["backup", undefined, undefined]);
  assertEquals(others, []);
  assertMatch(await world.ok(["task", "list"]), /│ {9,}│ UPID:.*│ running │/);
  const { upid } = task!;

  // Ctrl-C ends the showing, not the task.
  const argv = ["task", "log", upid];
  const shown = spawnClient(argv, { env: world.env, output: "piped" });
  const text = await interruptAfterFirstLine(shown);
  assertMatch(text.stdout, /^starting new backup/);
  assertEquals([text.code, text.stderr], [0, "got shutdown request (SIGINT)\n"]);
  assertEquals((await listTasks(world)).length, 1);

  const following = world.run(argv);
  assertEquals(await world.ok(["task", "stop", upid]), "");
  const { code, stdout, stderr } = await following;
  assertMatch(stdout, /^starting new backup[^]*\nTASK ERROR: task aborted\n$/);
  assertEquals([code, stderr], [255, "Error: task failed (status task aborted)\n"]);
  // What has failed is shown, and fails, again.
  const again = await world.run(["task", "log", upid]);
  assertEquals([again.code, again.stdout, again.stderr], [255, stdout, stderr]);
});

Deno.test("Ctrl-C in `garbage-collect` stops the server's task", async () => {
  await using server = await TestServer.start();
  const held = new HeldCollections(server);
  const env = serverEnvironment(server);
  const interrupted = interruptAfterFirstLine(
    spawnClient(["garbage-collect"], { env, output: "piped" }),
  );
  await held.stopped();
  held.letGo();
  const { code, stdout, stderr } = await interrupted;
  assertMatch(stdout, /^starting garbage collection[^]*\nTASK ERROR: task aborted\n$/);
  assertEquals(
    [code, stderr],
    [255, "got shutdown request (SIGINT)\nError: task failed (status task aborted)\n"],
  );
  assertEquals(server.server.state.tasks.list()[0]!.end!.status, "task aborted");
});

Deno.test("the second Ctrl-C leaves the server's task alone, which is no failure", async () => {
  const upid = "UPID:vm:00000001:00000001:00000001:65F00000:garbage_collection:tank:a@pbs:";
  const asked: string[] = [];
  await using peer = await RemotePeer.start(({ method, path }) => {
    if (path === "/access/ticket") {
      return { data: { username: "a@pbs", ticket: "PBS:t", CSRFPreventionToken: "t" } };
    }
    asked.push(`${method} ${path.replace(/tasks\/.*\//, "tasks/…/")}`);
    if (path.endsWith("/gc")) return { data: upid };
    if (method === "DELETE") return { data: null };
    // A task that does not mind being told to stop.
    return { data: [{ n: 1, t: "at work" }], attributes: { total: 1, active: true } };
  });
  const child = spawnClient(["garbage-collect"], {
    env: {
      PBS_REPOSITORY: `a@pbs@127.0.0.1:${peer.port}:tank`,
      PBS_PASSWORD: "x",
      PBS_FINGERPRINT: peer.fingerprint,
    },
    output: "piped",
  });
  let stderr = "";
  const messages = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      if (stderr === "") {
        await eventually(() => {
          assert(asked.some((call) => call.startsWith("DELETE")));
          return Promise.resolve();
        });
        child.kill("SIGINT");
      }
      stderr += text;
    }
  })();
  const stdout = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertMatch((await stdout.read()).value ?? "", /^at work\n/);
  child.kill("SIGINT");
  await messages;
  assertEquals((await child.status).code, 0);
  await stdout.cancel();
  const line = "got shutdown request (SIGINT)\n";
  assertEquals(stderr, `${line}${line}forced exit (task still running)\n`);
  assertEquals(asked.filter((call) => call.startsWith("DELETE")).length, 1, asked.join("\n"));
});

Deno.test("`garbage-collect` with JSON names the server's task and does not wait", async () => {
  await using world = await World.start();
  for (const format of ["json", "json-pretty"]) {
    const upid = JSON.parse(await world.ok(["garbage-collect", "--output-format", format]));
    assertMatch(upid, /^UPID:[^:]+(:[0-9A-F]{8,}){4}:garbage_collection:store1:admin@pbs:$/);
    assertMatch(await world.ok(["task", "log", upid]), /\nTASK OK\n$/);
  }
});

Deno.test("groups and namespaces of a server are moved by tasks", async () => {
  await using world = await World.start();
  await world.backUp("one", 1700000000);
  await world.ok(["namespace", "create", "z"]);
  assertMatch(await world.ok(["group", "move", "host/one", "--target-ns", "z"]), /\nTASK OK\n$/);
  assertEquals([await world.groups(""), await world.groups("z")], [[], ["host/one"]]);

  // Only newer snapshots can be merged.
  await world.backUp("one", 1600000000);
  const older = await world.run(["group", "move", "host/one", "--target-ns", "z"]);
  assertMatch(older.stdout, /^TASK ERROR: .*host\/one.*\n$/m);
  assertMatch(withoutHint(older.stderr), /^Error: task failed \(status .*\)\n$/);
  assertEquals(older.code, 255);

  const refused: Record<string, string[]> = {
    "source and target namespace must be different": ["host/one", "--target-ns", ""],
    "group 'host/none' does not exist in namespace ''": ["host/none", "--target-ns", "z"],
    "'nope' does not exist": ["host/one", "--target-ns", "nope"],
    "is not to be merged": ["host/one", "--target-ns", "z", "--merge-group=false"],
    "unable to parse": ["host", "--target-ns", "z"],
  };
  for (const [reason, argv] of Object.entries(refused)) {
    const run = await world.run(["group", "move", ...argv]);
    assertEquals([run.code, run.stdout], [255, ""], reason);
    assert(run.stderr.startsWith("Error: ") && run.stderr.includes(reason), run.stderr);
  }

  const moved = await world.ok(["namespace", "move", "z", "--target-ns", "w/v"]);
  assertMatch(moved, /\nTASK OK\n$/);
  assertEquals(await world.ok(["namespace", "list"]), "w\nw/v\n");
  assertEquals(await world.groups("w/v"), ["host/one"]);
  for (const argv of [["--target-ns", "q"], ["w", "--target-ns", "w/x"], ["no", "--target-ns=q"]]) {
    const run = await world.run(["namespace", "move", ...argv]);
    assertEquals([run.code, run.stdout], [255, ""], argv.join(" "));
    assertMatch(withoutHint(run.stderr), /^Error: .*namespace.*\n$/);
  }
  const json = await world.ok(["namespace", "move", "w", "--target-ns=q", "--output-format=json"]);
  assertMatch(json, /^"UPID:.*:move-namespace:store1\\\\x3aw\\\\x3aq:admin@pbs:"\n$/);
  assertMatch(await world.ok(["task", "log", JSON.parse(json)]), /\nTASK OK\n$/);
  assertEquals(await world.groups("q/v"), ["host/one"]);
});

Deno.test("a datastore directory does the same in the foreground, and has no tasks", async () => {
  await using world = await World.start();
  await world.backUp("one", 1700000000);
  const { store } = world;
  await world.ok(["namespace", "create", "z"], store);
  const move = ["group", "move", "host/one", "--target-ns", "z"];
  assertMatch(await world.ok(move, store), /^moving group[^]*\nTASK OK\n$/);
  assertEquals(await world.groups("z"), ["host/one"]);
  // Nothing began: an ordinary error.
  const missing = await world.run(move, store);
  assertEquals(
    [missing.code, missing.stdout, missing.stderr],
    [255, "", 'Error: group "host/one" does not exist in namespace ""\n'],
  );
  const json = ["namespace", "move", "z", "--target-ns=y/x", "--output-format=json"];
  const { stdout, stderr } = await runClientOk(json, { env: store });
  assertEquals(stdout, '{"status":"OK"}\n');
  assertMatch(stderr, /^moving namespace[^]*TASK OK\n$/);
  assertEquals(await world.groups("y/x"), ["host/one"]);

  const [task] = await listTasks(world, "--all");
  for (const argv of [["list"], ["log", task!.upid], ["stop", task!.upid]]) {
    const run = await world.run(["task", ...argv], store);
    assertEquals([run.code, run.stdout], [255, ""]);
    assertMatch(
      withoutHint(run.stderr),
      /^Error: repository '\S+' is a directory: .*there are no tasks\n$/,
    );
  }
});

Deno.test("repositories are counted when they were used, and completed", async () => {
  await using world = await World.start();
  const cache = `${world.dir.path}/cache`;
  const { env } = world;
  const remembering = { ...env, XDG_CACHE_HOME: cache };
  const counted = async () =>
    JSON.parse(await Deno.readTextFile(`${cache}/proxmox-backup/repo-list`));
  const name = env.PBS_REPOSITORY!;
  await world.ok(["version"], remembering);
  await world.ok(["server-identity"], remembering);
  const failed = await world.run(["list", "--repository", name.replace("store1", "nope")], {
    ...remembering,
  });
  assertEquals(failed.code, 255);
  assertEquals(await Deno.stat(cache).catch(() => undefined), undefined);
  for (const argv of [["list"], ["login"], ["status"]]) await world.ok(argv, remembering);
  assertEquals(await counted(), { [name]: 3 });
  // A backup counts even if it fails.
  const other = name.replace("store1", "nope");
  const backup = ["backup", `a.pxar:${world.dir.path}/tree`, "--repository", other];
  assertEquals((await world.run(backup, remembering)).code, 255);
  assertEquals(await counted(), { [name]: 3, [other]: 1 });
  const line = "pbs-client list --repository ";
  const completed = await world.ok(["bashcomplete"], {
    ...remembering,
    COMP_LINE: line,
    COMP_POINT: String(line.length),
  });
  assertEquals(completed.trimEnd().split("\n").toSorted(), [other, name].toSorted());
});

/** Sends SIGINT when the program has shown something, and waits for its end. */
async function interruptAfterFirstLine(
  child: Deno.ChildProcess,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const stderr = new Response(child.stderr).text();
  let stdout = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (stdout === "" && text !== "") child.kill("SIGINT");
    stdout += text;
  }
  return { code: (await child.status).code, stdout, stderr: await stderr };
}
