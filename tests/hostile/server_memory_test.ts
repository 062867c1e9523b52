// deno-lint-ignore-file no-console -- what was measured is reported
import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { encodeBlob } from "../../lib/blob/mod.ts";
import type { Duplex } from "../../lib/duplex/mod.ts";
import { Http1Client } from "../../lib/http1/mod.ts";
import { Http2Client } from "../../lib/http2/mod.ts";
import { runClientOk } from "../support/run_client.ts";
import { logInServed } from "../support/served_connection.ts";
import { ServerProcess } from "../support/server_process.ts";
import { askFrom, connectFrom } from "../support/stranger.ts";

const HOSTILE = "127.0.0.9";
const FRIENDLY = "127.0.0.10";
/** What the server may have resident at any time, bytes. */
const LIMIT_BYTES = 400_000_000;
/** In which another client must have its answer; on a quiet machine it takes far below a second. */
const ANSWER_MS = 30_000;
/** In which an attack and that answer must be over: a server that does not come back is ended. */
const ATTACK_MS = 6 * ANSWER_MS;
/** A window of time in which the server's memory would grow with what it was sent. */
const PAUSE_MS = 1500;
const MIB = 1 << 20;
const SNAPSHOT = "backup-type=host&backup-id=big&backup-time=";
const encoder = new TextEncoder();

/** A server with a snapshot whose log is 128 MiB of zeros, and who may read it. */
class Victim implements AsyncDisposable {
  readonly #open: { abort(): void }[] = [];
  #late: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    readonly server: ServerProcess,
    readonly login: [string, string][],
    readonly query: string,
    readonly chunks: readonly string[],
  ) {
    this.#watch();
  }

  #watch(): void {
    clearTimeout(this.#late);
    this.#late = setTimeout(() => {
      console.log("the server did not come back");
      this.server.child.kill("SIGKILL");
    }, ATTACK_MS);
  }

  static async start(): Promise<Victim> {
    const server = await ServerProcess.start();
    const env = server.clientEnvironment;
    const image = `${server.dir.path}/image`;
    const noise = new Uint8Array(4 * MIB);
    for (let at = 0; at < noise.length; at += 65536) {
      crypto.getRandomValues(noise.subarray(at, at + 65536));
    }
    using file = await Deno.open(image, { create: true, write: true });
    const digests: string[] = [];
    for (let i = 0; i < 24; i++) {
      noise[0] = i;
      await file.write(noise);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", noise));
      digests.push(digest.toHex());
    }
    await runClientOk(["backup", `disk.img:${image}`, "--backup-id", "big"], { env });
    await Deno.remove(image);
    const login = await logInServed(server) as [string, string][];
    const [time = ""] = [...Deno.readDirSync(`${server.dir.path}/store/host/big`)]
      .map(({ name }) => name).filter((name) => /^\d/.test(name));
    const query = `${SNAPSHOT}${Date.parse(time) / 1000}`;
    return new Victim(server, login, query, digests);
  }

  async storeLog(): Promise<void> {
    const blob = await encodeBlob(new Uint8Array(128 * MIB), { compress: true });
    const client = new Http1Client(await connectFrom(FRIENDLY, this.server.port), { host: "h" });
    const response = await client.request({
      method: "POST",
      path: `/api2/json/admin/datastore/store1/upload-backup-log?${this.query}`,
      headers: [...this.login, ["content-type", "application/octet-stream"]],
      body: blob,
    });
    assertEquals(response.status, 200, await response.body.text(1000));
    client.abort();
  }

  keep<T extends { abort(): void }>(connection: T): T {
    this.#open.push(connection);
    return connection;
  }

  async connect(): Promise<Duplex> {
    return this.keep(await connectFrom(HOSTILE, this.server.port));
  }

  /** Asks for something big and takes nothing of it. */
  async askAndStall(path: string): Promise<void> {
    const duplex = await this.connect();
    const fields = this.login.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    duplex.write(encoder.encode(`GET ${path} HTTP/1.1\r\nhost: h\r\n${fields}\r\n`)).catch(
      () => {},
    );
  }

  /** Another client gets its answer, and the server has not grown too large. */
  async assertAlive(what: string): Promise<void> {
    const startMs = performance.now();
    const { status } = await askFrom(FRIENDLY, this.server.port, {
      method: "GET",
      path: `/api2/json/admin/datastore/store1/snapshots`,
      headers: this.login,
    });
    const tookMs = performance.now() - startMs;
    const peak = this.server.peakMemoryBytes();
    console.log(`${what}: answer in ${Math.round(tookMs)} ms, peak ${Math.round(peak / 1e6)} MB`);
    assertEquals(status, 200);
    assert(tookMs < ANSWER_MS, `${tookMs} ms`);
    assert(peak < LIMIT_BYTES, `${peak} bytes`);
    this.#watch();
  }

  leave(): void {
    for (const connection of this.#open.splice(0)) connection.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#late);
    this.leave();
    await this.server[Symbol.asyncDispose]();
  }
}

Deno.test("readers that take nothing, floods of heads and idle connections leave the server below 400 MB", async () => {
  await using victim = await Victim.start();
  await victim.storeLog();
  const store = "/api2/json/admin/datastore/store1";

  for (let i = 0; i < 25; i++) {
    await victim.askAndStall(`${store}/download-decoded?${victim.query}&file-name=client.log.blob`);
  }
  await delay(PAUSE_MS);
  await victim.assertAlive("readers of a decoded blob");
  victim.leave();

  for (let i = 0; i < 12; i++) {
    await victim.askAndStall(`${store}/download-decoded?${victim.query}&file-name=disk.img.fidx`);
  }
  await delay(PAUSE_MS);
  await victim.assertAlive("readers of a decoded image");
  victim.leave();

  const readers: Http2Client[] = [];
  for (let i = 0; i < 8; i++) {
    const duplex = await victim.connect();
    const client = new Http1Client(duplex, { host: "h" });
    const result = await client.upgrade({
      method: "GET",
      path: `/api2/json/reader?store=store1&${victim.query}`,
      headers: victim.login,
    }, "proxmox-backup-reader-protocol-v1");
    if (!("duplex" in result)) throw new Error(await result.response.body.text(1000));
    const reader = victim.keep(new Http2Client(result.duplex, { streamWindowBytes: 65_535 }));
    const index = await reader.request({
      method: "GET",
      path: "/download?file-name=disk.img.fidx",
    });
    await index.body.discard();
    readers.push(reader);
  }
  for (const reader of readers) {
    for (const digest of victim.chunks) {
      reader.request({ method: "GET", path: `/chunk?digest=${digest}` }).catch(() => {});
    }
  }
  await delay(PAUSE_MS);
  await victim.assertAlive("readers of chunks");
  victim.leave();

  const head = encoder.encode(
    `GET / HTTP/1.1\r\n${"x: y\r\n".repeat(50)}x: ${"y".repeat(390_000)}`,
  );
  for (let i = 0; i < 200; i++) (await victim.connect()).write(head).catch(() => {});
  await delay(PAUSE_MS);
  await victim.assertAlive("heads without an end");
  victim.leave();

  const blanks = encoder.encode(`GET / HTTP/1.1\r\na: x${" ".repeat(399_000)}x\r\n\r\n`);
  const token = encoder.encode(
    `GET /api2/json/version HTTP/1.1\r\nauthorization: PBSAPIToken=${
      "a@a!".repeat(90_000)
    }\r\n\r\n`,
  );
  for (const flood of [blanks, token]) {
    for (let i = 0; i < 20; i++) (await victim.connect()).write(flood).catch(() => {});
  }
  await victim.assertAlive("heads that patterns choke on");
  victim.leave();

  for (let i = 0; i < 300; i++) await victim.connect();
  await victim.assertAlive("idle connections");
});
