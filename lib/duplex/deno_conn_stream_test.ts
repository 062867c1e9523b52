import { assertEquals, assertRejects } from "@std/assert";
import { once } from "node:events";
import { DenoConnDuplex } from "./deno_conn_duplex.ts";
import { denoConnStream } from "./deno_conn_stream.ts";

async function connectedPair(): Promise<[Deno.TcpConn, Deno.TcpConn]> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const pair = await Promise.all([Deno.connect({ port }), listener.accept()]);
  listener.close();
  return pair;
}

Deno.test("denoConnStream() carries more than its buffers, and one direction after the other ended", async () => {
  const [near, far] = await connectedPair();
  const stream = denoConnStream(near);
  const duplex = new DenoConnDuplex(far, "near");
  const bytes = new Uint8Array(5_000_000).map((_, i) => i * 7);
  stream.end(bytes);
  let received = 0;
  let piece: Uint8Array | undefined;
  while ((piece = await duplex.read()) !== undefined) {
    assertEquals(piece[0], bytes[received]);
    received += piece.length;
  }
  assertEquals(received, bytes.length);
  const answering = duplex.write(bytes).then(() => duplex.close());
  let answered = 0;
  for await (const chunk of stream) answered += chunk.length;
  assertEquals(answered, bytes.length);
  await answering;
});

Deno.test("denoConnStream() stops to read while nobody takes what came", async () => {
  const [near, far] = await connectedPair();
  let readBytes = 0;
  const stream = denoConnStream({
    read: async (target) => {
      const length = await near.read(target);
      readBytes += length ?? 0;
      return length;
    },
    write: (bytes) => near.write(bytes),
    close: () => near.close(),
  });
  // Starts to fill its buffer.
  stream.read(0);
  const block = new Uint8Array(64 * 1024);
  let writtenBytes = 0;
  const writing = (async () => {
    while (true) writtenBytes += await far.write(block);
  })();
  const refused = assertRejects(() => writing);
  // Until all buffers are full, the kernel's as well.
  for (let before = -1; before !== writtenBytes;) {
    before = writtenBytes;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assertEquals(readBytes <= 320 * 1024, true, `${readBytes} bytes were read ahead`);
  stream.destroy();
  await once(stream, "close");
  await refused;
  far.close();
});

Deno.test("denoConnStream() ends the connection when it is destroyed", async () => {
  const [near, far] = await connectedPair();
  const stream = denoConnStream(near);
  stream.read(0);
  stream.destroy();
  await once(stream, "close");
  assertEquals(await far.read(new Uint8Array(1)), null);
  far.close();
});

Deno.test("denoConnStream() fails as the connection does", async () => {
  const stream = denoConnStream({
    read: () => Promise.reject(new Error("broken cable")),
    write: () => Promise.reject(new Error("broken cable")),
    close: () => {},
  });
  await assertRejects(() => stream.toArray(), Error, "broken cable");
});
