// deno-lint-ignore-file no-console
import { assertEquals } from "@std/assert";
import { realDatastore, realVectorText } from "../../tests/support/real_datastore.ts";
import { concatBytes, encodeHex } from "../bytes/mod.ts";
import { openKey, parseKeyFile } from "../crypto/mod.ts";
import { type DynamicIndex, parseDynamicIndex } from "../index/mod.ts";
import { ChunkDecoder } from "./chunk_decoder.ts";
import { type ChunkKeys, ChunkPipeline } from "./chunk_pipeline.ts";
import type { ChunkStream } from "./chunk_stream.ts";
import { takeAll, temporaryFile } from "../../tests/support/stream_feeding.ts";

/** Entry of one index in `boundaries.json`. */
interface Boundaries {
  readonly ends: readonly number[];
  readonly average: number;
  readonly kinds?: readonly ("hash" | "suggested" | "forced" | "injected" | "end")[];
}

const PAYLOAD_HEADER_LENGTH = 16;
const SMALL_FILE_BYTES = 64 * 1024;

async function keyOf(index: string): Promise<ChunkKeys | undefined> {
  const name = index.includes("/encp/") ? "scrypt" : index.includes("/enc/") ? "none" : undefined;
  if (name === undefined) return undefined;
  return await openKey(
    parseKeyFile(realVectorText(`keys/${name}.key`)),
    () => new TextEncoder().encode("correct horse"),
  );
}

/** The plain chunks of an index, decoded natively. */
async function plainChunks(index: DynamicIndex, crypt: ChunkKeys | undefined) {
  const store = await realDatastore();
  using decoder = new ChunkDecoder({ crypt });
  const numbers = Array.from({ length: index.chunkCount }, (_, number) => number);
  return await Promise.all(numbers.map(async (number) => {
    const hex = encodeHex(index.digestAt(number));
    const size = index.endOf(number) - index.startOf(number);
    const plain = await decoder.decode(
      { digest: index.digestAt(number), size, encrypted: crypt !== undefined },
      async (buffer) => {
        const blob = await Deno.readFile(`${store}/.chunks/${hex.slice(0, 4)}/${hex}`);
        buffer(blob.length).set(blob);
      },
    );
    const bytes = plain.bytes.slice();
    plain.release();
    return bytes;
  }));
}

/** Replays a payload stream: markers and headers as writes, contents as files, and injections. */
async function replayPayload(
  stream: ChunkStream,
  index: DynamicIndex,
  chunks: readonly Uint8Array[],
  kinds: NonNullable<Boundaries["kinds"]>,
): Promise<void> {
  const raw = concatBytes(chunks.filter((_, number) => kinds[number] !== "injected"));
  const view = new DataView(raw.buffer);
  // Injected chunks by how many raw bytes stand before them.
  const injections = new Map<number, { size: number; digest: Uint8Array }[]>();
  let before = 0;
  chunks.forEach((chunk, number) => {
    if (kinds[number] !== "injected") {
      before += chunk.length;
      return;
    }
    if (!injections.has(before)) injections.set(before, []);
    injections.get(before)!.push({ size: chunk.length, digest: index.digestAt(number) });
  });
  const path = Deno.makeTempFileSync({ dir: "/dev/shm" });
  for (let at = 0; at < raw.length;) {
    const injected = injections.get(at);
    if (injected) stream.injectChunks(stream.position, injected);
    const size = Number(view.getBigUint64(at + 8, true));
    const isFile = at > 0 && at + PAYLOAD_HEADER_LENGTH < raw.length;
    if (isFile) stream.suggestBoundary(stream.position);
    stream.write(raw.subarray(at, at + PAYLOAD_HEADER_LENGTH));
    const content = raw.subarray(at + PAYLOAD_HEADER_LENGTH, at + size);
    if (content.length < SMALL_FILE_BYTES) stream.write(content);
    else stream.splice(temporaryFile(path, content), content.length, 0);
    at += size;
    if (stream.full) await stream.drain();
  }
  await stream.end();
}

Deno.test("the official client's archives are cut and hashed where it did, and its chunks decode", async () => {
  const store = await realDatastore();
  const boundaries: Record<string, Boundaries> = JSON.parse(realVectorText("boundaries.json"));
  let count = 0;
  for (const [path, { ends, average, kinds }] of Object.entries(boundaries)) {
    if (!path.endsWith(".didx")) continue;
    const index = parseDynamicIndex(await Deno.readFile(`${store}/${path}`), path);
    const crypt = await keyOf(path);
    const chunks = await plainChunks(index, crypt);
    using pipeline = new ChunkPipeline({ crypt });
    const stream = pipeline.openStream({
      kind: kinds ? "payload" : "dynamic",
      averageSizeBytes: average,
    });
    const taken = takeAll(stream);
    if (kinds) await replayPayload(stream, index, chunks, kinds);
    else {
      chunks.forEach((chunk) => stream.write(chunk));
      await stream.end();
    }
    const got = await taken;
    assertEquals(got.map((chunk) => chunk.offset + chunk.size), ends, path);
    got.forEach((chunk, number) => assertEquals(chunk.digest, index.digestAt(number).slice()));
    count++;
  }
  console.log(`${count} indexes of the official client`);
});
