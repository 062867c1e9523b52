import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, NotFoundError } from "../../lib/errors/mod.ts";
import {
  checkBucket,
  findQuirks,
  listBuckets,
  type ListedObject,
  type ObjectStore,
  openBucket,
} from "../../lib/s3/mod.ts";
import { ownLoopback } from "../support/own_loopback.ts";
import { testWithS3Servers } from "../support/s3/test_with_s3_servers.ts";

const HARD_KEY = "store/.cnt/host/a b+c/2023-11-14T22:13:20Z/ä'(!)*&<>\"%2F=?#.blob";
const MEBIBYTE = 1024 * 1024;

function patterned(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * seed) ^ (i >> 8);
  return bytes;
}

async function listed(bucket: ObjectStore, prefix: string): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for await (const page of bucket.list(prefix)) objects.push(...page.objects);
  return objects;
}

testWithS3Servers(
  "a bucket gives back what was written, empty, large, under hard keys",
  async (server) => {
    await using bucket = openBucket(server.options);
    const large = patterned(9 * MEBIBYTE + 17, 31);
    for (const [key, content] of [["store/empty", new Uint8Array(0)], [HARD_KEY, large]] as const) {
      assertEquals(await bucket.put(key, content), "stored");
      const read = await bucket.get(key);
      assertEquals(read?.content.length, content.length);
      assert(read!.content.every((byte, i) => byte === content[i]));
      const [found, ...more] = await listed(bucket, key);
      assertEquals(more, []);
      assertEquals([found?.key, found?.size, found?.etag], [key, content.length, read!.etag]);
    }
    const memory = new Uint8Array(10 * MEBIBYTE);
    const read = await bucket.get(HARD_KEY, (length) => {
      assertEquals(length, large.length);
      return memory;
    });
    assertEquals(read?.content.buffer, memory.buffer);
    assertEquals(await bucket.get("store/none"), undefined);
    assertEquals(await bucket.get("store/empty/none"), undefined);
  },
);

testWithS3Servers("the beginning of an object comes with its whole size, alone", async (server) => {
  await using bucket = openBucket(server.options);
  const content = patterned(MEBIBYTE, 7);
  await bucket.put("a", content);
  await bucket.put("short", content.subarray(0, 5));
  await bucket.put("empty", new Uint8Array());
  const before = bucket.counts.downloaded;
  const start = await bucket.readStart("a", 44);
  assertEquals(start, { bytes: content.slice(0, 44), size: MEBIBYTE });
  assertEquals(bucket.counts.downloaded - before, 44);
  assertEquals(await bucket.readStart("short", 44), { bytes: content.slice(0, 5), size: 5 });
  assertEquals((await bucket.readStart("empty", 44))?.size, 0);
  assertEquals(await bucket.readStart("none", 44), undefined);
});

testWithS3Servers("a bucket is written only if absent when that is asked for", async (server) => {
  await using bucket = openBucket(server.options);
  const first = patterned(4 * MEBIBYTE, 3);
  const second = patterned(4 * MEBIBYTE, 5);
  assertEquals(await bucket.put("a/b", first, { ifAbsent: true }), "stored");
  // Refused before the body was read, again and again.
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => bucket.put("a/b", second, { ifAbsent: true })),
  );
  assertEquals(new Set(answers), new Set(["exists"]));
  assertEquals((await bucket.get("a/b"))?.content[5], first[5]);
  const racers = await Promise.all(
    Array.from({ length: 8 }, () => bucket.put("a/raced", first, { ifAbsent: true })),
  );
  assertEquals(racers.filter((answer) => answer === "stored").length, 1);
  await using quirky = openBucket({ ...server.options, quirks: ["skip-if-none-match-header"] });
  assertEquals(await quirky.put("a/b", second, { ifAbsent: true }), "stored");
  assertEquals((await bucket.get("a/b"))?.content[5], second[5]);
});

testWithS3Servers(
  "objects of a bucket are copied and removed, those that are not there too",
  async (server) => {
    await using bucket = openBucket(server.options);
    const content = patterned(100_000, 7);
    await bucket.put(HARD_KEY, content);
    assertEquals(await bucket.copy(HARD_KEY, "store/copy & paste"), true);
    assertEquals((await bucket.get("store/copy & paste"))?.content, content);
    assertEquals(await bucket.copy("store/none", "store/more"), false);
    await bucket.remove("store/copy & paste");
    await bucket.remove("store/copy & paste");
    assertEquals(await bucket.get("store/copy & paste"), undefined);
  },
);

testWithS3Servers("a bucket is listed in pages by prefix, and emptied", async (server) => {
  await using bucket = openBucket(server.options);
  const keys = Array.from({ length: 1003 }, (_, i) => `store/.chunks/${i}/x&y`);
  await Promise.all([...keys, "store2/a", "stor"].map((key) => bucket.put(key, new Uint8Array(0))));
  const pages = [];
  for await (const page of bucket.list("store/")) pages.push(page);
  assertEquals(pages.map(({ objects }) => objects.length), [1000, 3]);
  assertEquals(
    pages.flatMap(({ objects }) => objects.map(({ key }) => key)),
    keys.toSorted(),
  );
  const now = Date.now() / 1000;
  for (const { date, objects: [object] } of pages) {
    assert(Math.abs(date! - now) < 3600);
    assert(Math.abs(object!.modificationTime - date!) < 3600);
  }
  assertEquals(await listed(bucket, "store/none/"), []);
  await bucket.removeAll([...keys.slice(2), "store/none"]);
  assertEquals((await listed(bucket, "store/")).map(({ key }) => key), keys.slice(0, 2));
  await using quirky = openBucket({
    ...server.options,
    quirks: ["delete-objects-via-delete-object"],
  });
  await quirky.removeAll(keys.slice(0, 3));
  assertEquals([quirky.counts.post, quirky.counts.delete], [0, 3]);
  assertEquals((await listed(bucket, "stor")).map(({ key }) => key), ["stor", "store2/a"]);
});

testWithS3Servers("a bucket is checked, its quirks found, its requests counted", async (server) => {
  await using bucket = openBucket(server.options);
  await checkBucket(bucket, "store");
  await checkBucket(bucket, "");
  assertEquals(await findQuirks(bucket, "store"), []);
  assertEquals(await listed(bucket, ""), []);
  assertEquals(await listBuckets(server.options), [server.options.bucket]);
  await using counted = openBucket(server.options);
  await checkBucket(counted, "store");
  await counted.put("a", new Uint8Array(1000));
  await counted.get("a");
  await counted.removeAll(["a"]);
  const { uploaded, ...counts } = counted.counts;
  assertEquals(counts, { get: 2, put: 2, post: 1, head: 1, delete: 1, downloaded: 1000 });
  assert(uploaded > 1000 && uploaded < 1200);
});

testWithS3Servers("a bucket without TLS works on this machine", async (server) => {
  await using bucket = openBucket(server.options);
  await bucket.put("a", patterned(MEBIBYTE, 3));
  assertEquals((await bucket.get("a"))?.content.length, MEBIBYTE);
  assert(bucket.displayName.startsWith("s3:http://127.0.0.1:"));
}, { tls: false });

testWithS3Servers(
  "many requests wait for a few connections, and a server's end is survived",
  async (server) => {
    await using bucket = openBucket({ ...server.options, maxConnections: 3 });
    const contents = Array.from({ length: 20 }, (_, i) => patterned(200_000 + i, i + 1));
    await Promise.all(contents.map((content, i) => bucket.put(`a/${i}`, content)));
    await server.kill();
    // Three attempts at what is not there would be over before it is there again.
    const meanwhile = openBucket({ ...server.options, patience: { attempts: 2, firstPauseMs: 1 } });
    await assertRejects(() => meanwhile.get("a/0"), ConnectionError, `"bucket"`);
    await meanwhile[Symbol.asyncDispose]();
    assert(await server.resume());
    const read = await Promise.all(contents.map((_, i) => bucket.get(`a/${i}`)));
    assertEquals(
      read.map((object) => object?.content.length),
      contents.map(({ length }) => length),
    );
  },
  { host: ownLoopback() },
);

testWithS3Servers(
  "a bucket that is not there is said to be missing by every call",
  async (server) => {
    await using bucket = openBucket({ ...server.options, bucket: "missing" });
    for (
      const call of [
        () => bucket.checkAccess(),
        () => bucket.get("a"),
        () => bucket.put("a", new Uint8Array(1)),
        () => bucket.copy("a", "b"),
        () => bucket.remove("a"),
        () => bucket.removeAll(["a"]),
        () => listed(bucket, ""),
      ]
    ) {
      await assertRejects(call, NotFoundError, `bucket "missing" at 127.0.0.1:`);
    }
  },
);
