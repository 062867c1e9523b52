import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, CorruptDataError } from "../errors/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";
import { ReconnectingSource } from "./reconnecting_source.ts";

/** A server that can be taken away: what is read of it, and how often it was connected to. */
class FickleServer {
  isThere = true;
  connections = 0;
  readonly log: string[] = [];

  open = (): Promise<SnapshotSource> => {
    if (!this.isThere) return Promise.reject(new ConnectionError("refused"));
    const mine = ++this.connections;
    const check = (what: string) => {
      if (!this.isThere || mine !== this.connections) throw new ConnectionError("lost");
      this.log.push(`${mine} ${what}`);
    };
    return Promise.resolve({
      snapshot: { type: "host", id: "a", time: 1 },
      readFile: async (name: string) => {
        await Promise.resolve();
        check(name);
        return new Uint8Array();
      },
      readChunk: async (digest: Uint8Array, buffer: (length: number) => Uint8Array) => {
        const memory = buffer(10);
        await Promise.resolve();
        if (digest[0] === 9) throw new CorruptDataError("damaged");
        check(`chunk ${digest[0]}`);
        memory.fill(digest[0]!);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    } as unknown as SnapshotSource);
  };
}

Deno.test("reads wait for a server that comes back, and its indexes are read again", async () => {
  const server = new FickleServer();
  const events: string[] = [];
  await using source = await ReconnectingSource.open({
    open: server.open,
    onLost: () => events.push("lost"),
    onBack: () => events.push("back"),
  });
  await source.readFile("root.pxar.didx");
  server.isThere = false;
  let buffers = 0;
  const memory = new Uint8Array(10);
  const reads = [1, 2, 3].map((digest) =>
    source.readChunk(new Uint8Array([digest]), () => {
      buffers++;
      return digest === 3 ? memory : new Uint8Array(10);
    })
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  server.isThere = true;
  await Promise.all(reads);
  assertEquals(memory, new Uint8Array(10).fill(3));
  assertEquals(buffers, 3, "memory for a chunk is asked for once");
  assertEquals(server.connections, 2);
  assertEquals(events, ["lost", "back"]);
  assertEquals(server.log.slice(0, 2), ["1 root.pxar.didx", "2 root.pxar.didx"]);
});

Deno.test("a server that stays away fails the reads, and is asked again by the next ones", async () => {
  const server = new FickleServer();
  await using source = await ReconnectingSource.open({ open: server.open, waitMs: 0 });
  server.isThere = false;
  const read = (digest: number) =>
    source.readChunk(new Uint8Array([digest]), (length) => new Uint8Array(length));
  await assertRejects(() => read(1), ConnectionError, "refused");
  await assertRejects(() => read(1), ConnectionError, "refused");
  server.isThere = true;
  await read(2);
  await assertRejects(() => read(9), CorruptDataError, "damaged");
  assertEquals(server.connections, 2, "what is damaged is not read again");
});
