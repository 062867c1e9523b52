import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, CorruptDataError } from "../../lib/errors/mod.ts";
import { type BucketOptions, openBucket } from "../../lib/s3/mod.ts";
import { S3Relay } from "../support/s3/s3_relay.ts";
import { S3Server } from "../support/s3/s3_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const KEYS: Omit<BucketOptions, "endpoint"> = {
  bucket: "bucket",
  pathStyle: true,
  accessKey: "key",
  secretKey: "a secret",
};

/** An address on loopback where connections are made and nobody says anything. */
function silentPlace(): { readonly port: number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  (async () => {
    for await (const connection of listener) open.push(connection);
  })();
  return {
    port: listener.addr.port,
    [Symbol.dispose]: () => {
      listener.close();
      for (const connection of open) connection.close();
    },
  };
}

Deno.test("an address where nobody is is tried once", async () => {
  let dialled = 0;
  await using bucket = openBucket({
    ...KEYS,
    endpoint: "127.0.0.1",
    tls: false,
    dial: (host, port) => {
      dialled++;
      throw new ConnectionError(`cannot connect to ${host}:${port}: refused`, {
        situation: { kind: "server-unreachable", host, port },
      });
    },
  });
  const error = await assertRejects(() => bucket.get("a"), ConnectionError);
  assertEquals(
    error.message,
    'cannot read "a" (bucket "bucket" at 127.0.0.1:80): cannot connect to 127.0.0.1:80: refused',
  );
  assertEquals(error.situation?.kind, "server-unreachable");
  assertEquals(dialled, 1);
});

Deno.test("a server that never says anything is given up in the time for its first answer", async () => {
  using place = silentPlace();
  await using bucket = openBucket({
    ...KEYS,
    endpoint: "127.0.0.1",
    port: place.port,
    tls: false,
    patience: { reachMs: 100, attempts: 2, firstPauseMs: 1 },
  });
  const error = await assertRejects(() => bucket.get("a"), ConnectionError);
  assertEquals(
    error.message,
    `cannot read "a" (bucket "bucket" at 127.0.0.1:${place.port}): no answer in 0.1 s (2 attempts); ` +
      `see whether an object store without TLS is at port ${place.port} of 127.0.0.1`,
  );
});

testWithPeers(
  "outages are waited out only where somebody has answered before",
  ["versitygw"],
  async () => {
    await using server = await S3Server.start({ tls: false });
    using relay = new S3Relay(server);
    const cutsOf = (cuts: number) => {
      let count = 0;
      relay.fault = () => count++ < cuts ? { cut: "answer" } : undefined;
      return () => count;
    };
    await using stranger = openBucket(relay.options);
    const count = cutsOf(3);
    await assertRejects(() => stranger.get("a"), ConnectionError, "(3 attempts); see whether");
    assertEquals(count(), 3);
    await using bucket = openBucket(relay.options);
    assertEquals(await bucket.get("a"), undefined);
    cutsOf(7);
    assertEquals(await bucket.get("a"), undefined);
  },
);

testWithPeers(
  "an object whose length its reader refuses is asked for once",
  ["versitygw"],
  async () => {
    await using server = await S3Server.start({ tls: false });
    using relay = new S3Relay(server);
    await using bucket = openBucket(relay.options);
    for (const length of [0, 1000]) {
      await bucket.put("a", new Uint8Array(length));
      const before = relay.requests.length;
      const refuse = (bytes: number) => {
        throw new CorruptDataError(`nothing has ${bytes} bytes`);
      };
      await assertRejects(
        () => bucket.get("a", refuse),
        CorruptDataError,
        `nothing has ${length} bytes`,
      );
      assertEquals(relay.requests.length - before, 1);
      assertEquals((await bucket.get("a"))?.content.length, length);
    }
  },
);
