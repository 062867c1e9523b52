import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AuthError,
  ConnectionError,
  CorruptDataError,
  PbsError,
  ServerError,
} from "../../lib/errors/mod.ts";
import { findQuirks, openBucket, type S3Bucket } from "../../lib/s3/mod.ts";
import { type CutPlace, type RelayFault, S3Relay } from "../support/s3/s3_relay.ts";
import { expiredCertificate } from "../support/s3/expired_certificate.ts";
import { S3Server } from "../support/s3/s3_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const CONTENT = new Uint8Array(300_000).fill(7);
const PLACES: readonly CutPlace[] = [
  "before",
  "head",
  "body",
  "answer",
  "answer-head",
  "answer-body",
];

async function keysOf(bucket: S3Bucket, prefix: string): Promise<string[]> {
  const keys = [];
  for await (const { objects } of bucket.list(prefix)) keys.push(...objects.map(({ key }) => key));
  return keys;
}

/** Every kind of request: how the bucket is made ready for it, the call, and the state behind it. */
const KINDS: Readonly<
  Record<string, {
    readonly matches: RegExp;
    readonly prepare?: (bucket: S3Bucket) => Promise<unknown>;
    readonly call: (bucket: S3Bucket) => Promise<unknown>;
    readonly result: unknown | readonly unknown[];
    readonly keys: readonly string[];
  }>
> = {
  "HEAD bucket": {
    matches: /^HEAD /,
    call: (bucket) => bucket.checkAccess(),
    result: undefined,
    keys: [],
  },
  "GET object": {
    matches: /^GET \/bucket\/t\/a /,
    prepare: (bucket) => bucket.put("t/a", CONTENT),
    call: async (bucket) => (await bucket.get("t/a"))?.content.every((byte) => byte === 7),
    result: true,
    keys: ["t/a"],
  },
  "PUT": {
    matches: /^PUT /,
    call: (bucket) => bucket.put("t/a", CONTENT),
    result: "stored",
    keys: ["t/a"],
  },
  "copy": {
    matches: /^PUT .*x-amz-copy-source/s,
    prepare: (bucket) => bucket.put("t/a", CONTENT),
    call: (bucket) => bucket.copy("t/a", "t/b"),
    result: true,
    keys: ["t/a", "t/b"],
  },
  "DELETE": {
    matches: /^DELETE /,
    prepare: (bucket) => bucket.put("t/a", CONTENT),
    call: (bucket) => bucket.remove("t/a"),
    result: undefined,
    keys: [],
  },
  "bulk deletion": {
    matches: /^POST /,
    prepare: (bucket) => Promise.all(["t/a", "t/b"].map((key) => bucket.put(key, CONTENT))),
    call: (bucket) => bucket.removeAll(["t/a", "t/b"]),
    result: undefined,
    keys: [],
  },
  "listing": {
    matches: /^GET .*list-type/,
    prepare: (bucket) => bucket.put("t/a", CONTENT),
    call: (bucket) => keysOf(bucket, "t/"),
    result: ["t/a"],
    keys: ["t/a"],
  },
};

/** A server, a relay in front of it, and a bucket through it. */
async function withRelay(
  run: (relay: S3Relay, bucket: S3Bucket) => Promise<void>,
): Promise<void> {
  await using server = await S3Server.start({ tls: false });
  using relay = new S3Relay(server);
  await using bucket = openBucket(relay.options);
  await run(relay, bucket);
}

/** Lets a fault happen to the first requests of a kind. */
function faultFirst(relay: S3Relay, matches: RegExp, faults: readonly RelayFault[]): () => number {
  let count = 0;
  relay.fault = ({ head }) => matches.test(head) ? faults[count++] : undefined;
  return () => count;
}

testWithPeers("a cut connection changes the result of no request, wherever it is cut", [
  "versitygw",
], () =>
  withRelay(async (relay, bucket) => {
    for (const [kind, { matches, prepare, call, result, keys }] of Object.entries(KINDS)) {
      for (const cut of PLACES) {
        relay.fault = () => undefined;
        await bucket.removeAll(await keysOf(bucket, "t/"));
        await prepare?.(bucket);
        const count = faultFirst(relay, matches, [{ cut }, { cut }]);
        assertEquals(await call(bucket), result, `${kind}, cut at ${cut}`);
        assertEquals(count() >= 3, true, `${kind}, cut at ${cut}`);
        relay.fault = () => undefined;
        assertEquals(await keysOf(bucket, "t/"), keys, `${kind}, cut at ${cut}`);
      }
    }
  }));

testWithPeers(
  "a conditional write whose answer is lost is known to be there",
  ["versitygw"],
  () =>
    withRelay(async (relay, bucket) => {
      for (const cut of PLACES) {
        faultFirst(relay, /^PUT /, [{ cut }]);
        const isStored = cut.startsWith("answer");
        assertEquals(
          await bucket.put(`c/${cut}`, CONTENT, { ifAbsent: true }),
          isStored ? "exists" : "stored",
          cut,
        );
        assertEquals((await bucket.get(`c/${cut}`))?.content.length, CONTENT.length);
      }
    }),
);

testWithPeers(
  "a request that arrives twice does no harm",
  ["versitygw"],
  () =>
    withRelay(async (relay, bucket) => {
      for (const { matches, prepare, call, result, keys } of Object.values(KINDS)) {
        relay.fault = () => undefined;
        await bucket.removeAll(await keysOf(bucket, "t/"));
        await prepare?.(bucket);
        faultFirst(relay, matches, [{ repeat: true }]);
        assertEquals(await call(bucket), result);
        assertEquals(await keysOf(bucket, "t/"), keys);
      }
      faultFirst(relay, /^PUT /, [{ repeat: true }]);
      assertEquals(await bucket.put("t/twice", CONTENT, { ifAbsent: true }), "exists");
    }),
);

function answer(status: number, body: string, fields = ""): RelayFault {
  return {
    answer: `HTTP/1.1 ${status} Said\r\n${fields}content-length: ${body.length}\r\n\r\n${body}`,
  };
}

function errorAnswer(status: number, code: string, message = "words", fields = ""): RelayFault {
  return answer(
    status,
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    fields,
  );
}

testWithPeers(
  "storms of passing refusals are waited out by every request",
  ["versitygw"],
  () =>
    withRelay(async (relay, bucket) => {
      const storm = [
        errorAnswer(503, "SlowDown"),
        errorAnswer(500, "InternalError"),
        answer(504, "<html>"),
        errorAnswer(429, "TooManyRequests", "words", "retry-after: 0\r\n"),
        answer(502, ""),
        errorAnswer(400, "RequestTimeout"),
        errorAnswer(409, "OperationAborted"),
      ];
      for (const [kind, { matches, prepare, call, result, keys }] of Object.entries(KINDS)) {
        relay.fault = () => undefined;
        await bucket.removeAll(await keysOf(bucket, "t/"));
        await prepare?.(bucket);
        const before = bucket.counts;
        // The answer to a HEAD has no body.
        const count = faultFirst(
          relay,
          matches,
          kind === "HEAD bucket" ? [answer(503, "")] : storm,
        );
        assertEquals(await call(bucket), result, kind);
        assert(count() > 1, kind);
        assertEquals(await keysOf(bucket, "t/"), keys, kind);
        const requests = ({ get, put, post, head, delete: removed }: typeof before) =>
          get + put + post + head + removed;
        // Repeated ones count once; the listing that looked behind it is one more.
        assertEquals(requests(bucket.counts) - requests(before), 2, kind);
      }
      faultFirst(relay, /^PUT /, Array.from({ length: 100 }, () => storm[0]!));
      const error = await assertRejects(() => bucket.put("t/a", CONTENT), ConnectionError);
      assertEquals(
        error.message,
        `cannot write "t/a" (bucket "bucket" at 127.0.0.1:${relay.options.port}): ` +
          "words (SlowDown, status 503) (8 attempts)",
      );
    }),
);

testWithPeers(
  "a pause that a server asks for is kept, and not if it is too long",
  ["versitygw"],
  () =>
    withRelay(async (relay, bucket) => {
      const tomorrow = new Date(Date.now() + 86400_000).toUTCString();
      for (const value of ["86400", tomorrow]) {
        const count = faultFirst(relay, /^PUT /, [answer(429, "", `retry-after: ${value}\r\n`)]);
        await assertRejects(() => bucket.put("t/a", CONTENT), ConnectionError, "status 429");
        assertEquals(count(), 1);
      }
      for (const value of ["1", new Date().toUTCString(), "soon"]) {
        faultFirst(relay, /^PUT /, [answer(503, "", `retry-after: ${value}\r\n`)]);
        assertEquals(await bucket.put("t/a", CONTENT), "stored");
      }
    }),
);

testWithPeers(
  "a refusal is one line that names the way out, at once, and no secret",
  ["versitygw"],
  async () => {
    await using server = await S3Server.start({ tls: false });
    using relay = new S3Relay(server);
    const { accessKey, secretKey } = server.options;
    await using bucket = openBucket(relay.options);
    const cases: readonly [RelayFault, new () => PbsError, string][] = [
      [
        errorAnswer(403, "AccessDenied", "Access Denied"),
        AuthError,
        "no permission: Access Denied",
      ],
      [errorAnswer(403, "InvalidAccessKeyId"), AuthError, "the access key is not known there"],
      [
        errorAnswer(
          403,
          "RequestTimeTooSkewed",
          "words",
          "date: Sun, 29 Nov 2026 20:57:04 GMT\r\n",
        ),
        AuthError,
        "set the clock of this machine",
      ],
      [
        answer(301, "<Error><Code>PermanentRedirect</Code><Region>eu-7</Region></Error>"),
        AuthError,
        'the bucket is in region "eu-7"',
      ],
      [answer(307, "", "x-amz-bucket-region: eu-8\r\n"), AuthError, 'in region "eu-8"'],
      [errorAnswer(507, "InsufficientStorage"), ServerError as never, "the object store is full"],
      [errorAnswer(403, "QuotaExceeded"), ServerError as never, "the object store is full"],
      [errorAnswer(501, "NotImplemented"), ServerError as never, "the quirks skip-if-none-match"],
      [answer(404, "<html>nobody</html>"), PbsError, "not found (status 404)"],
      [answer(413, ""), ServerError as never, "status 413"],
      [
        errorAnswer(400, accessKey, `\u001b[31m${secretKey} ${accessKey}\r\n${"z".repeat(9999)}`),
        ServerError as never,
        "[31m… … zzzz",
      ],
    ];
    const errors: unknown[] = [];
    for (const [fault, type, words] of cases) {
      const count = faultFirst(relay, /^GET /, Array.from({ length: 9 }, () => fault));
      const error = await assertRejects(() => bucket.get("t/a"), type);
      assertEquals(count(), 1, words);
      assert(error.message.includes(words), error.message);
      assert(error.message.startsWith('cannot read "t/a" (bucket "bucket" at 127.0.0.1:'));
      assert(!/\p{Control}/u.test(error.message) && error.message.length < 500, error.message);
      errors.push(error);
    }
    // Echoes all that it was sent.
    relay.fault = ({ head }) => errorAnswer(400, "Echo", head.replaceAll(/[<&]/g, ""));
    errors.push(await assertRejects(() => bucket.get("t/a"), PbsError));
    relay.fault = () => undefined;
    for (const wrong of [{ secretKey: "wrong" }, { accessKey: "nobody" }, { region: "eu-9" }]) {
      await using other = openBucket({ ...relay.options, ...wrong });
      for (const call of [() => other.checkAccess(), () => other.put("a", CONTENT)]) {
        errors.push(await assertRejects(call, AuthError));
      }
    }
    for (const error of errors) {
      const all = Deno.inspect(error, { depth: 9 }) + (error as Error).stack;
      for (const secret of [accessKey, secretKey]) assert(!all.includes(secret), all);
      assert(!/[0-9a-f]{64}/.test(all), all);
    }
  },
);

testWithPeers(
  "a clock that is wrong is said to be, by a real server's answer",
  ["versitygw"],
  async () => {
    await using server = await S3Server.start({ tls: false });
    await using bucket = openBucket(server.options);
    const now = Date.now;
    Date.now = () => now() - 3600_000;
    try {
      await assertRejects(() => bucket.get("a"), AuthError, "set the clock of this machine");
    } finally {
      Date.now = now;
    }
    assertEquals(await bucket.get("a"), undefined);
  },
);

testWithPeers(
  "an expired or unknown certificate is refused at once",
  ["versitygw", "openssl"],
  async () => {
    const { server: certificate, authority: authorities } = await expiredCertificate();
    await using server = await S3Server.start({ certificate });
    const { fingerprint: _, ...options } = server.options;
    await using bucket = openBucket({ ...options, authorities });
    const expired = await assertRejects(() => bucket.get("a"), PbsError);
    assert(
      /^cannot read "a" .*: certificate of .*CERT_HAS_EXPIRED/.test(expired.message),
      expired.message,
    );
    assertEquals(expired.situation?.kind, "untrusted-certificate");
    await using stranger = openBucket({ ...options, fingerprint: "ab".repeat(32) });
    await assertRejects(() => stranger.get("a"), PbsError, "not the expected ab:ab:");
  },
);

testWithPeers("answers that cannot be true end in one line", ["versitygw"], async () => {
  await using server = await S3Server.start({ tls: false });
  using relay = new S3Relay(server);
  await using bucket = openBucket({
    ...relay.options,
    patience: { attempts: 2, firstPauseMs: 1, silenceMs: 500 },
  });
  // For all that is answered: with patience.
  await using patient = openBucket(relay.options);
  await patient.put("t/a", CONTENT);
  const list = (inner: string) => answer(200, `<ListBucketResult>${inner}</ListBucketResult>`);
  const contents = (key: string, rest = "<Size>1</Size>") =>
    `<Contents><Key>${key}</Key><LastModified>2026-11-29T20:57:05Z</LastModified>${rest}</Contents>`;
  const listings = [
    answer(200, ""),
    answer(200, "<html>"),
    answer(200, "<html></html>"),
    answer(200, "<!DOCTYPE a [<!ENTITY a 'b'>]><ListBucketResult>&a;</ListBucketResult>"),
    answer(200, "<a>".repeat(100_000)),
    list(contents("u/a")),
    list(contents("t/a", "<Size>-1</Size>")),
    list(contents("t/a", "<Size>1e3</Size>x<Size>")),
    list("<IsTruncated>true</IsTruncated>"),
    list("<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>"),
    { answer: "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n" },
    { answer: "HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\n" },
    { answer: `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(1000)}\r\n` },
    { answer: "SSH-2.0-OpenSSH\r\n\r\n" },
    // Nothing, or not all of it.
    { answer: "" },
    { answer: "HTTP/1.1 200 OK\r\ncontent-le" },
  ];
  for (const fault of listings) {
    relay.fault = () => fault;
    const error = await assertRejects(() => keysOf(bucket, "t/"), PbsError);
    assert(
      /^cannot list "t\/" \(bucket "bucket" at [^\n]{5,400}$/.test(error.message),
      error.message,
    );
  }
  const wrongLength = (by: number) => (said: string) =>
    said.replace(/content-length: (\d+)/i, (_, length) => `content-length: ${Number(length) + by}`);
  for (
    const change of [wrongLength(1000), (said: string) => said.replace(/content-length.*\r\n/i, "")]
  ) {
    relay.fault = () => ({ change });
    await assertRejects(() => bucket.get("t/a"), PbsError, 'cannot read "t/a"');
  }
  // Nobody stores anything and says nothing of it.
  relay.fault = () => answer(200, "");
  await assertRejects(() => patient.put("t/b", CONTENT), CorruptDataError, "ETag");
  await assertRejects(() => patient.copy("t/a", "t/b"), CorruptDataError, "CopyObjectResult");
  await assertRejects(() => patient.removeAll(["t/a"]), CorruptDataError, "cannot remove objects");
});

testWithPeers(
  "quirks of a server are found",
  ["versitygw"],
  () =>
    withRelay(async (relay, bucket) => {
      const conditional = /^PUT .*if-none-match/s;
      // A server that takes no notice of the field, one that refuses it, one that knows no deletions.
      const stored = answer(200, "", 'etag: "a"\r\n');
      const cases: readonly [RegExp, RelayFault, readonly string[]][] = [
        [conditional, stored, ["skip-if-none-match-header"]],
        [conditional, errorAnswer(501, "NotImplemented"), ["skip-if-none-match-header"]],
        [/^POST /, errorAnswer(405, "MethodNotAllowed"), ["delete-objects-via-delete-object"]],
        [/^POST /, answer(200, "<DeleteResult/>"), ["delete-objects-via-delete-object"]],
        [/^TRACE /, stored, []],
      ];
      for (const [matches, fault, quirks] of cases) {
        relay.fault = ({ head }) => matches.test(head) ? fault : undefined;
        assertEquals(await findQuirks(bucket, "t"), quirks);
        assertEquals(await keysOf(bucket, "t/"), []);
      }
    }),
);

testWithPeers("the beginning of an object is taken from a whole answer, and from no other range", [
  "versitygw",
], async () => {
  await using server = await S3Server.start({ tls: false });
  using relay = new S3Relay(server);
  await using bucket = openBucket({ ...relay.options, patience: { attempts: 2, firstPauseMs: 1 } });
  const answer = (status: string, range: string, body: string) =>
    `HTTP/1.1 ${status}\r\n${range}content-length: ${body.length}\r\n\r\n${body}`;
  relay.fault = () => ({ answer: answer("200 OK", "", "abcdef") });
  const start = await bucket.readStart("a", 2);
  assertEquals(start, { bytes: new TextEncoder().encode("ab"), size: 6 });
  const ranges = ["", "bytes 1-2/6", "bytes 0-2/6", "bytes 0-1/1", "bytes 0-1/*", "bytes 0-1/6x"];
  for (const range of ranges) {
    const header = range === "" ? "" : `content-range: ${range}\r\n`;
    relay.fault = () => ({ answer: answer("206 Partial Content", header, "ab") });
    await assertRejects(() => bucket.readStart("a", 2), CorruptDataError, "range", range);
  }
});
