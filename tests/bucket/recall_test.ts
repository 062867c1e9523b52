import { assertEquals } from "@std/assert";
import { encodeBlob } from "../../lib/blob/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { withBucketRepository } from "../support/bucket_world.ts";
import { chunkListOf } from "../support/chunk_list_of.ts";
import { makeChunk } from "../support/target_conformance.ts";

Deno.test("chunks of an interrupted backup are taken over by the beginnings of their objects", () =>
  withBucketRepository(async (repository, { objects }) => {
    const { chunks: store } = repository.datastore;
    const chunks = await Promise.all(
      Array.from({ length: 20 }, (_, byte) => makeChunk(byte + 1, 5000)),
    );
    // Half of them have their content here, which says nothing about the bucket.
    for (const [i, { digest, blob }] of chunks.slice(0, 19).entries()) {
      await store.insert(digest, blob, { noCache: i % 2 === 0 });
    }
    const keyOf = (i: number) => {
      const name = encodeHex(chunks[i]!.digest);
      return `store/.chunks/${name.slice(0, 4)}/${name}`;
    };
    // What people and bad servers do to objects.
    await objects.remove(keyOf(0));
    await objects.remove(keyOf(1));
    await objects.put(keyOf(2), chunks[2]!.blob.subarray(0, 20));
    await objects.put(keyOf(3), new Uint8Array());
    await objects.put(keyOf(4), new Uint8Array(chunks[4]!.blob.length));
    // Of the length of the one that was sent, and encrypted.
    const encryptionKey = new Uint8Array(32);
    const { length } = chunks[5]!.blob;
    const secret = await encodeBlob(new Uint8Array(5000), { compress: false, encryptionKey });
    await objects.put(keyOf(5), secret.subarray(0, length));
    const snapshot = { type: "host" as const, id: "web", time: 100 };
    const target = await repository.beginBackup({ namespace: "", snapshot });
    const requests: string[] = [];
    objects.onRequest = (request) => void requests.push(request);
    const found = await target.recallChunks!(chunkListOf(...chunks), false);
    const expected = chunks.slice(6, 19).map(({ digest }) => encodeHex(digest)).join("");
    assertEquals(encodeHex(found), expected);
    // No content moves, and of what is not known here nothing is asked.
    assertEquals(requests, Array.from({ length: 19 }, () => "readStart"));
    const encrypted = await target.recallChunks!(chunkListOf(...chunks), true);
    assertEquals(encodeHex(encrypted), length > 44 ? encodeHex(chunks[5]!.digest) : "");
    objects.onRequest = () => {};
    await target.abort();
  }));
