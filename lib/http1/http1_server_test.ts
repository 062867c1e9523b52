import { assert, assertEquals, assertRejects } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { ConnectionError, CorruptDataError } from "../errors/mod.ts";
import { type Duplex, memoryDuplexPair } from "../duplex/mod.ts";
import { Http2Client } from "../http2/mod.ts";
import type { RequestHandler } from "../http/mod.ts";
import { Http1Client } from "./http1_client.ts";
import { serveConnection, type ServeOptions } from "./http1_server.ts";

const echo: RequestHandler = async (request) => ({
  status: 200,
  headers: [["x-method", request.method], ["x-target", request.target]],
  body: await request.body.bytes(1 << 20),
});

/** Sends bytes as they are and returns everything that comes back until the server closes. */
async function exchange(
  text: string,
  options: { handler?: RequestHandler; serve?: ServeOptions; fragment?: number } = {},
): Promise<string> {
  const [left, right] = memoryDuplexPair({ fragmentBytes: () => options.fragment ?? 1 << 20 });
  const served = serveConnection(right, options.handler ?? echo, options.serve);
  await left.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  if (options.serve === undefined) await left.close();
  let answer = "";
  try {
    for (let b = await left.read(); b !== undefined; b = await left.read()) {
      answer += String.fromCharCode(...b);
    }
  } catch (error) {
    assert(error instanceof ConnectionError);
    answer += "[cut]";
  }
  await served;
  return answer;
}

function statuses(answer: string): string[] {
  return [...answer.matchAll(/HTTP\/1\.\d (\d+)/g)].map((match) => match[1]!);
}

Deno.test("pipelined requests are answered in order, however their bytes are cut", async () => {
  const text = "POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc" +
    "POST //b HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n2;ext=1\r\nde\r\n1\r\nf\r\n0\r\nx-t: 1\r\n\r\n" +
    "\r\nGET https://h:8007/c? HTTP/1.1\nHost: h\n\n" +
    "DELETE /d HTTP/1.0\r\n\r\nGET /never HTTP/1.1\r\n\r\n";
  const whole = await exchange(text);
  assertEquals([...whole.matchAll(/x-target: (.*)\r/g)].map((match) => match[1]), [
    "/a",
    "//b",
    "https://h:8007/c?",
    "/d",
  ]);
  assert(whole.includes("\r\n\r\nabcHTTP") && whole.includes("\r\n\r\ndefHTTP"));
  for (let fragment = 1; fragment < 40; fragment++) {
    assertEquals(await exchange(text, { fragment }), whole);
  }
});

Deno.test("malformed requests are refused with their status and the connection is closed", async () => {
  const cases: [string, string][] = [
    ["GET / HTTP/2.0\r\n\r\n", "505"],
    ["GET api HTTP/1.1\r\n\r\n", "400"],
    ["GET / FTP/1.1\r\n\r\n", "400"],
    ["G@T / HTTP/1.1\r\n\r\n", "400"],
    ["GET / HTTP/1.1\r\n folded: x\r\n\r\n", "400"],
    ["GET / HTTP/1.1\r\nname : x\r\n\r\n", "400"],
    ["GET / HTTP/1.1\r\nno colon\r\n\r\n", "400"],
    ["GET / HTTP/1.1\r\nx: \x00\r\n\r\n", "400"],
    ["POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", "400"],
    ["POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", "400"],
    ["POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "400"],
    ["POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n", "501"],
    [`GET / HTTP/1.1\r\n${"a: b\r\n".repeat(101)}\r\n`, "431"],
    [`GET / HTTP/1.1\r\na: ${"b".repeat(420_000)}\r\n\r\n`, "431"],
    [`GET /${"b".repeat(420_000)}`, "431"],
  ];
  for (const [text, status] of cases) {
    const answer = await exchange(`${text}GET / HTTP/1.1\r\n\r\n`);
    assertEquals(statuses(answer), [status], text.slice(0, 80));
    assert(answer.includes("connection: close\r\n"));
  }
  const many = `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(100)}\r\n`;
  assertEquals(statuses(await exchange(many)), ["200"]);
});

Deno.test("bodies that are malformed or cut end the connection", async () => {
  for (
    const body of [
      "zz\r\n",
      "2\r\nabc\r\n0\r\n\r\n",
      `${"1".repeat(13)}\r\n`,
      `1;${"x".repeat(2000)}`,
    ]
  ) {
    const answer = await exchange(`POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n${body}`);
    assertEquals(statuses(answer), ["500"], body.slice(0, 20));
  }
  const answer = await exchange("POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nabc");
  assertEquals(statuses(answer), ["500"]);
});

Deno.test("slow heads, slow bodies and idle connections are cut off", async () => {
  const serve = { headTimeoutMs: 30, idleTimeoutMs: 30, bodyTimeoutMs: 30 };
  for (
    const text of [
      "",
      "GET / HT",
      "GET / HTTP/1.1\r\n\r\n",
      "POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\na",
    ]
  ) {
    const answer = await exchange(text, { serve });
    assert(answer.endsWith("[cut]"), `"${text}" was answered ${answer}`);
  }
});

Deno.test("100-continue is sent when the handler starts to read, and only then", async () => {
  const head = "POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n";
  assertEquals(statuses(await exchange(`${head}abc`)), ["100", "200"]);
  const refuse: RequestHandler = () => ({ status: 400 });
  const refused = await exchange(head, { handler: refuse });
  assertEquals(statuses(refused), ["400"]);
  assert(refused.includes("connection: close"));
});

Deno.test("a body that was not read is passed over if small, else the connection ends", async () => {
  const handler: RequestHandler = () => ({ status: 400 });
  const request = (length: number) =>
    `POST / HTTP/1.1\r\ncontent-length: ${length}\r\n\r\n${"x".repeat(length)}`;
  assertEquals(statuses(await exchange(request(1000) + request(5), { handler })), ["400", "400"]);
  assertEquals(statuses(await exchange(request(300_000) + request(5), { handler })), ["400"]);
});

Deno.test("HEAD, HTTP/1.0 and streams are framed as they must be", async () => {
  const handler: RequestHandler = () => ({
    status: 200,
    body: (async function* () {
      yield await Promise.resolve(new TextEncoder().encode("abc"));
      yield new TextEncoder().encode("de");
    })(),
  });
  const chunked = await exchange("GET / HTTP/1.1\r\n\r\n", { handler });
  assert(chunked.endsWith("\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  const old = await exchange("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", { handler });
  assert(old.endsWith("connection: close\r\n\r\nabcde"));
  const head = await exchange("HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nconnection: close\r\n\r\n");
  assertEquals(head.match(/content-length: 0/g)?.length, 2);
});

Deno.test("an upgrade hands over every byte after the request", async () => {
  const handler: RequestHandler = ({ target }) =>
    target === "/login" ? { status: 200 } : {
      upgrade: "test-protocol",
      handOver: async (duplex: Duplex) => {
        for (let b = await duplex.read(); b !== undefined; b = await duplex.read()) {
          await duplex.write(b);
        }
      },
    };
  for (let fragment = 1; fragment < 20; fragment++) {
    const answer = await exchange(
      "GET /login HTTP/1.1\r\n\r\nGET /up HTTP/1.1\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nearly bytes",
      { handler, fragment },
    );
    assertEquals(statuses(answer), ["200", "101"]);
    assert(answer.endsWith("connection: upgrade\r\nupgrade: test-protocol\r\n\r\nearly bytes"));
  }
});

Deno.test("HTTP/2 with prior knowledge is served on the same port", async () => {
  for (let fragment = 1; fragment < 40; fragment += 3) {
    const [left, right] = memoryDuplexPair({ fragmentBytes: () => fragment });
    const served = serveConnection(right, echo);
    const client = new Http2Client(left);
    const body = new TextEncoder().encode("hello");
    const response = await client.request({ method: "POST", path: "/x", body });
    assertEquals(await response.body.text(10), "hello");
    await client.close();
    await served;
  }
});

/** A server of fixed answers, for a client's tests. */
function fixedServer(...answers: string[]): { client: Http1Client; sent: () => string } {
  const [left, right] = memoryDuplexPair();
  let sent = "";
  (async () => {
    for (const answer of answers) {
      const bytes = await right.read();
      sent += new TextDecoder().decode(bytes);
      await right.write(Uint8Array.from(answer, (character) => character.charCodeAt(0)));
    }
    await right.close();
  })().catch(() => {});
  const client = new Http1Client(left, { host: "server:8007", headTimeoutMs: 60_000 });
  return { client, sent: () => sent };
}

Deno.test("the client sends what the official one sends, and keeps the connection", async () => {
  const { client, sent } = fixedServer(
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.0 400 Bad\r\n\r\nuntil the end",
  );
  const read = async (method: string, path: string, body?: Uint8Array) => {
    const response = await client.request({ method, path, ...body && { body } });
    return await response.body.text(100);
  };
  assertEquals(await read("GET", "/a"), "ab");
  assertEquals(await read("POST", "//b", new Uint8Array([0x7b, 0x7d])), "abc");
  assertEquals(await read("POST", "/c"), "");
  assert(client.idle);
  assertEquals(await read("DELETE", "/d?"), "until the end");
  assert(!client.usable);
  assertEquals(
    sent(),
    "GET /a HTTP/1.1\r\nhost: server:8007\r\n\r\n" +
      "POST //b HTTP/1.1\r\nhost: server:8007\r\ncontent-length: 2\r\n\r\n{}" +
      "POST /c HTTP/1.1\r\nhost: server:8007\r\n\r\n" +
      "DELETE /d? HTTP/1.1\r\nhost: server:8007\r\n\r\n",
  );
});

Deno.test("malformed, missing and late answers fail the request and the connection", async () => {
  for (
    const [answer, error] of [
      ["SSH-2.0\r\n\r\n", CorruptDataError],
      ["HTTP/1.1 200 OK\r\nbad header\r\n\r\n", CorruptDataError],
      ["HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", CorruptDataError],
      [`HTTP/1.1 200 OK\r\na: ${"b".repeat(300_000)}`, CorruptDataError],
      ["HTTP/1.1 100 C\r\n\r\n".repeat(20), CorruptDataError],
      ["HTTP/1.1 200 OK\r\nconte", ConnectionError],
      ["", ConnectionError],
      ["HTTP/1.1 101 Switch\r\n\r\n", CorruptDataError],
    ] as const
  ) {
    const { client } = fixedServer(answer);
    await assertRejects(() => client.request({ method: "GET", path: "/" }), error, "");
    assert(!client.usable);
  }
  const [left] = memoryDuplexPair();
  const client = new Http1Client(left, { host: "h", headTimeoutMs: 30 });
  await assertRejects(
    () => client.request({ method: "GET", path: "/" }),
    ConnectionError,
    "no answer",
  );
});

Deno.test("a cut body fails when it is read", async () => {
  for (
    const framing of ["content-length: 9\r\n\r\nabc", "transfer-encoding: chunked\r\n\r\n3\r\nab"]
  ) {
    const { client } = fixedServer(`HTTP/1.1 200 OK\r\n${framing}`);
    const { body } = await client.request({ method: "GET", path: "/" });
    await assertRejects(() => body.bytes(100), ConnectionError);
    assert(!client.usable);
  }
});

Deno.test("the client gets the connection after the 101 answer, early bytes first", async () => {
  const { client } = fixedServer("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\nearly");
  const result = await client.upgrade({ method: "GET", path: "/up" }, "x");
  if (!("duplex" in result)) throw new Error("the upgrade was refused");
  assertEquals(new TextDecoder().decode(await result.duplex.read()), "early");
  const refusal = fixedServer("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nno");
  const refused = await refusal.client.upgrade({ method: "GET", path: "/up" }, "x");
  if (!("response" in refused)) throw new Error("the upgrade was not refused");
  assertEquals(await refused.response.body.text(10), "no");
  assert(refusal.client.idle);
});

Deno.test("a refusal that comes before a large body was sent is delivered", async () => {
  const [left, right] = memoryDuplexPair();
  const served = serveConnection(
    right,
    () => ({ status: 400, body: new Uint8Array([0x6e, 0x6f]) }),
  );
  const client = new Http1Client(left, { host: "h" });
  let produced = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    while (true) {
      produced++;
      await delay(1);
      yield new Uint8Array(1000);
    }
  }
  const response = await client.request({ method: "POST", path: "/", body: endless() });
  assertEquals([response.status, await response.body.text(10)], [400, "no"]);
  assert(!client.usable && produced < 1000);
  await served;
});

Deno.test("requests with characters that would split them are refused before they are sent", async () => {
  const [left] = memoryDuplexPair();
  const client = new Http1Client(left, { host: "h" });
  for (
    const request of [
      { method: "GET", path: "/a b" },
      { method: "GET", path: "/\r\nx: y" },
      { method: "G T", path: "/" },
      { method: "GET", path: "/", headers: [["x", "a\r\nb: c"] as const] },
    ]
  ) await assertRejects(() => client.request(request), Error, "cannot be sent");
  assert(client.idle);
});

Deno.test("who takes nothing of a long response loses the connection, who pauses between them does not", async () => {
  const sendPace = { stepBytes: 1000, withinMs: 200 };
  const body = new Uint8Array(300_000);
  const [left, right] = memoryDuplexPair();
  let stuck = false;
  const cut = Promise.withResolvers<never>();
  cut.promise.catch(() => {});
  const served = serveConnection(
    {
      peer: "the client",
      read: () => right.read(),
      write: (bytes) => stuck ? cut.promise : right.write(bytes),
      close: () => right.close(),
      abort: (reason) => {
        cut.reject(reason);
        right.abort(reason);
      },
    },
    () => ({
      status: 200,
      body: (async function* () {
        yield body;
      })(),
    }),
    { sendPace },
  );
  const client = new Http1Client(left, { host: "localhost" });
  for (let i = 0; i < 2; i++) {
    const response = await client.request({ method: "GET", path: "/" });
    assertEquals((await response.body.bytes(1e6)).length, body.length);
    // A window of time in which nothing is owed, so that nothing is late.
    await delay(2 * sendPace.withinMs);
  }
  stuck = true;
  await assertRejects(() => client.request({ method: "GET", path: "/" }));
  await served;
});
