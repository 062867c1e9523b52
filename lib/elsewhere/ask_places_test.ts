import { assertEquals, assertRejects } from "@std/assert";
import { chunkDigest, encodeBlob } from "../blob/mod.ts";
import { ChunkDecoder } from "../chunking/mod.ts";
import { CancelledError, ConnectionError, CorruptDataError, NotFoundError } from "../errors/mod.ts";
import type { ReadChunk, SnapshotSource } from "../repository/mod.ts";
import { askPlaces } from "./ask_places.ts";
import { type ChunkPlace, placeOfSnapshot } from "./chunk_place.ts";

const plain = crypto.getRandomValues(new Uint8Array(5000));
const wanted = { digest: chunkDigest(plain), size: plain.length, encrypted: false };

function placeWith(name: string, blob: Uint8Array): ChunkPlace {
  return {
    name,
    readChunk: (_digest, buffer) => {
      buffer(blob.length).set(blob);
      return Promise.resolve();
    },
  };
}

function placeThatFails(name: string, error: Error): ChunkPlace {
  return { name, readChunk: () => Promise.reject(error) };
}

/** Decodes a chunk as readers do. */
async function take(decoder: ChunkDecoder, read: ReadChunk): Promise<Uint8Array> {
  const chunk = await decoder.decode(wanted, read);
  const bytes = chunk.bytes.slice();
  chunk.release();
  return bytes;
}

Deno.test("askPlaces() takes the first good one, and tells of all that are not", async () => {
  using decoder = new ChunkDecoder();
  const good = await encodeBlob(plain, { compress: true });
  const cut = await encodeBlob(plain.subarray(1), { compress: true });
  const sealed = await encodeBlob(plain, {
    compress: true,
    encryptionKey: new Uint8Array(32).fill(1),
  });
  const [refused, lacking]: [string[], string[]] = [[], []];
  const listener = {
    refused: ({ name }: ChunkPlace) => refused.push(name),
    lacking: ({ name }: ChunkPlace) => lacking.push(name),
  };
  const found = await askPlaces(
    [
      placeThatFails("without it", new NotFoundError("there is none")),
      placeThatFails("unreadable", new CorruptDataError("too long")),
      placeThatFails("far away", new ConnectionError("nobody answers")),
      placeWith("other", cut),
      placeWith("encrypted", sealed),
      placeWith("empty", new Uint8Array()),
      placeWith("huge", new Uint8Array(17 << 20)),
      placeWith("good", good),
      placeWith("never asked", cut),
    ],
    wanted.digest,
    (read) => take(decoder, read),
    listener,
  );
  assertEquals([found?.place.name, found?.value], ["good", plain]);
  assertEquals(refused, ["unreadable", "far away", "other", "encrypted", "empty", "huge"]);
  assertEquals(lacking, ["without it"]);
  const places = [placeWith("other", cut)];
  const none = await askPlaces(places, wanted.digest, (read) => take(decoder, read), listener);
  assertEquals(none, undefined);
});

Deno.test("askPlaces() ends with what says nothing about the chunk", async () => {
  const good = placeWith("good", await encodeBlob(plain, { compress: true }));
  const listener = { refused: () => {} };
  for (const error of [new TypeError("a mistake"), new CancelledError("interrupted")]) {
    const ask = (places: ChunkPlace[], take: (read: ReadChunk) => Promise<void>) =>
      askPlaces(places, wanted.digest, take, listener);
    await assertRejects(() => ask([good], () => Promise.reject(error)), error.constructor);
    const places = [placeThatFails("ended", error), good];
    await assertRejects(
      () => ask(places, (read) => read((length) => new Uint8Array(length))),
      error.constructor,
    );
  }
});

Deno.test("placeOfSnapshot() is not asked any more once its server is gone", async () => {
  let asked = 0;
  const source = {
    readChunk: () => {
      asked++;
      return Promise.reject(new ConnectionError("nobody answers"));
    },
  } as unknown as SnapshotSource;
  const place = placeOfSnapshot("far", source);
  for (let times = 0; times < 3; times++) {
    const read = (read: ReadChunk) => read((length) => new Uint8Array(length));
    await askPlaces([place], wanted.digest, read, { refused: () => {} });
  }
  assertEquals(asked, 1);
});
