import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connectTls } from "../../lib/tls/mod.ts";
import { TicketSigner } from "../../lib/server/mod.ts";
import { RawClient } from "../support/probes/raw_client.ts";
import { type TestAccounts, TestServer, tokenHeader } from "../support/test_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const ACCOUNTS: TestAccounts = {
  accounts: ["admin@pbs", "joe@pbs", "joe@pbs!t", "eve@pbs"].map((authId) => ({
    authId,
    enabled: true,
    expire: 0,
  })),
  rules: [
    { path: "/", authId: "admin@pbs", roles: ["Admin"], propagate: true },
    { path: "/datastore/store1", authId: "joe@pbs", roles: ["DatastoreBackup"], propagate: true },
    { path: "/datastore/store1", authId: "joe@pbs!t", roles: ["Admin"], propagate: true },
  ],
  secrets: { "admin@pbs": "a", "joe@pbs": "j", "joe@pbs!t": "t", "eve@pbs": "e" },
};
const D = "/api2/json/admin/datastore/store1";

async function get(
  server: TestServer,
  path: string,
  headers: readonly (readonly [string, string])[],
): Promise<{ status: number; text: string }> {
  const client = await server.connect();
  const response = await client.request({ method: "GET", path, headers });
  const answer = { status: response.status, text: await response.body.text(100_000) };
  client.abort();
  return answer;
}

function ticketOf(server: TestServer, userId: string): [string, string] {
  return ["cookie", `PBSAuthCookie=${server.access.signer.createTicket(userId)}`];
}

Deno.test("refusals of credentials and privileges say so, and the server goes on", async () => {
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  const expect = async (
    status: number,
    text: string,
    path: string,
    ...headers: [string, string][]
  ) => {
    const answer = await get(server, path, headers);
    assertEquals(answer.status, status, answer.text);
    assertStringIncludes(answer.text, text);
  };
  const old = new TicketSigner(new Uint8Array(32), () => Date.now() - 7300_000);
  await expect(401, "authentication failed", `${D}/status`);
  await expect(401, "authentication failed", `${D}/status`, [
    "cookie",
    `PBSAuthCookie=${old.createTicket("admin@pbs")}`,
  ]);
  await expect(403, "permission check failed", `${D}/status`, ticketOf(server, "eve@pbs"));
  await expect(
    403,
    "missing Datastore.Audit|Datastore.Backup",
    `${D}/groups`,
    ticketOf(server, "eve@pbs"),
  );
  const other = D.replace("store1", "other");
  await expect(400, "no such datastore", `${other}/groups`, ticketOf(server, "admin@pbs"));
  await expect(400, "ENOENT", `${D}/groups?ns=no/where`, ticketOf(server, "admin@pbs"));
  await expect(200, "[]", `${D}/groups`, ticketOf(server, "joe@pbs"));
});

Deno.test("an expired ticket is refused, a fresh one of the same key is not", () => {
  let now = 1_700_000_000_000;
  const signer = new TicketSigner(new Uint8Array(32).fill(1), () => now);
  const ticket = signer.createTicket("joe@pbs");
  const csrf = signer.createCsrfToken("joe@pbs");
  now += 7_200_000;
  assertEquals(signer.verifyTicket(ticket), "joe@pbs");
  assert(signer.verifyCsrfToken(csrf, "joe@pbs"));
  assert(!signer.verifyCsrfToken(csrf, "eve@pbs"));
  now += 1_000;
  assertEquals(signer.verifyTicket(ticket), undefined);
  assert(!signer.verifyCsrfToken(csrf, "joe@pbs"));
  now -= 8_000_000;
  assertEquals(signer.verifyTicket(ticket), undefined, "a ticket from the future");
  assertEquals(
    new TicketSigner(new Uint8Array(32)).verifyTicket(signer.createTicket("a@pbs")),
    undefined,
  );
});

Deno.test("a token may do at most what its user may do", async () => {
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  const header = tokenHeader("joe@pbs!t", "t") as [string, string];
  const { status, text } = await get(server, "/api2/json/access/permissions", [header]);
  assertEquals(status, 200);
  assertEquals(JSON.parse(text).data, { "/datastore/store1": { "Datastore.Backup": true } });
  assertEquals((await get(server, `${D}/status`, [tokenHeader("joe@pbs!t", "x")])).status, 401);
});

Deno.test("wrong passwords wait for their answer, others meanwhile do not", async () => {
  await using server = await TestServer.start({
    accounts: ACCOUNTS,
    delays: { unauthorizedMs: 600_000, forbiddenMs: 0 },
  });
  const client = await server.connect();
  const refused = client.request({
    method: "POST",
    path: "//api2/json/access/ticket",
    body: new TextEncoder().encode("username=joe%40pbs&password=wrong"),
  });
  refused.catch(() => {});
  assertEquals((await get(server, `${D}/groups`, [ticketOf(server, "joe@pbs")])).status, 200);
  client.abort();
});

Deno.test("the group of another owner can neither be read nor continued", async () => {
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  const query = "store=store1&backup-type=host&backup-id=a&backup-time=1700000000";
  const first = await server.upgrade("backup", query, [ticketOf(server, "admin@pbs")]);
  await (await first.request({ method: "GET", path: "/previous_backup_time" })).body.text(100);
  const blob = await (await import("../support/probes/probe_world.ts"))
    .manifestBlob("host/a", 1700000000, []);
  for (
    const [path, body] of [
      [`/blob?file-name=index.json.blob&encoded-size=${blob.length}`, blob],
      ["/finish", undefined],
    ] as const
  ) {
    const answer = await first.request({ method: "POST", path, ...body ? { body } : {} });
    assertEquals(answer.status, 200, await answer.body.text(1000));
  }
  first.abort();
  for (const kind of ["backup", "reader"] as const) {
    const time = kind === "backup" ? 1700000001 : 1700000000;
    let refusal = "";
    try {
      await server.upgrade(kind, query.replace("1700000000", `${time}`), [
        ticketOf(server, "joe@pbs"),
      ]);
    } catch (error) {
      refusal = (error as Error).message;
    }
    assertStringIncludes(refusal, "400: backup owner check failed");
  }
});

Deno.test("requests that are too long or too large are refused without being stored", async () => {
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  const identity = ticketOf(server, "admin@pbs");
  const long = `/api2/json/version?_dc=${"a".repeat(3100)}`;
  assertEquals((await get(server, long, [identity])).status, 414);
  const { duplex } = await connectTls({
    host: "127.0.0.1",
    port: server.port,
    fingerprint: server.certificate.fingerprint,
  });
  const raw = new RawClient(duplex);
  const many = Array.from({ length: 120 }, (_, i): [string, string] => [`x-${i}`, "y"]);
  const answer = await raw.request({
    method: "GET",
    target: "/api2/json/ping",
    headers: many,
    body: new Uint8Array(0),
  });
  assertEquals(answer?.status, 431);
  duplex.abort();
});

testWithPeers("curl logs in, changes something and logs out", ["curl"], async () => {
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  const base = `https://localhost:${server.port}/api2/json`;
  const authority = `${server.dir.path}/server.pem`;
  await Deno.writeTextFile(authority, server.certificate.certificate);
  const curl = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command("curl", {
      args: ["--silent", "--show-error", "--cacert", authority, "-w", "\n%{http_code}", ...args],
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const text = new TextDecoder().decode(stdout);
    return { status: Number(text.slice(-3)), body: text.slice(0, -4) };
  };
  const login = await curl(
    "--data-urlencode",
    "username=admin@pbs",
    "-d",
    "password=a",
    `${base}/access/ticket`,
  );
  assertEquals(login.status, 200, login.body);
  const { ticket, CSRFPreventionToken: csrf } = JSON.parse(login.body).data;
  const identity = ["-b", `PBSAuthCookie=${ticket}`, "-H", `CSRFPreventionToken: ${csrf}`];
  const store = `${base}/admin/datastore/store1`;
  const made = await curl(...identity, "-d", "name=a", `${store}/namespace`);
  assertEquals(JSON.parse(made.body).data, "a");
  const listed = await curl(...identity, `${store}/namespace`);
  assertEquals(JSON.parse(listed.body).data, [{ ns: "" }, { ns: "a" }]);
  const without = await curl(
    "-b",
    `PBSAuthCookie=${ticket}`,
    "-X",
    "DELETE",
    `${store}/namespace?ns=a`,
  );
  assertEquals(without.status, 401);
  assertEquals((await curl(...identity, "-X", "DELETE", `${store}/namespace?ns=a`)).status, 200);
  const gc = await curl(...identity, "-X", "POST", `${store}/gc`);
  const upid = encodeURIComponent(JSON.parse(gc.body).data);
  await server.server.state.tasks.idle();
  const log = await curl(
    ...identity,
    `${base}/nodes/localhost/tasks/${upid}/log?limit=0&test-status=1`,
  );
  const { data, total, active } = JSON.parse(log.body);
  assertEquals([data.length, active], [total, false]);
  assertStringIncludes(data.at(-1).t, ": TASK OK");
});
