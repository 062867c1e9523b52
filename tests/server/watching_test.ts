// What a server tells by itself: groups without a new backup, tasks that fail and work again.

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { UsageError } from "../../lib/errors/mod.ts";
import { runRemote, runRemoteOk } from "../support/remote_command.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";

const HOUR = 3600;
const START = 1_700_000_000;

interface Message {
  readonly what: string;
  readonly name: string;
  readonly outcome: string;
  readonly summary: string;
  readonly details: string;
  /** Those that are told together. */
  readonly events?: readonly Pick<Message, "what" | "name" | "outcome">[];
}

/** A web server that keeps what it is told. */
class Told implements AsyncDisposable {
  readonly messages: Message[] = [];
  status = 200;
  /** Waited for before an answer is given. */
  answered: Promise<void> | undefined;
  /** Called for each request. */
  onMessage = () => {};
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const message = await request.json();
      this.onMessage();
      await this.answered;
      if (this.status === 200) this.messages.push(message);
      return new Response("", { status: this.status });
    },
  );

  /** The events since the last call, sorted. */
  take(): string[] {
    return this.messages.splice(0).flatMap((message) => message.events ?? [message])
      .map(({ what, name, outcome }) => `${what} ${name} ${outcome}`).toSorted();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

interface Watched extends AsyncDisposable {
  readonly server: TestServer;
  readonly told: Told;
  readonly problems: string[];
  now: number;
  write(config: string): Promise<void>;
}

async function start(): Promise<Watched> {
  const told = new Told();
  const problems: string[] = [];
  const watched: Watched = {
    now: START,
    told,
    problems,
    server: await TestServer.start({
      alertsWarned: (problem) => problems.push(problem),
      watchNow: () => watched.now,
    }),
    write: async (config: string) => {
      await Deno.mkdir(`${watched.server.dir.path}/config`, { recursive: true });
      const path = `${watched.server.dir.path}/config/alerts.toml`;
      // Another file, whatever the clock of the file system is.
      await Deno.writeTextFile(`${path}.new`, config.replace("URL", told.url));
      await Deno.rename(`${path}.new`, path);
    },
    async [Symbol.asyncDispose]() {
      await watched.server[Symbol.asyncDispose]();
      await told[Symbol.asyncDispose]();
    },
  };
  return watched;
}

async function backUp({ server }: Watched, id: string, time: number, ns = ""): Promise<void> {
  await Deno.mkdir(`${server.dir.path}/tree`, { recursive: true });
  await Deno.writeTextFile(`${server.dir.path}/tree/file`, "contents");
  await runRemoteOk(server, [
    ...["backup", `a.pxar:${server.dir.path}/tree`, `--backup-id=${id}`, `--ns=${ns}`],
    `--backup-time=${time}`,
  ]);
}

const CONFIG = `
[alerts.hook]
type = "webhook"
url = "URL"
time-limit = 120
retries = 0

[watch]
max-age = "26h"

[[watch.groups]]
group = "host/lab"
ignore = true

[[watch.groups]]
datastore = "store1"
ns = "weekly"
max-age = "8d"

[[watch.groups]]
datastore = "store1"
group = "vm/100"
max-age = "1d"
`;

Deno.test("a server tells of groups without a new backup, once, and when there is one", async () => {
  await using watched = await start();
  const { server, told, problems } = watched;
  const watch = server.server.watch!;
  const look = async () => {
    await watch.look();
    return told.take();
  };
  await runRemoteOk(server, ["namespace", "create", "weekly"]);
  for (const id of ["web", "lab"]) await backUp(watched, id, START);
  await backUp(watched, "web", START, "weekly");
  assertEquals(await look(), []);
  await watched.write(CONFIG);
  assertEquals(await look(), ["watch store1:vm/100 failed"]);
  watched.now += 27 * HOUR;
  assertEquals(await look(), ["watch store1:host/web failed"]);
  assertEquals(await look(), []);
  await backUp(watched, "web", START + 20 * HOUR);
  assertEquals(await look(), ["watch store1:host/web ok"]);
  watched.now += 8 * 24 * HOUR;
  told.status = 500;
  assertEquals(await look(), []);
  assertMatch(problems.join(), /alert "hook": 127\.0\.0\.1:\d+ answered 500/);
  told.status = 200;
  assertEquals(await look(), [
    "watch store1:host/web failed",
    "watch store1:weekly:host/web failed",
  ]);
  // A configuration that is wrong is said, and the old one stays.
  problems.length = 0;
  await watched.write(CONFIG.replace("26h", "soon"));
  await backUp(watched, "web", START + 9 * 24 * HOUR);
  assertEquals(await look(), ["watch store1:host/web ok"]);
  assertMatch(
    problems.join(),
    /^the file of alerts is not used: ".*", line 9: watch\.max-age: must/,
  );
  assertEquals(await look(), []);
  assertEquals(problems.length, 1);
});

Deno.test("a server tells of many groups that are stale at once in one message, and of their backups", async () => {
  await using watched = await start();
  const { server, told } = watched;
  const watch = server.server.watch!;
  await watched.write(CONFIG.replace(/\[\[[\s\S]*/, ""));
  await backUp(watched, "g000", START);
  const names = Array.from({ length: 150 }, (_, i) => `g${String(i).padStart(3, "0")}`);
  const time = new Date(START * 1000).toISOString().replace(".000", "");
  const groups = `${server.datastorePath}/host`;
  for (const name of names.slice(1)) {
    await Deno.mkdir(`${groups}/${name}/${time}`, { recursive: true });
    for (const { name: file } of Deno.readDirSync(`${groups}/g000/${time}`)) {
      await Deno.copyFile(`${groups}/g000/${time}/${file}`, `${groups}/${name}/${time}/${file}`);
    }
  }
  await watch.look();
  assertEquals(told.take(), []);
  watched.now += 27 * HOUR;
  told.status = 500;
  await watch.look();
  assertEquals(watched.problems.length, 1);
  told.status = 200;
  await watch.look();
  const [stale] = told.messages;
  assertEquals(told.messages.length, 1);
  assertEquals(stale!.summary, "150 groups without a backup");
  const lines = stale!.details.split("\n");
  assertEquals([lines.length, lines.at(-1)], [101, "and 50 more"]);
  assertEquals(
    lines[0],
    "failed: no backup of store1:host/g000 for 1d3h, allowed are 1d2h",
  );
  assertEquals(told.take(), names.map((name) => `watch store1:host/${name} failed`));
  await watch.look();
  assertEquals(told.take(), []);
  // As if all but one had been backed up.
  await Deno.rename(`${groups}/g007/${time}`, `${groups}/g007/2020-01-01T00:00:00Z`);
  watched.now = START;
  await watch.look();
  assertEquals(told.messages.map(({ summary }) => summary), ["149 groups with a backup"]);
  assertEquals(told.take().length, 149);
});

Deno.test("tasks that end while another is being told of are told of together", async () => {
  await using watched = await start();
  const { server, told } = watched;
  const always = CONFIG.replace(/\[\[[\s\S]*/, "").replace("retries", "always = true\nretries");
  await watched.write(`${always}tasks = ["verify", "gc"]\n`);
  await backUp(watched, "web", START);
  const arrived = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  told.onMessage = arrived.resolve;
  told.answered = answered.promise;
  await runRemoteOk(server, ["garbage-collect"]);
  await arrived.promise;
  for (const words of [["datastore", "verify"], ["garbage-collect"], ["garbage-collect"]]) {
    await runRemoteOk(server, words);
  }
  answered.resolve();
  await server.server.watch!.idle();
  assertEquals(
    told.messages.map(({ summary, events }) => [summary, events?.length ?? 1]),
    [
      ["gc of store1: OK", 1],
      ["2 tasks succeeded", 2],
      ["gc of store1: OK", 1],
    ],
  );
  assertEquals(told.take().toSorted(), [
    ...Array(3).fill("gc store1 ok"),
    "verify store1 ok",
  ]);
});

Deno.test("a server tells of tasks that fail, with the end of their log, and when they work again", async () => {
  await using watched = await start();
  const { server, told } = watched;
  await watched.write(`${CONFIG}tasks = ["verify", "gc"]\n`.replace(/\[\[[\s\S]*(?=tasks)/, ""));
  await backUp(watched, "web", START);
  await runRemoteOk(server, ["garbage-collect"]);
  await runRemoteOk(server, ["datastore", "verify"]);
  const watch = server.server.watch!;
  await watch.idle();
  assertEquals(told.take(), []);
  const chunks = `${server.datastorePath}/.chunks`;
  const saved: [string, Uint8Array][] = [];
  for (const { name } of Deno.readDirSync(chunks)) {
    for (const chunk of Deno.readDirSync(`${chunks}/${name}`)) {
      const path = `${chunks}/${name}/${chunk.name}`;
      saved.push([path, Deno.readFileSync(path)]);
      Deno.writeTextFileSync(path, "damaged");
    }
  }
  for (let times = 0; times < 2; times++) await runRemote(server, ["datastore", "verify"]);
  await watch.idle();
  const [event] = told.messages;
  assertEquals(told.take(), ["verify store1 failed"]);
  assertStringIncludes(event!.summary, "verify of store1: ");
  assertMatch(event!.details, /TASK ERROR/);
  for (const [path, bytes] of saved) Deno.writeFileSync(path, bytes);
  await runRemoteOk(server, ["datastore", "verify"]);
  await watch.idle();
  assertEquals(told.take(), ["verify store1 ok"]);
});

Deno.test("a datastore that cannot be read is told of", async () => {
  await using watched = await start();
  const { server, told } = watched;
  await watched.write(CONFIG.replace(/\[\[[\s\S]*/, ""));
  await using aside = await TempDir.make();
  await server.server.watch!.look();
  assertEquals(told.take(), []);
  server.server.state.configure([{ name: "gone", path: `${aside.path}/nowhere` }]);
  await server.server.watch!.look();
  assertEquals(told.take(), ["watch gone failed"]);
});

Deno.test("a server does not start with a file of alerts that is wrong", async () => {
  await using dir = await TempDir.make();
  await using made = await TestServer.start();
  await Deno.mkdir(`${dir.path}/config`);
  await Deno.rename(made.datastorePath, `${dir.path}/store`);
  await Deno.writeTextFile(`${dir.path}/config/alerts.toml`, "[watch]\nmax-age = 1\n");
  await assertRejects(
    () => TestServer.start({ dir, alertsWarned: () => {} }),
    UsageError,
    "line 2: watch.max-age: must be from 60",
  );
});
