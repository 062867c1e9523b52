import { assert, assertEquals, assertRejects } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { CancelledError, ConnectionError } from "../errors/mod.ts";
import { type Duplex, type MemoryDuplexOptions, memoryDuplexPair } from "../duplex/mod.ts";
import {
  BodyTooLargeError,
  type HeaderField,
  type HttpResponse,
  type RequestHandler,
} from "../http/mod.ts";
import { headerFrames, settingsFrame, writeFrameHeader } from "./frame_writer.ts";
import { HpackEncoder } from "./hpack_encoder.ts";
import { Http2Client } from "./http2_client.ts";
import { Http2Error } from "./http2_error.ts";
import { FrameFlag, FrameType, Http2ErrorCode } from "./http2_format.ts";
import type { Http2Options } from "./http2_options.ts";
import { Http2Server } from "./http2_server.ts";

function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed + (i >>> 8)) & 0xff);
}

const echo: RequestHandler = async (request) => ({
  status: 200,
  headers: [["x-target", request.target], ["x-method", request.method]],
  body: await request.body.bytes(1 << 28),
});

function connect(
  handler: RequestHandler,
  options: {
    client?: Http2Options;
    server?: Http2Options;
    duplex?: MemoryDuplexOptions;
  } = {},
): { client: Http2Client; server: Http2Server; left: Duplex; right: Duplex } {
  const [left, right] = memoryDuplexPair(options.duplex);
  const server = new Http2Server(right, handler, options.server);
  return { client: new Http2Client(left, options.client), server, left, right };
}

async function* pieces(count: number, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield await Promise.resolve(pattern(size, i));
}

Deno.test("many requests at once return each its own body, in fragments of any size", async () => {
  for (const fragmentBytes of [() => 1 + Math.floor(Math.random() * 50), () => 100_000]) {
    const { client } = connect(echo, { duplex: { fragmentBytes } });
    let released = 0;
    await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      const body = pattern(5000 + i * 100, i);
      const response = await client.request({
        method: "POST",
        path: `/echo?${i}`,
        body: i % 2 === 0 ? body : [body.subarray(0, 777), body.subarray(777)],
        released: () => released++,
      });
      assertEquals(response.headers.get("x-target"), `/echo?${i}`);
      assertEquals(await response.body.bytes(1 << 20), body);
    }));
    assertEquals(released, 40);
    await client.close();
    assertEquals(await client.closed, undefined);
  }
});

Deno.test("bodies go through windows and frames that are much smaller than they are", async () => {
  const small = { streamWindowBytes: 65535, connectionWindowBytes: 65535, maxFrameBytes: 16384 };
  const { client } = connect(echo, { client: small, server: small });
  const bodies = await Promise.all(Array.from({ length: 5 }, async (_, i) => {
    const response = await client.request({ method: "POST", path: "/", body: pattern(300_000, i) });
    return await response.body.bytes(1 << 20);
  }));
  bodies.forEach((body, i) => assertEquals(body, pattern(300_000, i)));
  await client.close();
});

Deno.test("streamed bodies arrive in order and wait for room", async () => {
  let produced = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces(100, 100_000)) {
      produced++;
      yield piece;
    }
  }
  const { promise: mayRead, resolve: read } = Promise.withResolvers<void>();
  const { client } = connect(async (request) => {
    await mayRead;
    return { status: 200, body: request.body };
  }, { server: { streamWindowBytes: 100_000 } });
  const answer = client.request({ method: "POST", path: "/", body: source() });
  // Until nothing more is sent between two answers of the server.
  for (let before = -1; before !== produced; await client.ping()) before = produced;
  assert(produced < 20, `${produced} pieces were produced though nobody reads`);
  read();
  const response = await answer;
  let index = 0;
  const whole = await response.body.bytes(1 << 24);
  for await (const piece of pieces(100, 100_000)) {
    assertEquals(whole.subarray(index, index + piece.length), piece);
    index += piece.length;
  }
  assertEquals(index, whole.length);
  await client.close();
});

Deno.test("a body can be read into memory of the caller's, bounded", async () => {
  const body = pattern(100_000);
  const { client } = connect(({ target }) =>
    target === "/known" ? { status: 200, body } : { status: 200, body: pieces(10, 10_000) }
  );
  const asked: number[] = [];
  const provide = (least: number) => {
    asked.push(least);
    return new Uint8Array(least * 2);
  };
  const known = await client.request({ method: "GET", path: "/known" });
  assertEquals(await known.body.readInto(provide, 100_000), body);
  assertEquals(asked, [100_000]);
  const streamed = await client.request({ method: "GET", path: "/streamed" });
  assertEquals((await streamed.body.readInto(provide, 100_000)).length, 100_000);
  for (const path of ["/known", "/streamed"]) {
    const { body } = await client.request({ method: "GET", path });
    await assertRejects(() => body.readInto(provide, 99_999), BodyTooLargeError);
  }
  assert(asked.every((least) => least <= 100_000));
  assertEquals(await client.ping() >= 0, true);
  await client.close();
});

Deno.test("pieces of a body are handed over as they arrive, and their memory goes back", async () => {
  const whole = pattern(100_000);
  const [left, right] = memoryDuplexPair({ fragmentBytes: () => 1000 });
  let releases = 0;
  left.release = (bytes) => {
    releases++;
    bytes.fill(0xee);
  };
  const copying: RequestHandler = () => ({ status: 200, body: whole.slice() });
  new Http2Server(right, copying);
  const client = new Http2Client(left);
  const { body } = await client.request({ method: "GET", path: "/" });
  const memory = new Uint8Array(whole.length);
  let length = 0;
  await body.eachPiece((piece) => {
    memory.set(piece, length);
    length += piece.length;
  });
  assertEquals(memory, whole);
  assert(releases > 50, `${releases}`);
  const kept = await client.request({ method: "GET", path: "/" });
  // Until all of it has arrived, and its memory was overwritten: a ping then brings its answer alone.
  let before: number;
  do {
    before = releases;
    await client.ping();
  } while (releases - before > 1);
  assertEquals(await kept.body.bytes(100_000), whole);
  const refused = await client.request({ method: "GET", path: "/" });
  await assertRejects(
    () =>
      refused.body.eachPiece(() => {
        throw new RangeError("enough");
      }),
    RangeError,
    "enough",
  );
  refused.body.cancel();
  assert(await client.ping() >= 0);
  await client.close();
});

Deno.test("no more requests are opened than the server allows", async () => {
  let running = 0;
  let most = 0;
  const { client } = connect(async () => {
    most = Math.max(most, ++running);
    await delay(1);
    running--;
    return { status: 200 };
  }, { server: { maxConcurrentStreams: 3 } });
  await client.ping();
  const statuses = await Promise.all(
    Array.from({ length: 30 }, () => client.request({ method: "GET", path: "/" })),
  );
  assertEquals(statuses.map((response) => response.status), Array(30).fill(200));
  assertEquals(most, 3);
  await client.close();
});

Deno.test("a cancelled request tells the server and leaves the others alone", async () => {
  const gone = Promise.withResolvers<void>();
  const { client } = connect(async (request) => {
    if (request.target === "/other") return { status: 200 };
    await new Promise<void>((resolve) => request.signal.addEventListener("abort", () => resolve()));
    gone.resolve();
    return { status: 200 };
  });
  const abort = new AbortController();
  const answer = client.request({ method: "GET", path: "/slow", signal: abort.signal });
  assertEquals((await client.request({ method: "GET", path: "/other" })).status, 200);
  abort.abort();
  await assertRejects(() => answer, CancelledError);
  await gone.promise;
  assertEquals((await client.request({ method: "GET", path: "/other" })).status, 200);
  await client.close();
});

Deno.test("a refused upload ends early, its memory is released and its credit returned", async () => {
  const { client } = connect(() => ({ status: 400, body: new TextEncoder().encode("no") }), {
    server: { streamWindowBytes: 65536, connectionWindowBytes: 65536 },
  });
  for (let i = 0; i < 20; i++) {
    let released = 0;
    const response = await client.request({
      method: "POST",
      path: "/",
      body: new Uint8Array(1_000_000),
      released: () => released++,
    });
    assertEquals(await response.body.text(10), "no");
    await client.ping();
    assertEquals(released, 1);
  }
  await client.close();
});

Deno.test("a handler that throws answers 500, one whose body breaks resets its stream", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(new Uint8Array(10));
    throw new Error("disk on fire");
  }
  const { client } = connect(({ target }) => {
    if (target === "/throws") throw new Error("secret");
    return { status: 200, body: broken() };
  });
  const failed = await client.request({ method: "GET", path: "/throws" });
  assertEquals([failed.status, await failed.body.text(100)], [500, ""]);
  const { body } = await client.request({ method: "GET", path: "/breaks" });
  const error = await assertRejects(() => body.bytes(100), Http2Error);
  assertEquals(error.code, Http2ErrorCode.INTERNAL_ERROR);
  await client.close();
});

Deno.test("a request body that breaks resets the stream and fails the request", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(new Uint8Array(10));
    throw new Error("source vanished");
  }
  const { client } = connect(echo);
  await assertRejects(
    () => client.request({ method: "POST", path: "/", body: broken() }),
    Error,
    "source vanished",
  );
  await client.close();
});

Deno.test("a header list above the limit answers 431 on its stream only", async () => {
  const { client } = connect(echo);
  const headers: HeaderField[] = [["x-large", "x".repeat(17_000)]];
  assertEquals((await client.request({ method: "GET", path: "/", headers })).status, 431);
  assertEquals((await client.request({ method: "GET", path: "/" })).status, 200);
  const path = `/${"p".repeat(15_000)}`;
  const response = await client.request({ method: "GET", path });
  assertEquals(response.headers.get("x-target"), path);
  await client.close();
});

Deno.test("shutdown answers what is open and refuses what is new", async () => {
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  const { client, server } = connect(async () => {
    await mayAnswer;
    return { status: 200 };
  });
  const open = client.request({ method: "GET", path: "/" });
  await client.ping();
  const down = server.shutdown();
  await client.ping();
  assertEquals(client.usable, false);
  await assertRejects(() => client.request({ method: "GET", path: "/" }), ConnectionError);
  answer();
  assertEquals((await open).status, 200);
  await down;
  assertEquals(await server.closed, undefined);
});

Deno.test("a connection that is cut fails every request and body, and releases memory", async () => {
  const { client, right } = connect(() => new Promise(() => {}));
  let released = 0;
  const requests = Array.from({ length: 10 }, () =>
    client.request({
      method: "POST",
      path: "/",
      body: new Uint8Array(100),
      released: () => released++,
    }));
  await client.ping();
  right.abort();
  for (const request of requests) await assertRejects(() => request, ConnectionError);
  assertEquals(released, 10);
  await assertRejects(() => client.request({ method: "GET", path: "/" }), ConnectionError);
  await assertRejects(() => client.ping(), ConnectionError);
});

Deno.test("idle connections end, stalled ones fail", async () => {
  const idle = connect(echo, { client: { idleTimeoutMs: 30 } });
  assertEquals(await idle.client.closed, undefined);
  const [left] = memoryDuplexPair();
  const client = new Http2Client(left, { stallTimeoutMs: 30 });
  await assertRejects(
    () => client.request({ method: "GET", path: "/" }),
    ConnectionError,
    "stalled",
  );
});

Deno.test("the client refuses what only a client may send, and answers that were not asked for", async () => {
  const hpack = () => new HpackEncoder().encode([[":status", "200"]]);
  const push = new Uint8Array(9 + 8);
  writeFrameHeader(push, 0, {
    length: 8,
    type: FrameType.PUSH_PROMISE,
    flags: FrameFlag.END_HEADERS,
    streamId: 1,
  });
  for (
    const frame of [
      push,
      headerFrames(2, hpack(), true, 16384),
      headerFrames(1, hpack(), true, 16384),
    ]
  ) {
    const [left, right] = memoryDuplexPair();
    const client = new Http2Client(left);
    await right.write(settingsFrame([]));
    await right.write(frame);
    const error = await client.closed;
    assert(error instanceof Http2Error && error.code === Http2ErrorCode.PROTOCOL_ERROR);
  }
});

Deno.test("malformed responses fail their request with PROTOCOL_ERROR", async () => {
  const heads: HeaderField[][] = [
    [],
    [[":status", "abc"]],
    [[":status", "200"], ["connection", "close"]],
    [[":status", "200"], ["content-length", "5"]],
    [[":status", "101"]],
    [["x-first", "1"], [":status", "200"]],
    [[":status", "200"], [":path", "/"]],
  ];
  for (const fields of heads) {
    const [left, right] = memoryDuplexPair();
    const client = new Http2Client(left);
    const answer: Promise<HttpResponse> = client.request({ method: "GET", path: "/" });
    await right.write(settingsFrame([]));
    await right.write(headerFrames(1, new HpackEncoder().encode(fields), true, 16384));
    const error = await assertRejects(async () => (await answer).body.bytes(10), Http2Error);
    assertEquals([error.scope, error.code], ["stream", Http2ErrorCode.PROTOCOL_ERROR]);
    client.abort();
  }
});
