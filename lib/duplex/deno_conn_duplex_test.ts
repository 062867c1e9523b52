import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionError } from "../errors/mod.ts";
import { Http1Client, serveConnection } from "../http1/mod.ts";
import { Http2Client, Http2Server } from "../http2/mod.ts";
import { DenoConnDuplex } from "./deno_conn_duplex.ts";
import { memoryDuplexPair } from "./memory_duplex.ts";
import { RateLimitedDuplex, RateLimiter } from "./rate_limiter.ts";

async function socketPair(): Promise<[DenoConnDuplex, DenoConnDuplex]> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/socket`;
  const listener = Deno.listen({ transport: "unix", path });
  const [left, right] = await Promise.all([
    Deno.connect({ transport: "unix", path }),
    listener.accept(),
  ]);
  listener.close();
  await Deno.remove(folder, { recursive: true });
  return [new DenoConnDuplex(left, "server"), new DenoConnDuplex(right, "client")];
}

Deno.test("HTTP/1.1 and HTTP/2 run over a Unix socket", async () => {
  const bytes = new Uint8Array(3_000_000).map((_, i) => i);
  const [left, right] = await socketPair();
  const served = serveConnection(right, async ({ body }) => ({
    status: 200,
    body: await body.bytes(1 << 22),
  }));
  const client = new Http1Client(left, { host: "h" });
  const response = await client.request({ method: "POST", path: "/", body: bytes });
  assertEquals(await response.body.bytes(1 << 22), bytes);
  await client.close();
  await served;

  const [near, far] = await socketPair();
  const server = new Http2Server(far, async ({ body }) => ({
    status: 200,
    body: await body.bytes(1 << 22),
  }));
  const http2 = new Http2Client(near);
  await Promise.all([1, 2, 3].map(async () => {
    const { body } = await http2.request({ method: "POST", path: "/", body: bytes });
    assertEquals(await body.bytes(1 << 22), bytes);
  }));
  await http2.close();
  assertEquals(await server.closed, undefined);
});

Deno.test("an aborted connection fails reads and writes on both sides", async () => {
  const [left, right] = await socketPair();
  const reading = left.read();
  left.abort(new ConnectionError("enough"));
  await assertRejects(() => reading, ConnectionError);
  await assertRejects(() => left.write(new Uint8Array(1)), ConnectionError, "enough");
  assertEquals(await right.read(), undefined);
  right.abort();
});

Deno.test("RateLimiter delays by what is used above the bucket, and skips short delays", () => {
  let nowMs = 0;
  const limiter = new RateLimiter({ rateBytesPerSecond: 1000, burstBytes: 2000 }, () => nowMs);
  assertEquals(limiter.account(9), 0);
  assertEquals(limiter.account(91), 100);
  nowMs += 100;
  assertEquals(limiter.account(0), 0);
  nowMs += 60_000;
  assertEquals(limiter.account(2000), 0);
  assertEquals(limiter.account(500), 500);
});

Deno.test("RateLimitedDuplex carries the same bytes, later", async () => {
  const [left, right] = memoryDuplexPair();
  const limiter = () => new RateLimiter({ rateBytesPerSecond: 1_000_000 });
  const slow = new RateLimitedDuplex(left, limiter(), limiter());
  await Promise.all([slow.write(new Uint8Array(20_000)), slow.write(Uint8Array.of(7))]);
  assertEquals((await right.read())?.length, 20_000);
  assertEquals([...await right.read() ?? []], [7]);
  await slow.close();
  assertEquals(await right.read(), undefined);
});
