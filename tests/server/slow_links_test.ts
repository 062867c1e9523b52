import { assertEquals, assertRejects } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { connectTls } from "../../lib/tls/mod.ts";
import { Http1Client } from "../../lib/http1/mod.ts";
import { Http2Client } from "../../lib/http2/mod.ts";
import { RateLimitedDuplex, RateLimiter } from "../../lib/duplex/mod.ts";
import type { HeaderField } from "../../lib/http/mod.ts";
import { eventually } from "../support/eventually.ts";
import { makeChunk } from "../support/target_conformance.ts";
import { TestServer, tokenHeader } from "../support/test_server.ts";

/**
 * The server's own pace twenty times as fast: 64 KiB in 6 s instead of 2 min. Pauses of a busy machine
 * fit between it and the modem.
 */
const UPLOAD_PACE = { stepBytes: 64 * 1024, withinMs: 6000 };
/** A modem of 9600 bit/s, as much faster. */
const MODEM_BYTES_PER_SECOND = 24_000;
/** Sixteen of them take longer than the pace gives. */
const CHUNK_BYTES = 12_000;
const LOGIN: HeaderField[] = [tokenHeader("admin@pbs!ci", "a secret")];
const query = (id: string) => `store=store1&backup-type=host&backup-id=${id}&backup-time=1`;

async function chunkPath(byte: number): Promise<{ path: string; blob: Uint8Array }> {
  const { digest, size } = await makeChunk(byte, CHUNK_BYTES);
  const { encodeBlob } = await import("../../lib/blob/mod.ts");
  const blob = await encodeBlob(new Uint8Array(size).fill(byte), { compress: false });
  const path = `/dynamic_chunk?wid=1&digest=${
    encodeHex(digest)
  }&size=${size}&encoded-size=${blob.length}`;
  return { path, blob };
}

Deno.test("an upload that drips in ends its backup, and nobody else's", async () => {
  await using server = await TestServer.start({ timeouts: { uploadPace: UPLOAD_PACE } });
  const honest = await server.upgrade("backup", query("honest"), LOGIN);
  const slow = await server.upgrade("backup", query("slow"), LOGIN);
  for (const client of [honest, slow]) {
    const path = "/dynamic_index?archive-name=a.didx";
    assertEquals((await client.request({ method: "POST", path })).status, 200);
  }
  const { path, blob } = await chunkPath(1);
  async function* drip(): AsyncGenerator<Uint8Array> {
    for (const byte of blob) {
      yield new Uint8Array([byte]);
      await delay(10);
    }
  }
  await assertRejects(() => slow.request({ method: "POST", path, body: drip() }));
  const groups = () =>
    [...Deno.readDirSync(`${server.datastorePath}/host`)].map(({ name }) => name);
  await eventually(() => Promise.resolve(assertEquals(groups(), ["honest"])));
  const stored = await honest.request({ method: "POST", path, body: blob });
  assertEquals(stored.status, 200, await stored.body.text(1000));
  honest.abort();
  slow.abort();
});

Deno.test("sixteen uploads at once over a modem all arrive", async () => {
  await using server = await TestServer.start({ timeouts: { uploadPace: UPLOAD_PACE } });
  const { duplex } = await connectTls({
    host: "127.0.0.1",
    port: server.port,
    fingerprint: server.certificate.fingerprint,
  });
  const limits = { rateBytesPerSecond: MODEM_BYTES_PER_SECOND, burstBytes: 1000 };
  const http1 = new Http1Client(
    new RateLimitedDuplex(duplex, new RateLimiter(limits), new RateLimiter(limits)),
    { host: "localhost" },
  );
  const path = `/api2/json/backup?${query("modem")}`;
  const upgraded = await http1.upgrade(
    { method: "GET", path, headers: LOGIN },
    "proxmox-backup-protocol-v1",
  );
  if (!("duplex" in upgraded)) throw new Error(await upgraded.response.body.text(1000));
  const client = new Http2Client(upgraded.duplex);
  const index = "/dynamic_index?archive-name=a.didx";
  assertEquals((await client.request({ method: "POST", path: index })).status, 200);
  const answers = Array.from({ length: 16 }, async (_, byte) => {
    const { path, blob } = await chunkPath(byte);
    return await client.request({ method: "POST", path, body: blob });
  });
  for (const answer of await Promise.all(answers)) {
    assertEquals(answer.status, 200, await answer.body.text(1000));
  }
  client.abort();
});

Deno.test("HTTP/2 without an upgrade is held to the same pace", async () => {
  await using server = await TestServer.start({
    timeouts: { uploadPace: { stepBytes: 1000, withinMs: 300 } },
  });
  const { duplex } = await connectTls({
    host: "127.0.0.1",
    port: server.port,
    fingerprint: server.certificate.fingerprint,
  });
  const client = new Http2Client(duplex);
  async function* drip(): AsyncGenerator<Uint8Array> {
    for (;;) {
      yield new Uint8Array([0x20]);
      await delay(10);
    }
  }
  const path = "/api2/json/access/ticket";
  const headers: HeaderField[] = [["content-type", "application/json"]];
  await assertRejects(() => client.request({ method: "POST", path, headers, body: drip() }));
  client.abort();
});
