import { assert, assertEquals, assertMatch } from "@std/assert";
import { TOTP } from "otpauth";
import { ownLoopback } from "../support/own_loopback.ts";
import { runClient } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { BrowseProcess, keysOf, PageClient } from "../support/page_client.ts";
import { ADMINISTRATOR, TestServer } from "../support/test_server.ts";

const PASSWORD = "a long password";
const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const STORE = "store1";
const PLAIN = { store: STORE, type: "host", id: "plain", time: 1700000000 };
const SECRETS = { store: STORE, type: "host", id: "secret", time: 1700000000 };
const FILE = { archive: "root.pxar", path: keysOf("file") };
const USERS = {
  "audit@pbs": "DatastoreAudit",
  "reader@pbs": "DatastoreReader",
  "backup@pbs": "DatastoreBackup",
  "nobody@pbs": undefined,
};

/** A server with two snapshots, one of them encrypted, and users of all kinds. */
class World implements AsyncDisposable {
  readonly #ended: ServerProcess[] = [];

  private constructor(
    public server: ServerProcess,
    readonly env: Record<string, string>,
    readonly key: string,
  ) {}

  static async make(): Promise<World> {
    const server = await ServerProcess.start({ listen: `${ownLoopback()}:0` });
    const dir = server.dir.path;
    const env = { ...server.clientEnvironment, HOME: dir, PBS_NEW_PASSWORD: PASSWORD };
    const world = new World(server, env, `${dir}/key`);
    await Deno.mkdir(`${dir}/source`);
    await Deno.writeTextFile(`${dir}/source/file`, "content");
    await world.client("key", "create", world.key, "--kdf=none");
    const backup = ["backup", `root.pxar:${dir}/source`, "--backup-time=1700000000"];
    await world.client(...backup, "--backup-id=plain");
    await world.client(...backup, "--backup-id=again");
    await world.client(...backup, "--backup-id=secret", `--keyfile=${world.key}`);
    for (const [user, role] of Object.entries(USERS)) await world.addUser(user, role);
    return world;
  }

  async client(...args: string[]): Promise<void> {
    const { code, stderr } = await runClient(args, { env: this.env });
    assertEquals(code, 0, `${args.join(" ")}: ${stderr}`);
  }

  async addUser(user: string, role: string | undefined): Promise<void> {
    await this.serve("user", "create", user);
    if (role !== undefined) {
      await this.serve("acl", "update", `/datastore/${STORE}`, role, `--auth-id=${user}`);
    }
  }

  async serve(...args: string[]): Promise<void> {
    await this.client("serve", ...args, `--config=${this.server.dir.path}/config`);
  }

  /** Ends the server without a word, and starts it again where it was. */
  async restart(): Promise<void> {
    const { address, dir } = this.server;
    await this.server.end("SIGKILL");
    this.#ended.push(this.server);
    this.server = await ServerProcess.start({ dir, listen: address });
  }

  /** A browser that nobody has logged in with. */
  browser(): PageClient {
    return new PageClient(this.server.port, this.env.PBS_FINGERPRINT, this.server.host);
  }

  async logIn(user: string, password = PASSWORD): Promise<PageClient> {
    const browser = this.browser();
    const { status, json } = await browser.request("POST", "/page/login", {
      body: { user, password },
      headers: [["origin", browser.origin]],
    });
    assertEquals(status, 200, JSON.stringify(json));
    assertEquals(json.state, "complete");
    browser.use(json.session);
    return browser;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.server, ...this.#ended]) await server[Symbol.asyncDispose]();
  }
}

async function statusOf(
  browser: PageClient,
  name: string,
  parameters: Record<string, string | number>,
): Promise<[number, string | undefined]> {
  const { status, json } = await browser.get(name, parameters);
  return [status, json?.error?.code];
}

async function checkStrangers(world: World): Promise<void> {
  const browser = world.browser();
  const page = await browser.request("GET", "/");
  assertEquals(page.status, 200);
  assertMatch(page.headers.get("content-security-policy")!, /^default-src 'none';/);
  const { json } = await browser.get("session");
  assertEquals([json.isLoggedIn, json.csrfToken, json.user], [false, undefined, undefined]);
  const looks = ["stores", "growth", "namespaces", "groups", "snapshots", "notes", "archives"];
  const more = ["entries", "entry", "search", "versions", "content", "download", "tasks", "task"];
  for (const name of [...looks, ...more]) {
    const parameters = { ...PLAIN, ...FILE, text: "x", format: "file", upid: "x" };
    assertEquals(await statusOf(browser, name, parameters), [401, "login"], name);
  }
  for (const name of ["gc", "verify", "prune", "prune-preview", "forget", "protect", "logout"]) {
    assertEquals((await browser.post(name, PLAIN)).status, 401, name);
  }
  const wrong = await browser.post("login", { user: "admin", password: "wrong" });
  assertEquals([wrong.status, wrong.json.error.code], [401, "login"]);
  const forged = await browser.request("POST", "/page/login", {
    body: { user: "audit@pbs", password: PASSWORD },
    headers: [["origin", "https://evil.example"]],
  });
  assertEquals([forged.status, browser.cookie], [403, undefined]);
}

async function checkAdministrator(world: World): Promise<void> {
  const browser = await world.logIn("admin", world.env.PBS_PASSWORD);
  assertMatch(browser.cookie!, /^__Host-PBSAuthCookie=/);
  const { user } = await browser.ask("session");
  assertEquals(user, "admin@pbs");
  assertEquals((await browser.get("content", { ...PLAIN, ...FILE })).bytes, bytesOf("content"));
  const refused = await browser.get("content", { ...SECRETS, ...FILE });
  assertEquals([refused.status, refused.json.error.code], [403, "encrypted"]);
  assertMatch(refused.json.error.message, /key is with the client/);
  const { archives } = await browser.ask("archives", SECRETS);
  assertMatch(archives[0].unreadable, /key is with the client/);
  const growth = await browser.ask("growth", { store: STORE });
  assertEquals([growth.isMeasuring, growth.points.length], [false, 3]);
  assert(growth.points[1].distinctBytes > 0);
  const { snapshots } = await browser.ask("snapshots", SECRETS);
  assertEquals(snapshots[0].encryption, "encrypted");
  const body = { ...PLAIN, isProtected: true };
  const origin = ["origin", browser.origin] as const;
  const token = ["csrfpreventiontoken", browser.csrfToken!] as const;
  const evil = ["origin", "https://evil.example"] as const;
  for (const headers of [[origin], [token, evil]]) {
    assertEquals((await browser.request("POST", "/page/protect", { body, headers })).status, 403);
  }
  // What scripts can set is not taken, though the API itself takes it.
  const set = world.browser();
  set.cookie = browser.cookie!.replace("__Host-", "");
  assertEquals((await set.get("stores")).status, 401);
  assertEquals((await browser.post("protect", body)).status, 200);
  assertEquals((await browser.post("protect", { ...body, isProtected: false })).status, 200);
  const { upid } = (await browser.post("verify", PLAIN)).json;
  for (;;) {
    const { isRunning, status, lines } = await browser.ask("task", { store: STORE, upid });
    if (isRunning) continue;
    assertEquals(status, "OK");
    assertMatch(lines.join("\n"), /TASK OK/);
    break;
  }
  const out = await browser.post("logout", {});
  assertEquals([out.status, browser.cookie], [200, undefined]);
  assertEquals((await browser.get("stores")).status, 401);
}

async function checkPrivileges(world: World): Promise<void> {
  const expected = {
    "audit@pbs": { groups: 200, content: 403, protect: 403, verify: 403, gc: 403, prune: 403 },
    "reader@pbs": { groups: 200, content: 200, protect: 403, verify: 200, gc: 403, prune: 403 },
    // Nothing of what is there is its own.
    "backup@pbs": { groups: 200, content: 403, protect: 403, verify: 403, gc: 403, prune: 403 },
    "nobody@pbs": { groups: 403, content: 403, protect: 403, verify: 403, gc: 403, prune: 403 },
  };
  for (const [user, statuses] of Object.entries(expected)) {
    const browser = await world.logIn(user);
    const keep = { keep: { last: 1 } };
    assertEquals(
      {
        groups: (await browser.get("groups", PLAIN)).status,
        content: (await browser.get("content", { ...PLAIN, ...FILE })).status,
        protect: (await browser.post("protect", { ...PLAIN, isProtected: true })).status,
        verify: (await browser.post("verify", PLAIN)).status,
        gc: (await browser.post("gc", PLAIN)).status,
        prune: (await browser.post("prune", { ...PLAIN, ...keep, remove: [] })).status,
      },
      statuses,
      user,
    );
    const { stores } = await browser.ask("stores");
    assertEquals(stores.length, user === "nobody@pbs" ? 0 : 1, user);
  }
  const backup = await world.logIn("backup@pbs");
  assertEquals((await backup.ask("groups", PLAIN)).groups, []);
  const audit = await world.logIn("audit@pbs");
  const { points, notMeasured } = await audit.ask("growth", { store: STORE });
  assertEquals([points.length, points[0].distinctBytes], [3, undefined]);
  assertMatch(notMeasured, /may not read/);
  const reader = await world.logIn("reader@pbs");
  const { groups } = await reader.ask("groups", PLAIN);
  assertEquals(groups.length, 3);
  assertEquals(groups[0].rights, { read: true, modify: false, verify: true, prune: false });
  // What is open when a right is taken away is not shown any more.
  assertEquals((await reader.get("content", { ...PLAIN, ...FILE })).status, 200);
  const rule = ["acl", "update", `/datastore/${STORE}`];
  await world.serve(...rule, "DatastoreReader", "--auth-id=reader@pbs", "--delete");
  await world.serve(...rule, "DatastoreAudit", "--auth-id=reader@pbs");
  assertEquals((await reader.get("content", { ...PLAIN, ...FILE })).status, 403);
}

async function checkSecondFactor(world: World): Promise<void> {
  await world.addUser("careful@pbs", "DatastoreAudit");
  const config = `--config=${world.server.dir.path}/config`;
  const { code, stderr } = await runClient(["serve", "tfa", "add", "careful@pbs", config], {
    env: { ...world.env, PBS_NEW_TOTP_SECRET: SECRET },
  });
  assertEquals(code, 0, stderr);
  const browser = world.browser();
  const half = (await browser.post("login", { user: "careful", password: PASSWORD })).json;
  assertEquals([half.state, half.totp, half.recovery], ["second-factor", true, false]);
  assertEquals(browser.cookie, undefined);
  browser.cookie = `__Host-PBSAuthCookie=${encodeURIComponent(half.challenge)}`;
  assertEquals((await browser.get("stores")).status, 401, "half a login opens nothing");
  browser.cookie = undefined;
  const step = { user: "careful", challenge: half.challenge };
  assertEquals((await browser.post("login", { ...step, password: "000000" })).status, 401);
  const password = new TOTP({ secret: SECRET }).generate();
  const whole = await browser.post("login", { ...step, password });
  assertEquals([whole.status, whole.json.state], [200, "complete"]);
  assertEquals((await browser.get("stores")).status, 200);
}

async function checkRemote(world: World): Promise<void> {
  const look = { ...SECRETS, store: "repository" };
  await using withKey = await BrowseProcess.start(world.env, [`--keyfile=${world.key}`]);
  const shown = await withKey.enter();
  assertEquals((await shown.get("content", { ...look, ...FILE })).bytes, bytesOf("content"));
  const session = await shown.ask("session");
  assertEquals([session.hasKey, session.user], [true, "admin@pbs"]);
  const { matches } = await shown.ask("search", { ...look, text: "file" });
  assertEquals(matches.length, 1);
  const { tasks } = await shown.ask("tasks");
  assert(tasks.length > 0, "those of the server");
  // Two that are open, and of which nothing but the manifest was read, when the connection is lost.
  const [plain, newest] = [{ ...look, id: "plain" }, { ...look, id: "again" }];
  for (const each of [plain, newest]) await shown.ask("archives", each);
  await world.restart();
  assertEquals((await shown.get("entry", { ...plain, ...FILE })).status, 200);
  const lost = await shown.get("content", { ...newest, ...FILE });
  // Where the restart took long, it was closed before and opened anew.
  if (lost.status !== 200) assertEquals([lost.status, lost.json.error.code], [503, "busy"]);
  assertEquals((await shown.get("content", { ...newest, ...FILE })).bytes, bytesOf("content"));
  await using without = await BrowseProcess.start(world.env);
  const refused = await (await without.enter()).get("content", { ...look, ...FILE });
  assertEquals([refused.status, refused.json.error.code], [403, "encrypted"]);
  assertMatch(refused.json.error.message, /--keyfile/);
  assertEquals((await withKey.end("SIGINT")).code, 0);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("serve shows the page behind its login, and nobody more than the API would", async (t) => {
  await using world = await World.make();
  await t.step("strangers get nothing", () => checkStrangers(world));
  await t.step("an administrator", () => checkAdministrator(world));
  await t.step("users have the privileges that they have", () => checkPrivileges(world));
  await t.step("a second factor", () => checkSecondFactor(world));
  await t.step("browse shows what is encrypted with the key at hand", () => checkRemote(world));
});

Deno.test("a reader that takes nothing gives way to another one, and memory stays counted", async () => {
  await using server = await TestServer.start({
    accounts: ADMINISTRATOR,
    timeouts: { answerPatienceMs: 200 },
    pageBytes: 16 * 1024 * 1024,
  });
  const source = `${server.dir.path}/source`;
  await Deno.mkdir(source);
  const size = 24 * 1024 * 1024;
  const content = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) {
    crypto.getRandomValues(content.subarray(at, at + 65536));
  }
  await Deno.writeFile(`${source}/file`, content);
  const { code, stderr } = await runClient(
    ["backup", `root.pxar:${source}`, "--backup-id=plain", "--backup-time=1700000000"],
    { env: { PBS_REPOSITORY: server.datastorePath } },
  );
  assertEquals(code, 0, stderr);
  const browser = new PageClient(server.port, server.certificate.fingerprint);
  const login = { user: "admin@pbs", password: "a password" };
  assertEquals((await browser.post("login", login)).status, 200);
  const query = new URLSearchParams({ ...FILE, ...PLAIN, time: "1700000000", format: "file" });
  const path = `/page/download?${query}`;
  // Half of the budget is for one address: there is room for one download at a time.
  await using stalled = await openStalled(server, path, browser.cookie!);
  const second = await browser.request("GET", path);
  assertEquals(second.bytes, content);
  assert(await stalled.rest() < size, "the connection was ended before the last byte");
});

/** A connection that has sent a request and taken the beginning of the answer. */
async function openStalled(server: TestServer, path: string, cookie: string) {
  const connection = await Deno.startTls(
    await Deno.connect({ hostname: "127.0.0.1", port: server.port }),
    { hostname: "localhost", caCerts: [server.certificate.certificate] },
  );
  const head = `GET ${path} HTTP/1.1\r\nhost: localhost\r\ncookie: ${cookie}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  const buffer = new Uint8Array(64 * 1024);
  let taken = await connection.read(buffer) ?? 0;
  assertMatch(new TextDecoder().decode(buffer.subarray(0, taken)), /^HTTP\/1.1 200 /);
  return {
    /** Takes what is left. @returns Bytes of the whole answer. */
    async rest(): Promise<number> {
      try {
        for (;;) {
          const length = await connection.read(buffer);
          if (!length) break;
          taken += length;
        }
      } catch {
        // It was cut off.
      }
      return taken;
    },
    [Symbol.asyncDispose]: () => {
      connection.close();
      return Promise.resolve();
    },
  };
}
