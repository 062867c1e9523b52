import { assert, assertEquals } from "@std/assert";
import { RateLimiter } from "../../lib/duplex/mod.ts";
import { openBucket, type S3Bucket } from "../../lib/s3/mod.ts";
import { connectTcp } from "../../lib/tls/mod.ts";
import { S3Relay } from "../support/s3/s3_relay.ts";
import { S3Server } from "../support/s3/s3_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const SIGNED = "host;x-amz-content-sha256;x-amz-date";
const OWNER = new TextEncoder().encode("test@pbs\n");
const SNAPSHOT = "pbs-s3/.cnt/host/mover/2023-11-14T22:13:20Z/";
const ENCODED = "pbs-s3/.cnt/host/mover/2023-11-14T22%3A13%3A20Z/";

// Requests as the reference was recorded to make them (spec: real-s3/requests).
const RECORDED: readonly {
  readonly call: (bucket: S3Bucket) => Promise<unknown>;
  readonly line: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly signed: string;
}[] = [
  {
    call: (bucket) => bucket.checkAccess(),
    line: "HEAD /pbsbkt/",
    fields: {},
    signed: SIGNED,
  },
  {
    call: (bucket) => bucket.put("pbs-s3/.s3-client-test", new Uint8Array(0)),
    line: "PUT /pbsbkt/pbs-s3/.s3-client-test",
    fields: { "content-type": "application/octet-stream", "content-length": "0" },
    signed: `content-length;content-type;${SIGNED}`,
  },
  {
    call: (bucket) => bucket.put(`${SNAPSHOT}owner`, OWNER),
    line: `PUT /pbsbkt/${ENCODED}owner`,
    fields: {
      "content-type": "application/octet-stream",
      "content-length": "9",
      "content-md5": "FPSReRc785CzeWb2rRDzUA==",
    },
    signed: `content-length;content-md5;content-type;${SIGNED}`,
  },
  {
    call: (bucket) => bucket.put("pbs-s3/.chunks/a", OWNER, { ifAbsent: true }),
    line: "PUT /pbsbkt/pbs-s3/.chunks/a",
    fields: {
      "content-type": "application/octet-stream",
      "content-length": "9",
      "content-md5": "FPSReRc785CzeWb2rRDzUA==",
      "if-none-match": "*",
    },
    signed: "content-length;content-md5;content-type;host;if-none-match;" +
      "x-amz-content-sha256;x-amz-date",
  },
  {
    call: (bucket) => bucket.get(`${SNAPSHOT}owner`),
    line: `GET /pbsbkt/${ENCODED}owner`,
    fields: {},
    signed: SIGNED,
  },
  {
    call: (bucket) => bucket.copy(`${SNAPSHOT}owner`, "pbs-s3/b"),
    line: "PUT /pbsbkt/pbs-s3/b",
    fields: {
      "content-type": "application/octet-stream",
      "content-length": "0",
      "x-amz-copy-source": `pbsbkt/${ENCODED}owner`,
      "x-amz-metadata-directive": "REPLACE",
    },
    signed: "content-length;content-type;host;x-amz-content-sha256;x-amz-copy-source;" +
      "x-amz-date;x-amz-metadata-directive",
  },
  {
    call: async (bucket) => await Array.fromAsync(bucket.list("pbs-s3/.cnt/host")),
    line: "GET /pbsbkt/?list-type=2&prefix=pbs-s3%2F.cnt%2Fhost",
    fields: {},
    signed: SIGNED,
  },
  {
    call: (bucket) =>
      bucket.removeAll(
        ["catalog.pcat1.didx", "x.pxar.didx"].map((name) =>
          `pbs-s3/.cnt/host/aborted/2023-11-14T22:13:20Z/${name}`
        ),
      ),
    line: "POST /pbsbkt/?delete",
    fields: { "content-length": "242", "content-md5": "DQJjqnXpTJ1gco4I8mUdKw==" },
    signed: `content-length;content-md5;${SIGNED}`,
  },
  {
    call: (bucket) => bucket.remove("pbs-s3/.s3-client-test"),
    line: "DELETE /pbsbkt/pbs-s3/.s3-client-test",
    fields: {},
    signed: SIGNED,
  },
];

testWithPeers("requests are as those that were recorded", ["versitygw"], async () => {
  await using server = await S3Server.start({ tls: false, bucket: "pbsbkt" });
  using relay = new S3Relay(server);
  await using bucket = openBucket(relay.options);
  for (const { call, line, fields, signed } of RECORDED) {
    await call(bucket);
    const { method, target, head } = relay.requests.at(-1)!;
    assertEquals(`${method} ${target}`, line);
    const all = Object.fromEntries(
      head.trimEnd().split("\r\n").slice(1).map((field) => field.split(": ", 2)),
    );
    const { authorization, host, "x-amz-date": date, "x-amz-content-sha256": sum, ...rest } = all;
    assertEquals(rest, fields, line);
    assertEquals(host, `127.0.0.1:${relay.options.port}`);
    assert(/^\d{8}T\d{6}Z$/.test(date) && /^[0-9a-f]{64}$/.test(sum));
    assertEquals(/SignedHeaders=([^,]+),/.exec(authorization)?.[1], signed, line);
  }
});

testWithPeers("a bucket can be in the host's name", ["versitygw"], async () => {
  await using server = await S3Server.start({ domain: "us-west-1.example.com" });
  const dialled: string[] = [];
  await using bucket = openBucket({
    ...server.options,
    endpoint: "{{bucket}}.{{region}}.example.com",
    pathStyle: false,
    dial: (host, port) => {
      dialled.push(host);
      return connectTcp("127.0.0.1", port);
    },
  });
  assertEquals(await bucket.put("a/b", OWNER), "stored");
  assertEquals(await bucket.copy("a/b", "a/c"), true);
  assertEquals((await bucket.get("a/c"))?.content, OWNER);
  const [page] = await Array.fromAsync(bucket.list("a/"));
  assertEquals(page?.objects.map(({ key }) => key), ["a/b", "a/c"]);
  await bucket.removeAll(["a/b", "a/c"]);
  assertEquals(new Set(dialled), new Set(["bucket.us-west-1.example.com"]));
});

testWithPeers("rates slow a bucket down and change nothing else", ["versitygw"], async () => {
  await using server = await S3Server.start();
  const waits: number[] = [];
  /** Notes what has to be waited for, and waits for none of it. */
  class NotingLimiter extends RateLimiter {
    override account(sizeBytes: number): number {
      waits.push(super.account(sizeBytes));
      return 0;
    }
  }
  const rate = () => new NotingLimiter({ rateBytesPerSecond: 1000 });
  await using bucket = openBucket({ ...server.options, rateIn: rate(), rateOut: rate() });
  await bucket.put("a", new Uint8Array(100_000));
  assert(Math.max(...waits) > 90_000, "100 KB at 1 KB a second");
  waits.length = 0;
  assertEquals((await bucket.get("a"))?.content.length, 100_000);
  assert(waits.length > 0 && Math.max(...waits) > 90_000);
  await using limited = openBucket({ ...server.options, putRateLimit: 50 });
  for (let i = 0; i < 5; i++) await limited.put("b", OWNER);
  assertEquals((await limited.get("b"))?.content, OWNER);
});

testWithPeers(
  "a request that nobody waits for any more ends, and nothing else",
  ["versitygw"],
  async () => {
    await using server = await S3Server.start({ tls: false });
    using relay = new S3Relay(server);
    await using bucket = openBucket({
      ...relay.options,
      maxConnections: 1,
      patience: { firstPauseMs: 600_000, longestPauseMs: 600_000 },
    });
    const controller = new AbortController();
    const { signal } = controller;
    // The first pauses before its next attempt, the second waits for the only connection.
    const { promise: seen, resolve } = Promise.withResolvers<void>();
    relay.fault = () => {
      resolve();
      return { cut: "before" };
    };
    const calls = [
      bucket.get("a", undefined, signal),
      bucket.put("b", OWNER, { signal }),
      Array.fromAsync(bucket.list("", signal)),
    ].map((call) => call.then(() => "done", (error: Error) => error.name));
    await seen;
    controller.abort();
    assertEquals(await Promise.all(calls), ["CancelledError", "CancelledError", "CancelledError"]);
    relay.fault = () => undefined;
    assertEquals(await bucket.put("b", OWNER), "stored");
  },
);

testWithPeers("requests end with their bucket", ["versitygw"], async () => {
  await using server = await S3Server.start({ tls: false });
  using relay = new S3Relay(server);
  const bucket = openBucket({
    ...relay.options,
    maxConnections: 2,
    patience: { firstPauseMs: 600_000, longestPauseMs: 600_000 },
  });
  // One waits for its next attempt, others for an answer or a connection.
  const { promise: seen, resolve } = Promise.withResolvers<void>();
  relay.fault = ({ index }) => {
    if (index === 1) resolve();
    return index === 0 ? { cut: "before" } : { answer: "" };
  };
  const calls = ["a", "b", "c", "d"].map((key) =>
    bucket.get(key).then(() => "done", (error: Error) => error.name)
  );
  await seen;
  await bucket[Symbol.asyncDispose]();
  assertEquals(new Set(await Promise.all(calls)), new Set(["ConnectionError"]));
});
