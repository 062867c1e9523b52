// deno-lint-ignore-file no-console
import { assertEquals } from "@std/assert";
import { createHash, hash } from "node:crypto";
import { BUZHASH_TABLE } from "./buzhash_table.ts";
import { chunkerVectors } from "../../tests/support/chunker_vectors.ts";
import { RollingHashChunker } from "./rolling_hash_chunker.ts";
import { StreamCutter } from "./stream_cutter.ts";
import { vectorInput } from "../../tests/support/vector_input.ts";

/** End offsets of the chunks of a stream that comes in pieces of `feed` bytes. */
function cutEnds(data: Uint8Array, averageSizeBytes: number, feed: number): number[] {
  const cutter = new StreamCutter(new RollingHashChunker(averageSizeBytes));
  const pieces = [];
  for (let at = 0; at < data.length; at += feed) {
    pieces.push(...cutter.push(data.subarray(at, at + feed)));
  }
  pieces.push(...cutter.end());
  return pieces.map((piece) => {
    if (piece.kind !== "raw") throw new Error("nothing was injected");
    return piece.offset + piece.bytes.length;
  });
}

Deno.test("the buzhash table passes the three checks of the format", async () => {
  const check = (await chunkerVectors()).buzhash_table_check;
  assertEquals(BUZHASH_TABLE.length, check.entries);
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  BUZHASH_TABLE.forEach((entry, index) => view.setUint32(index * 4, entry, true));
  assertEquals(hash("sha256", bytes), check.sha256_of_entries_as_u32_le);
  assertEquals(BUZHASH_TABLE.reduce((sum, entry) => (sum ^ entry) >>> 0), check.xor_of_all_entries);
  assertEquals(BUZHASH_TABLE.reduce((sum, entry) => (sum + entry) >>> 0), check.sum_mod_2_32);
});

Deno.test("the hash has the traced value after each number of bytes", async () => {
  const trace = (await chunkerVectors()).rolling_hash_trace;
  const data = vectorInput(trace.input);
  const chunker = new RollingHashChunker(trace.avg);
  let at = 0;
  for (const value of trace.values) {
    assertEquals(chunker.scan(data.subarray(at, value.bytes)), 0);
    assertEquals(chunker.hash, value.h, `after ${value.bytes} bytes`);
    at = value.bytes;
  }
  console.log(`${trace.values.length} values of the hash trace`);
});

Deno.test("streams are cut where the vectors say, whatever the pieces", async () => {
  const { vectors } = await chunkerVectors();
  for (const vector of vectors) {
    const data = vectorInput(vector.input);
    assertEquals(hash("sha256", data), vector.input_sha256, vector.name);
    for (const feed of data.length > 1 << 24 ? [1048576] : [997, 65536, 1 << 30]) {
      assertEquals(cutEnds(data, vector.avg, feed), vector.ends, `${vector.name}, ${feed}`);
    }
    const checksum = createHash("sha256");
    let start = 0;
    vector.ends.forEach((end, index) => {
      const digest = hash("sha256", data.subarray(start, end), "buffer");
      const place = new Uint8Array(8);
      new DataView(place.buffer).setBigUint64(0, BigInt(end), true);
      checksum.update(place).update(digest);
      const expected = vector.chunk_sha256?.[index] ??
        (index === 0 ? vector.first_chunk_sha256 : undefined);
      if (expected !== undefined) assertEquals(digest.toString("hex"), expected);
      start = end;
    });
    assertEquals(checksum.digest("hex"), vector.didx_csum, vector.name);
  }
  console.log(`${vectors.length} vectors of the rolling hash`);
});

Deno.test("a cut resets the chunker so that the next chunk starts afresh", () => {
  const chunker = new RollingHashChunker(1024);
  const zeros = new Uint8Array(4096);
  assertEquals(chunker.scan(zeros), 4096);
  assertEquals(chunker.hash, 0);
  assertEquals(chunker.scan(zeros.subarray(0, 4095)), 0);
  assertEquals(chunker.scan(zeros), 1);
});
