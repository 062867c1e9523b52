import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { memoryDuplexPair } from "../duplex/mod.ts";
import { CorruptDataError, ServerError } from "../errors/mod.ts";
import type { OutgoingResponse, RequestHandler } from "../http/mod.ts";
import { serveConnection } from "../http1/mod.ts";
import { GuestClient } from "./guest_client.ts";

const PATH = new TextEncoder().encode("/a.img.fidx/part/1");

/** A client of a guest that answers in its own way. */
function clientOf(handler: RequestHandler): GuestClient {
  return new GuestClient({
    connect: () => {
      const [near, far] = memoryDuplexPair();
      serveConnection(far, handler);
      return Promise.resolve(near);
    },
    ticket: "t-1",
  });
}

function answering(body: OutgoingResponse["body"], status = 200): GuestClient {
  return clientOf(() => ({ status, body: body! }));
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("requests have the forms of the specification (spec: protocol.md §8)", async () => {
  const seen: string[] = [];
  const client = clientOf(({ method, target, headers }) => {
    seen.push(`${method} ${target} ${headers.get("authorization")}`);
    const isStatus = target.includes("status");
    return {
      status: 200,
      body: bytes(isStatus ? '{"data":{"uptime":3,"timeout":597}}' : '{"data":[]}'),
    };
  });
  assertEquals(await client.status(true), { uptime: 3, timeout: 597 });
  await client.status(false);
  assertEquals(await client.list(PATH), []);
  await using _content = await client.extract(PATH, "pxar", true);
  await using _other = await client.extract(PATH, undefined, false);
  await client.stop();
  const path = encodeURIComponent(btoa("/a.img.fidx/part/1"));
  assertEquals(seen, [
    "GET /api2/json/status?keep-timeout=true t-1",
    "GET /api2/json/status t-1",
    `GET /api2/json/list?path=${path} t-1`,
    `GET /api2/json/extract?path=${path}&format=pxar&zstd=true t-1`,
    `GET /api2/json/extract?path=${path} t-1`,
    "GET /api2/json/stop t-1",
  ]);
});

Deno.test("entries of a list are checked, and what is not known of them is left out", async () => {
  const entry = { filepath: "YQ==", text: "a", type: "f", leaf: true, size: 1, mtime: -5 };
  const list = (items: unknown) => answering(bytes(JSON.stringify({ data: items }))).list(PATH);
  assertEquals(await list([{ ...entry, other: 1 }, { ...entry, size: null }]), [
    entry,
    { filepath: "YQ==", text: "a", type: "f", leaf: true, mtime: -5 },
  ] as never);
  for (
    const wrong of [
      {},
      "x",
      [null],
      [[]],
      [{ ...entry, type: "x" }],
      [{ ...entry, text: 1 }],
      [{ ...entry, filepath: undefined }],
      [{ ...entry, leaf: "no" }],
      [{ ...entry, size: -1 }],
      [{ ...entry, mtime: 1e300 }],
    ]
  ) {
    await assertRejects(() => list(wrong), CorruptDataError);
  }
});

Deno.test("answers that are none, or refuse, end in words", async () => {
  await assertRejects(() => answering(bytes("{")).list(PATH), CorruptDataError, "not JSON");
  await assertRejects(
    () => answering(bytes('{"data":{"uptime":"x"}}')).status(true),
    CorruptDataError,
    "malformed",
  );
  const refused = answering(bytes("no such thing"), 400);
  await assertRejects(() => refused.list(PATH), ServerError, "no such thing");
  await assertRejects(() => refused.extract(PATH, "tar", false), ServerError, "no such thing");
});

Deno.test("a list without end is given up, and its guest with it", async () => {
  let sent = 0;
  async function* endless() {
    yield bytes('{"data":[');
    const piece = new Uint8Array(1 << 20).fill(0x20);
    for (;;) {
      sent += piece.length;
      yield await Promise.resolve(piece);
    }
  }
  const error = await assertRejects(() => answering(endless()).list(PATH), CorruptDataError);
  assertStringIncludes(error.message, "larger than");
  const given = sent;
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(sent - given <= 4 << 20, true);
});

Deno.test("an extraction that breaks off is no success", async () => {
  async function* broken() {
    yield await Promise.resolve(bytes("some"));
    throw new Error("the disk is gone");
  }
  await using content = await answering(broken()).extract(PATH, "plain", false);
  await assertRejects(() => content.body.bytes(100), Error, "the disk is gone");
});
