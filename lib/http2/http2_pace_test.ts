import { assertEquals, assertStringIncludes } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { ConnectionError } from "../errors/mod.ts";
import { type Duplex, memoryDuplexPair } from "../duplex/mod.ts";
import type { RequestHandler } from "../http/mod.ts";
import { Http2Client } from "./http2_client.ts";
import type { Http2Options } from "./http2_options.ts";
import { Http2Server } from "./http2_server.ts";

const PACE = { stepBytes: 1000, withinMs: 400 };
const pause = (ms: number) => delay(ms);

function connect(
  handler: RequestHandler,
  options: Http2Options,
  wrap: (duplex: Duplex) => Duplex = (duplex) => duplex,
): { client: Http2Client; server: Http2Server } {
  const [left, right] = memoryDuplexPair();
  const server = new Http2Server(wrap(right), handler, options);
  return { server, client: new Http2Client(left) };
}

const store: RequestHandler = async ({ body }) => {
  await body.discard();
  return { status: 200 };
};

/** A body that comes in parts with pauses between them. */
async function* drip(parts: number, bytes: number, pauseMs: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < parts; i++) {
    yield new Uint8Array(bytes);
    await pause(pauseMs);
  }
}

Deno.test("a body that drips in ends its connection, however often something comes", async () => {
  const failed = Promise.withResolvers<Error>();
  const { client, server } = connect(async ({ body }) => {
    await body.discard().catch(failed.reject);
    return { status: 200 };
  }, { receivePace: PACE });
  const request = client.request({ method: "POST", path: "/", body: drip(100_000, 1, 5) });
  request.catch(() => {});
  const reason = await server.closed;
  if (!(reason instanceof ConnectionError)) throw new Error(`it ended with ${reason}`);
  assertStringIncludes(reason.message, "is too slow: it sent");
  assertEquals(await failed.promise.catch((error) => error), reason);
  client.abort();
});

Deno.test("many bodies over a link that is slow but fast enough all arrive", async () => {
  const { client, server } = connect(store, { receivePace: PACE });
  // Each of them brings 240 bytes in the time for 1000, all of them ten times as many.
  const answers = Array.from(
    { length: 10 },
    () => client.request({ method: "POST", path: "/", body: drip(24, 60, 100) }),
  );
  for (const { status } of await Promise.all(answers)) assertEquals(status, 200);
  await client.close();
  assertEquals(await server.closed, undefined);
});

Deno.test("whom our own windows keep from sending is not too slow", async () => {
  const { client, server } = connect(async ({ body }) => {
    await pause(4 * PACE.withinMs);
    await body.discard();
    return { status: 200 };
  }, { receivePace: PACE, streamWindowBytes: 65535, connectionWindowBytes: 65535 });
  const body = new Uint8Array(200_000);
  assertEquals((await client.request({ method: "POST", path: "/", body })).status, 200);
  await client.close();
  await server.closed;
});

Deno.test("who takes nothing of what was asked for loses the connection", async () => {
  let released = 0;
  const { client, server } = connect(
    () => ({ status: 200, body: new Uint8Array(1 << 20), released: () => released++ }),
    { sendPace: PACE },
    (duplex) => ({
      peer: duplex.peer,
      read: () => duplex.read(),
      // As a socket whose other end does not read any more.
      write: (bytes) => bytes.length > 10_000 ? new Promise(() => {}) : duplex.write(bytes),
      close: () => duplex.close(),
      abort: (reason) => duplex.abort(reason),
    }),
  );
  client.request({ method: "GET", path: "/" }).then(
    ({ body }) => body.discard(),
  ).catch(() => {});
  const reason = await server.closed;
  assertStringIncludes(`${reason?.message}`, "is too slow: it took 0 bytes");
  client.abort();
});

Deno.test("a reader may pause between bodies for as long as it likes", async () => {
  const { client, server } = connect(
    () => ({ status: 200, body: new Uint8Array(5000) }),
    { sendPace: PACE, receivePace: PACE },
  );
  for (let i = 0; i < 3; i++) {
    const { body } = await client.request({ method: "GET", path: "/" });
    assertEquals((await body.bytes(10_000)).length, 5000);
    await pause(1.5 * PACE.withinMs);
  }
  await client.close();
  assertEquals(await server.closed, undefined);
});
