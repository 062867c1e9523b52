import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AuthError } from "../../lib/errors/mod.ts";
import { connectTls } from "../../lib/tls/mod.ts";
import { Http1Client } from "../../lib/http1/mod.ts";
import { openRemoteRepository, TicketCache } from "../../lib/remote/mod.ts";
import { eventually } from "../support/eventually.ts";
import { remoteOptions } from "../support/remote_repository.ts";
import { runClientOk } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";
import { TempDir } from "../support/temp_dir.ts";
import {
  ADMINISTRATOR,
  type TestAccounts,
  TestServer,
  tokenHeader,
} from "../support/test_server.ts";

const LIFETIME_SECONDS = 5;
const snapshot = { type: "host", id: "a", time: 1_700_000_000 } as const;

async function withTicketCache(body: (cache: TicketCache) => Promise<void>): Promise<void> {
  await using folder = await TempDir.make();
  await Deno.chmod(folder.path, 0o700);
  await body(new TicketCache(folder.path));
}

Deno.test("a backup that takes longer than its ticket lives is finished", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await using source = await TempDir.make("/var/tmp");
  await Deno.chmod(source.path, 0o700);
  await Deno.mkdir(`${dir.path}/config`);
  await Deno.writeTextFile(
    `${dir.path}/config/server.cfg`,
    `server: this\n\tticket-lifetime ${LIFETIME_SECONDS}\n\nuser: admin@pbs\n\n` +
      "acl: /\n\tadmin@pbs Admin\n",
  );
  await using server = await ServerProcess.start({ dir });
  await Deno.mkdir(`${source.path}/tree`);
  const noise = new Uint8Array(3_000_000);
  for (let at = 0; at < noise.length; at += 60_000) {
    crypto.getRandomValues(noise.subarray(at, at + 60_000));
  }
  await Deno.writeFile(`${source.path}/tree/noise`, noise);
  const env: Record<string, string> = {
    ...server.clientEnvironment,
    XDG_RUNTIME_DIR: source.path,
  };
  await runClientOk([
    "backup",
    `a.pxar:${source.path}/tree`,
    "--rate=400KB",
    "--burst=10KB",
    "--backup-id=a",
    "--backup-time=1700000000",
  ], { env });
  // The one ticket of the run is worth nothing any more: it had ended before the backup did.
  const log = await Deno.readTextFile(`${dir.path}/config/log/api/access.log`);
  assertEquals(log.match(/POST \S+access\/ticket/g)?.length, 1, log);
  const ticket = new TicketCache(source.path).load("127.0.0.1", "admin@pbs")!.ticket;
  const { duplex } = await connectTls({
    host: "127.0.0.1",
    port: server.port,
    fingerprint: env.PBS_FINGERPRINT!,
  });
  const client = new Http1Client(duplex, { host: "localhost" });
  const { status } = await client.request({
    method: "GET",
    path: "/api2/json/version",
    headers: [["cookie", `PBSAuthCookie=${ticket}`]],
  });
  assertEquals(status, 401);
  client.abort();
  const restored = `${source.path}/restored`;
  await runClientOk(["restore", "host/a/2023-11-14T22:13:20Z", "a.pxar", restored], { env });
  assertEquals(await Deno.readFile(`${restored}/noise`), noise);
});

Deno.test("calls after the ticket's end log in again; what is on its way does not care", async () => {
  let now = 1_700_000_000_000;
  await using server = await TestServer.start({
    now: () => now,
    ticketLifetimeSeconds: LIFETIME_SECONDS,
  });
  await using repository = await openRemoteRepository(remoteOptions(server));
  const target = await repository.beginBackup({ namespace: "", snapshot });
  now += 6000;
  await target.uploadBlob("x.blob", (await makeChunk(1, 100)).blob);
  await target.abort();
  await repository.listSnapshots("");
  now += 6000;
  await writeSnapshot(repository, snapshot, [await makeChunk(2, 100)]);
  now += 6000;
  assertEquals((await repository.listSnapshots("")).length, 1);
});

Deno.test("a ticket that is renewed in time outlives its life many times, without the password", () =>
  withTicketCache(async (ticketCache) => {
    let now = 1_700_000_000_000;
    await using server = await TestServer.start({
      now: () => now,
      ticketLifetimeSeconds: LIFETIME_SECONDS,
    });
    {
      await using first = await openRemoteRepository(remoteOptions(server, { ticketCache }));
      await first.logIn();
    }
    const { password: _, ...withoutPassword } = remoteOptions(server, {
      ticketCache,
      timeouts: { renewalMs: 10 },
    });
    await using repository = await openRemoteRepository(withoutPassword);
    const current = () => ticketCache.load("127.0.0.1", "admin@pbs")?.ticket;
    await repository.identity();
    for (let i = 0; i < 4; i++) {
      const before = current();
      now += 3000;
      await eventually(() => {
        assert(current() !== before);
        return Promise.resolve();
      });
      await repository.listSnapshots("");
    }
    now += 6000;
    await assertRejects(() => repository.listSnapshots(""), AuthError, "the ticket of admin@pbs");
  }));

/** A user who may do everything, and a token for each role. */
const TOKENS: Readonly<Record<string, string>> = {
  audit: "DatastoreAudit",
  backup: "DatastoreBackup",
  power: "DatastorePowerUser",
  reader: "DatastoreReader",
};
const ACCOUNTS: TestAccounts = {
  accounts: [
    ...ADMINISTRATOR.accounts,
    ...[...Object.keys(TOKENS), "none"].map((name) => ({
      authId: `admin@pbs!${name}`,
      enabled: true,
      expire: 0,
    })),
  ],
  rules: [
    ...ADMINISTRATOR.rules,
    ...Object.entries(TOKENS).map(([name, role]) => ({
      path: "/datastore/store1",
      authId: `admin@pbs!${name}`,
      roles: [role],
      propagate: true,
    })),
  ],
  secrets: {
    ...ADMINISTRATOR.secrets,
    ...Object.fromEntries([...Object.keys(TOKENS), "none"].map((name) => [
      `admin@pbs!${name}`,
      "a secret",
    ])),
  },
};

Deno.test("a token with too few privileges is refused with the text that names them", async () => {
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  const D = "/api2/json/admin/datastore/store1";
  const missing = (privileges: string, path = "/datastore/store1") =>
    `permission check failed - missing ${privileges} on ${path}`;
  for (
    const [name, method, path, text] of [
      ["none", "GET", `${D}/status`, "permission check failed"],
      ["none", "GET", `${D}/groups`, missing("Datastore.Audit|Datastore.Backup")],
      ["none", "GET", `${D}/snapshots`, missing("Datastore.Audit|Datastore.Backup")],
      [
        "none",
        "GET",
        `${D}/snapshots?ns=a/b`,
        missing("Datastore.Audit|Datastore.Backup", "/datastore/store1/a/b"),
      ],
      ["backup", "POST", `${D}/gc`, "permission check failed"],
      ["audit", "POST", `${D}/gc`, "permission check failed"],
      ["audit", "DELETE", `${D}/groups?backup-type=host&backup-id=a`, undefined],
      ["reader", "DELETE", `${D}/groups?backup-type=host&backup-id=a`, undefined],
    ] as const
  ) {
    const client = await server.connect();
    const headers = [tokenHeader(`admin@pbs!${name}`, "a secret")];
    const response = await client.request({ method, path, headers });
    const body = await response.body.text(10_000);
    client.abort();
    assertEquals(response.status, 403, `${name} ${method} ${path}: ${body}`);
    if (text !== undefined) assertEquals(body, text, `${name} ${path}`);
    else assertStringIncludes(body, "permission check failed - missing Datastore.");
  }
  const query = "store=store1&backup-type=host&backup-id=a&backup-time=1700000000";
  for (const name of ["none", "audit", "reader"]) {
    const headers = [tokenHeader(`admin@pbs!${name}`, "a secret")];
    const error = await assertRejects(() => server.upgrade("backup", query, headers));
    assertEquals(
      (error as Error).message,
      "403: missing permissions 'Datastore.Backup' on '/datastore/store1'",
    );
  }
  const allowed = await server.upgrade("backup", query, [
    tokenHeader("admin@pbs!power", "a secret"),
  ]);
  allowed.abort();
});

Deno.test("refusals wait 3 s and 0.5 s, and no more than 32 passwords of a user are looked at at once", async () => {
  await using server = await TestServer.start({ defaultDelays: true });
  assertEquals(server.server.state.delays, { unauthorizedMs: 3000, forbiddenMs: 500 });
  const logIn = (password: string, address = "192.0.2.1") =>
    server.access.login("admin@pbs", password, address).catch(({ status }) => status);
  const results = await Promise.all(Array.from({ length: 100 }, () => logIn("a password")));
  assertEquals(results.filter((result) => result === "complete").length, 32);
  // Nothing was looked at: that is no wrong password.
  assertEquals(results.filter((result) => result === 429).length, 68);
  assertEquals(await logIn("a password", "192.0.2.2"), "complete");
  const showToken = (secret: string, address: string) =>
    server.access.authenticate({ kind: "token", tokenId: "admin@pbs!ci", secret }, "GET", address)
      .catch(({ status }) => status);
  const shown = await Promise.all(
    Array.from({ length: 40 }, (_, i) => showToken(`guess ${i}`, "192.0.2.3")),
  );
  assertEquals(shown.filter((result) => result === undefined).length, 32);
  assertEquals(shown.filter((result) => result === 429).length, 8);
  assertEquals(await showToken("a secret", "192.0.2.4"), "admin@pbs!ci");
});

Deno.test("the access log has a line per request, with who asked and without secrets", async () => {
  let path: string;
  let log = "";
  {
    await using server = await TestServer.start({ accounts: ACCOUNTS });
    path = `${server.dir.path}/log/api/access.log`;
    const client = await server.connect();
    const ask = async (method: string, target: string, headers: [string, string][], body = "") => {
      const bytes = new TextEncoder().encode(body);
      const request = { method, path: target, headers, ...body === "" ? {} : { body: bytes } };
      await (await client.request(request)).body.text(10_000);
    };
    const token = tokenHeader("admin@pbs!audit", "a secret") as [string, string];
    await ask("GET", "/api2/json/admin/datastore/store1/status?a=hidden", [token]);
    await ask("GET", "/api2/json/version", []);
    await ask("GET", "/api2/json/ping", [["user-agent", 'x" 200 "forged']]);
    await ask("POST", "/api2/json/access/ticket", [
      ["content-type", "application/x-www-form-urlencoded"],
    ], "username=admin%40pbs&password=a+password");
    client.abort();
    await server.server.stop(0);
    log = await Deno.readTextFile(path);
  }
  const lines = log.trimEnd().split("\n").map((line) =>
    line.replace(/^127\.0\.0\.1:\d+ - /, "").replace(/ \[[^\]]+\]/, "")
  );
  assertEquals(lines.length, 4, log);
  const version = "HTTP/1.1";
  assertStringIncludes(
    lines[0]!,
    `admin@pbs!audit "GET /api2/json/admin/datastore/store1/status ${version}" 400`,
  );
  assertStringIncludes(lines[1]!, `- "GET /api2/json/version ${version}" 401`);
  assertStringIncludes(lines[2]!, `"x? 200 ?forged"`);
  assertStringIncludes(lines[3]!, `"POST /api2/json/access/ticket ${version}" 200`);
  for (const secret of ["hidden", "a secret", "a password", "a+password", "PBS:"]) {
    assert(!log.includes(secret), secret);
  }
});
