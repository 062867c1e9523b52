// deno-lint-ignore-file no-console -- the number of cases is reported
// Damaged and hostile requests against a running server: the REST API over kept connections, the
// backup and reader protocols, and bytes that are no requests at all.
import { setTimeout as delay } from "node:timers/promises";
import { inflateSync } from "node:zlib";
import { assert, assertEquals } from "@std/assert";
import { ConnectionError } from "../../lib/errors/mod.ts";
import { Http1Client } from "../../lib/http1/mod.ts";
import type { HeaderField, HttpRequest, HttpResponse } from "../../lib/http/mod.ts";
import type { Http2Client } from "../../lib/http2/mod.ts";
import type { ParameterSchemas } from "../../lib/server/api/parameter_schema.ts";
import type { Route } from "../../lib/server/api/route.ts";
import { BACKUP_ROUTES } from "../../lib/server/protocol/backup_routes.ts";
import { READER_ROUTES } from "../../lib/server/protocol/reader_routes.ts";
import { REST_ROUTES } from "../../lib/server/rest/rest_routes.ts";
import { Chance } from "../support/chance.ts";
import { runClientOk } from "../support/run_client.ts";
import { connectServed, logInServed, openServed } from "../support/served_connection.ts";
import { ServerProcess } from "../support/server_process.ts";

const REST_CASES = 14_000;
const PROTOCOL_CASES = 7_000;
const RAW_CASES = 600;
/** Wrong credentials: each is answered after three seconds. */
const LOGIN_CASES = 120;
const CONNECTIONS = 8;
/** Requests on one connection of the backup or reader protocol. */
const SESSION_CASES = 100;
const GROWTH_BYTES = 130_000_000;
const RESIDENT_BYTES = 400_000_000;
const RESPONSE_LIMIT_BYTES = 64 << 20;
const SNAPSHOT_TIME = 1_700_000_000;
const encoder = new TextEncoder();

/** Values by parameter that lead further than the check of parameters. */
const GOOD: Readonly<Record<string, readonly string[]>> = {
  "store": ["store1", "store1", "store1", "nosuch"],
  "node": ["localhost"],
  "ns": ["", "a", "a/b", "nowhere"],
  "parent": ["", "a"],
  "target-ns": ["", "a", "b"],
  "new-ns": ["b", "a/c"],
  "name": ["a", "b", "c"],
  "backup-type": ["host", "vm"],
  "backup-id": ["one", "two", "none"],
  "backup-time": [`${SNAPSHOT_TIME}`, "1", "1700000100"],
  "file-name": [
    "index.json.blob",
    "app.conf.blob",
    "disk.img.fidx",
    "none.blob",
    "client.log.blob",
  ],
  "archive-name": ["disk.img.fidx", "x.didx", "y.fidx", "index.json.blob"],
  "filename": ["index.json.blob", "none.blob"],
  "new-owner": ["admin@pbs", "root@pam"],
  "upid": ["UPID:localhost:00000001:00000001:00000001:00000001:x::admin@pbs:"],
  "size": ["4194304", "100", "0", "1"],
  "wid": ["1", "2", "3"],
  "digest": ["0".repeat(64), "ab".repeat(32)],
  "encoded-size": ["100", "12", "13"],
  "keep-last": ["1"],
  "dry-run": ["1", "true", "0"],
  "max-depth": ["0", "1", "7"],
};
/** Values that fit nowhere, or only just. */
const BAD: readonly string[] = [
  ...["", "0", "-1", "1", "true", "1e9", "0x10", "NaN", "null", "9007199254740993", "1.5"],
  ...["99999999999999999999", "4294967296", "-9223372036854775808", "253402300800", "..", "."],
  ...["/", "a/../b", "../../etc/passwd", "a//b", "%2e%2e", "%", "%zz", "\u0000", "a\nb", "é"],
  ...["\ud800", "x".repeat(300), "y".repeat(2500), "a/".repeat(200), "[]", "{}", "'", '"', "`"],
  ...["__proto__", "constructor", "toString", "owner", ".lock", ".chunks", "index.json.blob"],
];

const pick = <T>(chance: Chance, from: readonly T[]): T => from[chance.below(from.length)]!;

function value(chance: Chance, name: string): string {
  const good = GOOD[name];
  return good !== undefined && chance.below(4) > 0 ? pick(chance, good) : pick(chance, BAD);
}

function parameters(chance: Chance, schemas: ParameterSchemas): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [name, schema] of Object.entries(schemas)) {
    // Most calls have all they need.
    if (chance.below(20) > 0 && (schema.optional !== true || chance.below(4) === 0)) {
      pairs.push([name, value(chance, name)]);
    }
    if (chance.below(40) === 0) pairs.push([name, value(chance, name)]);
  }
  if (chance.below(12) === 0) pairs.push([pick(chance, BAD), pick(chance, BAD)]);
  return pairs;
}

/** Encoded as it should be, most of the time. */
function encode(chance: Chance, text: string): string {
  if (chance.below(30) === 0) return text.replace(/[^\x21-\x7e]|[#?]/g, "_");
  return encodeURIComponent(text.toWellFormed());
}

const query = (chance: Chance, pairs: readonly [string, string][]) =>
  pairs.map(([name, value]) => `${encode(chance, name)}=${encode(chance, value)}`).join("&");

/** A request to a call of the REST API, more or less. */
function restRequest(chance: Chance, login: readonly HeaderField[]): HttpRequest {
  const route = pick(chance, ROUTES);
  const pairs = parameters(chance, route.parameters);
  const given = new Map(pairs);
  let path = route.path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const text = given.get(name) ?? value(chance, name);
    return encode(chance, text);
  });
  if (chance.below(25) === 0) path += pick(chance, ["/", "//", "/..", "/x", "/%2f", "/%00"]);
  const rest = pairs.filter(([name]) => !route.path.includes(`{${name}}`));
  const method = chance.below(15) === 0
    ? pick(chance, ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS", "CONNECT"])
    : route.method;
  const headers: HeaderField[] = [...login];
  for (let more = chance.below(3); more > 0; more--) {
    headers.push(pick(chance, [
      ["accept-encoding", pick(chance, ["deflate", "gzip, deflate", "", "*;q=0"])],
      ["x-long", "z".repeat(chance.below(5000))],
      ["range", "bytes=0-1"],
      ["host", "elsewhere"],
      ["expect", pick(chance, ["100-continue", "200-ok"])],
      ["upgrade", pick(chance, ["websocket", "h2c", ""])],
      ["content-encoding", "gzip"],
      ["if-match", "*"],
    ]));
  }
  const root = chance.below(40) === 0
    ? pick(chance, ["/api2/extjs/", "/api2/", "/", "/api3/json/", "//api2//json//", "/api2/html/"])
    : "/api2/json/";
  const inBody = method !== "GET" && method !== "DELETE" && chance.below(3) > 0;
  if (!inBody) {
    const text = query(chance, rest);
    return { method, path: text === "" ? root + path : `${root}${path}?${text}`, headers };
  }
  headers.push(["content-type", pick(chance, CONTENT_TYPES)]);
  return { method, path: root + path, headers, body: encoder.encode(bodyText(chance, rest)) };
}

/**
 * Guessing passwords is slow on purpose, see {@linkcode LOGIN_CASES}, and whoever collects garbage
 * waits for the one before (spec: protocol.md §7.7).
 */
const ROUTES = REST_ROUTES.filter(({ method, path }) =>
  path !== "access/ticket" && !(method === "POST" && path.endsWith("/gc"))
);
const CONTENT_TYPES = [
  ...["application/json", "application/json", "application/json;charset=utf-8"],
  ...["application/x-www-form-urlencoded", "application/x-www-form-urlencoded"],
  ...["text/plain", "application/octet-stream", ""],
];

function bodyText(chance: Chance, pairs: readonly [string, string][]): string {
  switch (chance.below(8)) {
    case 0:
      return query(chance, pairs);
    case 1:
      return pick(chance, ["", "{", "null", "[]", "1", '"x"', "[".repeat(20_000), '{"a":{"b":1}}']);
    case 2: {
      const text = JSON.stringify(Object.fromEntries(pairs));
      return text.slice(0, chance.below(text.length + 1));
    }
    default:
      return JSON.stringify(Object.fromEntries(pairs.map(([name, text]) => {
        const typed = /^-?\d{1,15}$/.test(text) && chance.below(4) > 0
          ? Number(text)
          : pick(chance, [text, text, text, true, null, [text], { x: text }, 1.5, 1e300]);
        return [name, typed];
      })));
  }
}

/** What was answered, by status. */
class Answers {
  readonly byStatus = new Map<number, number>();
  readonly failures: string[] = [];

  get count(): number {
    return [...this.byStatus.values()].reduce((sum, count) => sum + count, 0);
  }

  async take(request: HttpRequest, response: HttpResponse): Promise<void> {
    const { status } = response;
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    const body = await response.body.bytes(RESPONSE_LIMIT_BYTES);
    const isDeflated = response.headers.get("content-encoding") === "deflate" && body.length > 0;
    const text = new TextDecoder().decode(isDeflated ? inflateSync(body) : body);
    const what = `${request.method} ${request.path.slice(0, 200)}: ${status}: ${
      text.slice(0, 200)
    }`;
    if (status >= 500 && status !== 501) this.failures.push(what);
    if (/\n\s+at .*:\d+:\d+|\bTypeError\b|undefined|\[object/.test(text)) this.failures.push(what);
    const type = response.headers.get("content-type") ?? "";
    const isEnvelope = status === 200 && type.startsWith("application/json");
    if (!isEnvelope || request.method === "HEAD") return;
    try {
      JSON.parse(text);
    } catch {
      this.failures.push(what);
    }
  }

  report(what: string): void {
    assertEquals(this.failures.slice(0, 5), []);
    const all = [...this.byStatus].sort(([a], [b]) => a - b);
    console.log(`${what}: ${all.map(([status, count]) => `${status} x ${count}`).join(", ")}`);
  }
}

/** Sends requests one after the other on a connection that is renewed when it has ended. */
async function sendRest(
  server: ServerProcess,
  cases: number,
  answers: Answers,
  make: () => HttpRequest,
): Promise<number> {
  let connections = 0;
  const connect = async () => {
    connections++;
    return new Http1Client(await connectServed(server), { host: "localhost" });
  };
  let kept: Http1Client | undefined;
  for (let i = 0; i < cases; i++) {
    const isNew = kept === undefined || !kept.idle;
    if (isNew) kept?.abort();
    let client = isNew || kept === undefined ? await connect() : kept;
    kept = client;
    const request = make();
    const isUpgrade = /\/(backup|reader)\b/.test(request.path) && i % 2 === 0;
    if (!isUpgrade) {
      const response = await client.request(request).catch(async (error) => {
        // A stranger that was idle for long gives way, maybe just as the next request comes.
        if (isNew || !(error instanceof ConnectionError)) throw error;
        client.abort();
        kept = client = await connect();
        return await client.request(request);
      });
      await answers.take(request, response);
      continue;
    }
    const protocol = request.path.includes("/backup")
      ? "proxmox-backup-protocol-v1"
      : "proxmox-backup-reader-protocol-v1";
    const result = await client.upgrade(request, protocol);
    if ("response" in result) await answers.take(request, result.response);
    else result.duplex.abort();
  }
  kept?.abort();
  return connections;
}

/** Sends requests on connections of the backup or reader protocol, several at once. */
async function sendProtocol(
  server: ServerProcess,
  kind: "backup" | "reader",
  chance: Chance,
  login: readonly HeaderField[],
  answers: Answers,
): Promise<void> {
  const routes: readonly Pick<Route<never>, "method" | "path" | "parameters">[] = kind === "backup"
    ? BACKUP_ROUTES
    : READER_ROUTES;
  for (let done = 0; done < PROTOCOL_CASES / 2; done += SESSION_CASES) {
    const snapshot = kind === "backup"
      ? `backup-id=fuzz&backup-time=${SNAPSHOT_TIME + done}`
      : `backup-id=read&backup-time=${SNAPSHOT_TIME}`;
    const client: Http2Client = await openServed(
      server,
      kind,
      `store=store1&backup-type=host&${snapshot}`,
      login,
    );
    const running: Promise<void>[] = [];
    for (let i = 0; i < SESSION_CASES; i++) {
      const route = pick(chance, routes);
      // A chunk that may not be read is refused after three seconds: in the first session only.
      if (kind === "reader" && route.path === "chunk" && done > 0) continue;
      // What is finished takes no more requests.
      if (route.path === "finish" && i < SESSION_CASES - 5) continue;
      const text = query(chance, parameters(chance, route.parameters));
      const path = text === "" ? `/${route.path}` : `/${route.path}?${text}`;
      const method = chance.below(20) === 0 ? pick(chance, ["GET", "PUT", "POST"]) : route.method;
      const headers: HeaderField[] = chance.below(2) === 0
        ? []
        : [["content-type", pick(chance, CONTENT_TYPES)]];
      const body = method === "GET"
        ? undefined
        : chance.below(2) === 0
        ? encoder.encode(bodyText(chance, parameters(chance, route.parameters)))
        : chance.bytes(chance.below(200));
      const request = { method, path, headers, ...body === undefined ? {} : { body } };
      running.push(client.request(request).then((response) => answers.take(request, response)));
      if (running.length % 8 === 0 && (kind === "backup" || done > 0)) await Promise.all(running);
    }
    await Promise.all(running);
    client.abort();
  }
}

/** Requests damaged byte by byte; the server answers something or ends the connection. */
async function sendRaw(server: ServerProcess, chance: Chance, cases: number): Promise<void> {
  const cookie = `cookie: PBSAuthCookie=${"x".repeat(50)}\r\n`;
  const valid = [
    `GET /api2/json/version HTTP/1.1\r\nhost: x\r\n${cookie}\r\n`,
    `POST /api2/json/access/ticket HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n` +
    `content-length: 2\r\n\r\n{}GET /api2/json/ping HTTP/1.1\r\nhost: x\r\n\r\n`,
    `POST /api2/json/access/ticket HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0`,
    `GET /api2/json/backup HTTP/1.1\r\nupgrade: proxmox-backup-protocol-v1\r\n\r\n`,
  ];
  for (let i = 0; i < cases; i++) {
    const bytes = chance.mutate(encoder.encode(pick(chance, valid)));
    const duplex = await connectServed(server);
    await duplex.write(bytes).catch(() => {});
    // Some wait for the answer, some do not.
    if (i % 4 === 0) {
      await Promise.race([
        duplex.read().catch(() => {}),
        delay(20),
      ]);
    }
    duplex.abort();
  }
}

Deno.test("20,000 fuzzed requests leave a server that answers, and is no bigger", async () => {
  await using server = await ServerProcess.start();
  const env = server.clientEnvironment;
  const { path } = server.dir;
  await Deno.writeTextFile(`${path}/conf`, "setting = 1\n");
  await Deno.writeFile(`${path}/disk`, new Uint8Array(5_000_000).fill(7));
  const backup = (id: string) => [
    ...["backup", `app.conf:${path}/conf`, `disk.img:${path}/disk`, "--backup-id", id],
    ...["--backup-time", `${SNAPSHOT_TIME}`],
  ];
  await runClientOk(backup("one"), { env });
  await runClientOk(["snapshot", "protected", "update", "host/one/2023-11-14T22:13:20Z", "true"], {
    env,
  });
  const login = await logInServed(server);
  const rest = new Answers();
  const send = async (seed: number, cases: number) => {
    const chance = new Chance(seed);
    return await sendRest(server, cases, rest, () => restRequest(chance, login));
  };
  // The first half brings the heap to its usual size; what leaks grows in the second one as well.
  const each = Math.ceil(REST_CASES / 2 / CONNECTIONS);
  const sendHalf = (seed: number) =>
    Array.from({ length: CONNECTIONS }, (_, i) => send(seed + i, each));
  const warmUp = await Promise.all(sendHalf(901));
  const before = server.memoryBytes();
  const restRuns = sendHalf(1);
  // Slow on purpose, so beside the others.
  const refused = new Answers();
  const logins = Array.from({ length: LOGIN_CASES / 5 }, (_, i) => {
    const chance = new Chance(5000 + i);
    return sendRest(server, 5, refused, () => {
      const headers: HeaderField[] = [pick<HeaderField>(chance, [
        ["cookie", `PBSAuthCookie=${encode(chance, pick(chance, BAD))}`],
        ["authorization", `PBSAPIToken ${encode(chance, pick(chance, BAD))}:x`],
        ["authorization", pick(chance, ["Basic eA==", "PBSAPIToken", "PBSAPIToken :", "x"])],
        ["csrfpreventiontoken", "1"],
      ])];
      if (chance.below(2) === 0) return { method: "GET", path: "/api2/json/version", headers };
      const body = encoder.encode(bodyText(chance, [
        ["username", value(chance, "username")],
        ["password", value(chance, "password")],
      ]));
      headers.push(["content-type", "application/json"]);
      return { method: "POST", path: "/api2/json/access/ticket", headers, body };
    });
  });
  const connections = [...warmUp, ...await Promise.all(restRuns)]
    .reduce((sum, count) => sum + count, 0);
  const protocols = new Answers();
  await sendProtocol(server, "backup", new Chance(101), login, protocols);
  // The calls before may have removed every other one.
  await runClientOk(backup("read"), { env });
  await sendProtocol(server, "reader", new Chance(102), login, protocols);
  // So many strangers at once take the places of those who came before them.
  await Promise.all(logins);
  await sendRaw(server, new Chance(103), RAW_CASES);

  assert(rest.count + refused.count + protocols.count + RAW_CASES >= 20_000);
  rest.report(`REST, ${connections} connections`);
  refused.report("credentials");
  protocols.report("upgraded");
  const growth = server.memoryBytes() - before;
  console.log(`resident ${Math.round(before / 1e6)} MB, then ${Math.round(growth / 1e6)} MB more`);
  assert(growth < GROWTH_BYTES, `the server grew by ${growth} bytes`);
  assert(before + growth < RESIDENT_BYTES, `the server takes ${before + growth} bytes`);
  assert((rest.byStatus.get(200) ?? 0) > REST_CASES / 20, "hardly anything was accepted");
  await runClientOk(backup("after"), { env });
  await runClientOk(["restore", "host/after", "disk.img", `${path}/restored`], { env });
  assertEquals(await Deno.readFile(`${path}/restored`), await Deno.readFile(`${path}/disk`));
  await runClientOk(["datastore", "verify", `${path}/store`]);
  assertEquals((await server.end()).code, 0);
});
