import { assertEquals, assertRejects } from "@std/assert";
import type { Duplex } from "../duplex/mod.ts";
import { Http1Error } from "./_http1_reader.ts";
import { Http1Client } from "./http1_client.ts";

/** A connection whose reads are these texts, each in memory of its own that can be given back. */
function connectionOf(reads: string[]): Duplex & { readonly released: number[] } {
  const released: number[] = [];
  return {
    released,
    peer: "test",
    read: () => {
      const text = reads.shift();
      return Promise.resolve(
        text === undefined ? undefined : new TextEncoder().encode(text).slice(),
      );
    },
    release: ({ buffer, byteLength }) => {
      if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== byteLength) return;
      released.push(byteLength);
      buffer.transfer(0);
    },
    write: () => Promise.resolve(),
    close: () => Promise.resolve(),
    abort: () => {},
  };
}

Deno.test("memory of a body is given back, and what follows it is still read", async () => {
  const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  const connection = connectionOf([
    `${head}5\r\n`,
    // A chunk that has a read for itself, one in two, and the end of one with what comes after it.
    "hello",
    "\r\n6\r\n",
    "a",
    "bcdef",
    "\r\n3\r\nxy",
    "z\r\n0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n",
    "next",
  ]);
  const client = new Http1Client(connection, { host: "test" });
  const first = await client.request({ method: "GET", path: "/" });
  assertEquals(await first.body.text(100), "helloabcdefxyz");
  const second = await client.request({ method: "GET", path: "/" });
  assertEquals(await second.body.text(100), "next");
  assertEquals(connection.released, [5, 1, 5, 4]);
});

Deno.test("extensions of chunks are passed over, and refused when they are most of a body", async () => {
  const get = async (chunks: string[]) => {
    const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    const client = new Http1Client(connectionOf([head, ...chunks]), { host: "test" });
    const { body } = await client.request({ method: "GET", path: "/" });
    return await body.text(100);
  };
  assertEquals(await get(["1 ;a=b\r\nx\r\n", "1;c\r\ny\r\n", "0;d\r\n\r\n"]), "xy");
  const padded = Array(60).fill(`1;${"e".repeat(1000)}\r\nx\r\n`);
  await assertRejects(() => get(padded), Http1Error, "too many extensions of chunks");
});
