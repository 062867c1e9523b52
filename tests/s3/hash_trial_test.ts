import { assertEquals } from "@std/assert";
import { openBucket, type S3Bucket } from "../../lib/s3/mod.ts";
import { S3Relay } from "../support/s3/s3_relay.ts";
import { S3Server } from "../support/s3/s3_server.ts";
import { testWithS3Servers } from "../support/s3/test_with_s3_servers.ts";
import { testWithPeers } from "../support/with_peers.ts";

const TRIAL = "t/.shared/trial";
const CONTENT = Uint8Array.from({ length: 300_000 }, (_, i) => i * i >> 5);
const REFUSAL = "<Error><Code>InvalidRequest</Code><Message>words</Message></Error>";

/** The requests that wrote something, each with whether it had an MD5 sum. */
function writes(relay: S3Relay): string[] {
  return relay.requests.filter(({ method }) => method === "PUT").map(({ target, head }) =>
    `${target.replace("/bucket/", "")} ${/\r\ncontent-md5: /.test(head) ? "MD5" : "no MD5"}`
  );
}

async function keysOf(bucket: S3Bucket): Promise<string[]> {
  const pages = await Array.fromAsync(bucket.list(""));
  return pages.flatMap(({ objects }) => objects.map(({ key }) => key));
}

testWithS3Servers(
  "a body that changes on its way is not stored, whatever sum the server checks",
  async (server) => {
    using relay = new S3Relay(server);
    await using bucket = openBucket({ ...relay.options, trialKey: TRIAL });
    const flipped = new Set<string>();
    relay.fault = ({ method, target }) => {
      if (method !== "PUT" || target.endsWith("trial") || flipped.has(target)) return undefined;
      flipped.add(target);
      return { flip: true };
    };
    const small = CONTENT.subarray(0, 1000);
    await bucket.put("t/small", small);
    await Promise.all(["t/a", "t/b"].map((key) => bucket.put(key, CONTENT, { ifAbsent: true })));
    const sum = server.kind === "versitygw" ? "no MD5" : "MD5";
    assertEquals(
      writes(relay).sort(),
      [
        `t/.shared/trial no MD5`,
        ...["t/a", "t/a", "t/b", "t/b"].map((key) => `${key} ${sum}`),
        ...["t/small", "t/small"].map((key) => `${key} MD5`),
      ],
    );
    assertEquals(await keysOf(bucket), ["t/a", "t/b", "t/small"]);
    assertEquals((await bucket.get("t/a"))?.content, CONTENT);
    assertEquals((await bucket.get("t/b"))?.content, CONTENT);
    assertEquals((await bucket.get("t/small"))?.content, small);
  },
  { tls: false },
);

testWithPeers(
  "MD5 sums are sent where they are asked for, and where the trial failed",
  ["versitygw"],
  async () => {
    await using server = await S3Server.start({ tls: false });
    for (const kind of ["bucket asks for them", "trial failed"]) {
      using relay = new S3Relay(server);
      await using bucket = openBucket({ ...relay.options, trialKey: TRIAL });
      relay.fault = ({ target, head }) => {
        const isTrial = target.endsWith("trial");
        if (head.includes("content-md5: ") || isTrial === (kind !== "trial failed")) return;
        return {
          answer: `HTTP/1.1 400 No\r\ncontent-length: ${REFUSAL.length}\r\n\r\n${REFUSAL}`,
        };
      };
      assertEquals(await bucket.put("t/a", CONTENT), "stored");
      assertEquals(await bucket.put("t/b", CONTENT), "stored");
      assertEquals(writes(relay), [
        "t/.shared/trial no MD5",
        ...kind === "trial failed" ? [] : ["t/a no MD5"],
        "t/a MD5",
        "t/b MD5",
      ]);
    }
  },
);
