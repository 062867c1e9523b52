// deno-lint-ignore-file no-console
// A connection that ends or breaks at any byte of a small exchange: everything settles, nothing hangs.

import { assert, assertEquals } from "@std/assert";
import { PbsError, ServerError } from "../../lib/errors/mod.ts";
import { Http1Client, serveConnection } from "../../lib/http1/mod.ts";
import { Http2Client, Http2Server } from "../../lib/http2/mod.ts";
import { memoryDuplexPair } from "../../lib/duplex/mod.ts";
import type { RequestHandler } from "../../lib/http/mod.ts";

const BODY = Uint8Array.from({ length: 200 }, (_, i) => i);

const echo: RequestHandler = async (request) => ({
  status: 200,
  body: request.target === "/stream" ? request.body : await request.body.bytes(1000),
});

/** Fails instead of waiting for ever. */
async function settled<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hangs: ${what}`)), 120_000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether all requests of an exchange succeeded; other errors than ours are thrown. */
async function succeeded(promise: Promise<Uint8Array>): Promise<boolean> {
  try {
    assertEquals(await promise, BODY);
    return true;
  } catch (error) {
    if (error instanceof PbsError) return false;
    throw error;
  }
}

type Cut = { breakAfterBytes?: number; endAfterBytes?: number };

async function http2Exchange(there: Cut, back: Cut): Promise<boolean> {
  const [left, right] = memoryDuplexPair(there, back);
  const server = new Http2Server(right, echo);
  const client = new Http2Client(left);
  let released = 0;
  const one = async (path: string) => {
    const response = await client.request({
      method: "POST",
      path,
      body: BODY,
      released: () => released++,
    });
    const body = await response.body.bytes(1000);
    if (response.status !== 200) throw new ServerError(response.status, "refused");
    return body;
  };
  const results = await Promise.all([succeeded(one("/a")), succeeded(one("/stream"))]);
  await client.close();
  await client.closed;
  if (!results.every(Boolean)) right.abort();
  await server.closed;
  assertEquals(released, 2);
  return results.every(Boolean);
}

async function http1Exchange(there: Cut, back: Cut): Promise<boolean> {
  const [left, right] = memoryDuplexPair(there, back);
  const served = serveConnection(right, echo);
  const client = new Http1Client(left, { host: "h" });
  let released = 0;
  const one = async (path: string) => {
    const response = await client.request({
      method: "POST",
      path,
      body: BODY,
      released: () => released++,
    });
    const body = await response.body.bytes(1000);
    if (response.status !== 200) throw new ServerError(response.status, "refused");
    return body;
  };
  const results = [await succeeded(one("/a")), await succeeded(one("/stream"))];
  await client.close();
  await served;
  assertEquals(released, 2);
  return results.every(Boolean);
}

for (const [name, exchange] of [["HTTP/2", http2Exchange], ["HTTP/1.1", http1Exchange]] as const) {
  Deno.test(`${name}: an exchange cut at any byte fails or succeeds, and never hangs`, async () => {
    let cases = 0;
    for (const direction of ["there", "back"]) {
      for (const kind of ["breakAfterBytes", "endAfterBytes"]) {
        let complete = 0;
        for (let at = 0; complete < 3; at++) {
          const cut = { [kind]: at };
          const what = `${name}, ${kind} ${at} ${direction}`;
          const run = direction === "there" ? exchange(cut, {}) : exchange({}, cut);
          if (await settled(what, run)) complete++;
          cases++;
          assert(at < 5000, `${what}: still fails`);
        }
      }
    }
    assert(cases > 1000);
    console.log(`${cases} cuts`);
  });
}
