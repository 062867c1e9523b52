// deno-lint-ignore-file no-console -- what was measured is reported
import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { connectTls } from "../../lib/tls/mod.ts";
import type { Duplex } from "../../lib/duplex/mod.ts";
import { Http1Client } from "../../lib/http1/mod.ts";
import { Http2Client } from "../../lib/http2/mod.ts";
import { CuttingProxy } from "../support/cutting_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import {
  connectServed,
  logInServed,
  openServed,
  upgradeServed,
} from "../support/served_connection.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TestServer, tokenHeader } from "../support/test_server.ts";

const EACH_KIND = 40;
const ROUNDS = 3;
/** What 240 connections may take of the server; measured 60 MB. */
const CONNECTIONS_BYTES = 150_000_000;
/** What may stay of them when they have gone. */
const GROWTH_BYTES = 40_000_000;
const DRIP_MS = 200;
/** Time-outs of a server whose clients are to meet them. */
const PATIENCE_MS = 3000;
/** Long after all time-outs. */
const LATE_MS = 60_000;
const MIB = 1 << 20;
const encoder = new TextEncoder();

/** Connections that hold out without getting anything done. */
class SlowClients implements AsyncDisposable {
  readonly #open: { abort(): void }[] = [];
  readonly #drips: (() => Promise<void>)[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #number = 0;

  get count(): number {
    return this.#open.length;
  }

  /** One of each kind. */
  async add(server: ServerProcess, login: Awaited<ReturnType<typeof logInServed>>): Promise<void> {
    const id = this.#number++;
    const keep = <T extends { abort(): void }>(connection: T): T => {
      this.#open.push(connection);
      return connection;
    };
    const drip = (duplex: Duplex) =>
      this.#drips.push(() => duplex.write(encoder.encode("x")).catch(() => {}));
    // TCP only.
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    keep({ abort: () => socket.close() });
    // TLS only.
    keep(await connectServed(server));
    // Half of a head, and more of it now and then.
    const head = keep(await connectServed(server));
    await head.write(encoder.encode("GET /api2/json/version HTTP/1.1\r\nx-long: "));
    drip(head);
    // A body byte by byte.
    const body = keep(await connectServed(server));
    await body.write(encoder.encode(
      "POST /api2/json/access/ticket HTTP/1.1\r\ncontent-type: application/json\r\n" +
        "content-length: 60000\r\n\r\n{",
    ));
    drip(body);
    const query = `store=store1&backup-type=host&backup-id=slow${id}&backup-time=1700000000`;
    if (id % 2 === 0) {
      // Upgraded and silent.
      keep(await upgradeServed(server, "backup", query, login));
      return;
    }
    // A chunk byte by byte.
    const client = keep(await openServed(server, "backup", query, login));
    const created = await client.request({
      method: "POST",
      path: "/dynamic_index?archive-name=slow.didx",
    });
    const { data } = JSON.parse(await created.body.text(1000));
    async function* slowly(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 16 * MIB; i++) {
        yield Uint8Array.of(0);
        await delay(DRIP_MS);
      }
    }
    client.request({
      method: "POST",
      path: `/dynamic_chunk?wid=${data}&digest=${"0".repeat(64)}` +
        `&size=${16 * MIB}&encoded-size=${16 * MIB}`,
      body: slowly(),
    }).catch(() => {});
  }

  start(): void {
    this.#timer = setInterval(() => {
      for (const drip of this.#drips) drip();
    }, DRIP_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const connection of this.#open) connection.abort();
    await delay(DRIP_MS);
  }
}

Deno.test("200 idle and slow connections neither stop a backup nor fill the server's memory", async () => {
  await using server = await ServerProcess.start();
  const env = server.clientEnvironment;
  const { path } = server.dir;
  await Deno.mkdir(`${path}/tree`);
  const noise = new Uint8Array(20 * MIB);
  for (let at = 0; at < noise.length; at += 65536) {
    crypto.getRandomValues(noise.subarray(at, at + 65536));
  }
  await Deno.writeFile(`${path}/tree/noise`, noise);
  const backup = ["backup", `tree.pxar:${path}/tree`, `disk.img:${path}/tree/noise`];
  await runClientOk([...backup, "--backup-id", "first"], { env });
  const login = await logInServed(server);
  const residents: number[] = [server.memoryBytes()];
  for (let round = 0; round < ROUNDS; round++) {
    await using slow = new SlowClients();
    for (let i = 0; i < EACH_KIND; i++) await slow.add(server, login);
    slow.start();
    assert(slow.count >= 200);
    const before = server.memoryBytes();
    await runClientOk([...backup, "--backup-id", `round${round}`], { env });
    const target = `${path}/restored${round}`;
    await runClientOk(["restore", `host/round${round}`, "tree.pxar", target], { env });
    assertEquals(await runPeer("diff", ["-r", `${path}/tree`, target]), "");
    const more = Math.max(before, server.memoryBytes()) - residents[0]!;
    assert(more < CONNECTIONS_BYTES, `${slow.count} connections take ${more} bytes`);
    residents.push(Math.max(before, server.memoryBytes()));
  }
  // All that was begun is gone, with the connections.
  await eventually(async () =>
    assertEquals(await runPeer("find", [`${path}/store/host`, "-name", "slow*"]), "")
  );
  const growth = residents.at(-1)! - residents.at(-2)!;
  console.log(`resident after each round: ${residents.map((n) => `${Math.round(n / 1e6)} MB`)}`);
  assert(growth < GROWTH_BYTES, `the server grew by ${growth} bytes in the last round`);
  assertEquals((await server.end()).code, 0);
});

Deno.test("slow and silent connections are ended in time, those of idle clients are not", async () => {
  // Far longer than a busy machine holds up those who do their best: one process is both ends here.
  const timeouts = {
    handshakeTimeoutMs: PATIENCE_MS,
    headTimeoutMs: PATIENCE_MS,
    idleTimeoutMs: 2 * PATIENCE_MS,
    bodyTimeoutMs: PATIENCE_MS,
    silenceMs: PATIENCE_MS,
  };
  await using server = await TestServer.start({ timeouts });
  const { fingerprint } = server.certificate;
  const tls = async () =>
    (await connectTls({ host: "127.0.0.1", port: server.port, fingerprint })).duplex;
  const login = [tokenHeader("admin@pbs!ci", "a secret")];
  const query = (id: string) => `store=store1&backup-type=host&backup-id=${id}&backup-time=1`;
  const upgrade = async (id: string) => {
    const client = new Http1Client(await tls(), { host: "localhost" });
    const path = `/api2/json/backup?${query(id)}`;
    const request = { method: "GET", path, headers: login };
    const result = await client.upgrade(request, "proxmox-backup-protocol-v1");
    if (!("duplex" in result)) throw new Error(await result.response.body.text(1000));
    return result.duplex;
  };

  const idle = await server.upgrade("backup", query("idle"), login);
  const socket = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const silent = await tls();
  const head = await tls();
  const body = await tls();
  const chunked = await tls();
  const mute = await upgrade("mute");
  const half = await upgrade("half");
  await head.write(encoder.encode("GET / HTTP/1.1\r\nx-long: "));
  const post = "POST /api2/json/access/ticket HTTP/1.1\r\ncontent-type: application/json\r\n";
  await body.write(encoder.encode(`${post}content-length: 60000\r\n\r\n{`));
  await chunked.write(encoder.encode(`${post}transfer-encoding: chunked\r\n\r\n`));
  await half.write(encoder.encode("PRI * HTTP/2.0\r\n"));
  const drips = setInterval(() => {
    for (const duplex of [head, body]) duplex.write(encoder.encode(" ")).catch(() => {});
    chunked.write(encoder.encode("1\r\n{\r\n")).catch(() => {});
  }, 50);
  const ends = new Map<string, Promise<unknown>>([
    ["TCP only", socket.read(new Uint8Array(100)).catch(() => {})],
    ...Object.entries({ silent, head, body, chunked, mute, half })
      .map(([name, duplex]) => [name, readToEnd(duplex)] as [string, Promise<unknown>]),
  ]);
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("late"), LATE_MS);
  for (const [name, end] of ends) {
    assert(await Promise.race([end, late.promise]) !== "late", `${name} was not ended`);
  }
  clearTimeout(timer);
  clearInterval(drips);
  socket.close();
  for (const duplex of [silent, head, body, chunked, mute, half]) duplex.abort();

  // Their backups are gone; that of the client that answers goes on.
  const groups = () =>
    [...Deno.readDirSync(`${server.datastorePath}/host`)].map(({ name }) => name);
  await eventually(() => Promise.resolve(assertEquals(groups(), ["idle"])));
  // It was asked before those that were ended for their silence.
  const answer = await idle.request({ method: "GET", path: "/previous_backup_time" });
  assertEquals(await answer.body.text(100), '{"data":null}');
  idle.abort();
  await eventually(() => Promise.resolve(assertEquals(groups(), [])));
});

Deno.test("a server asks who is in the middle of an upload whether he is there, too", async () => {
  await using server = await TestServer.start({ timeouts: { silenceMs: 500 } });
  await using proxy = await CuttingProxy.start(server);
  const { fingerprint, port } = proxy;
  const { duplex } = await connectTls({ host: "127.0.0.1", port, fingerprint });
  const http1 = new Http1Client(duplex, { host: "localhost" });
  const query = "store=store1&backup-type=host&backup-id=a&backup-time=1";
  const headers = [tokenHeader("admin@pbs!ci", "a secret")];
  const request = { method: "GET", path: `/api2/json/backup?${query}`, headers };
  const upgraded = await http1.upgrade(request, "proxmox-backup-protocol-v1");
  if (!("duplex" in upgraded)) throw new Error(await upgraded.response.body.text(1000));
  const client = new Http2Client(upgraded.duplex);
  const path = "/dynamic_index?archive-name=a.didx";
  assertEquals((await client.request({ method: "POST", path })).status, 200);
  const begun = Promise.withResolvers<void>();
  async function* unfinished(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1000);
    begun.resolve();
    await new Promise(() => {});
  }
  const chunk = `/dynamic_chunk?wid=1&digest=${"0".repeat(64)}&size=${MIB}&encoded-size=${MIB}`;
  client.request({ method: "POST", path: chunk, body: unfinished() }).catch(() => {});
  await begun.promise;
  // Questions and answers: of the upload itself nothing more comes.
  const { frames } = proxy;
  await eventually(() => {
    assert(proxy.frames > frames + 10, `${proxy.frames - frames} frames`);
    return Promise.resolve();
  });
  client.abort();
});

async function readToEnd(duplex: Duplex): Promise<void> {
  try {
    while (await duplex.read() !== undefined);
  } catch {
    // Cut.
  }
}
