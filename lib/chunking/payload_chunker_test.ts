// deno-lint-ignore-file no-console
import { assertEquals } from "@std/assert";
import { chunkerVectors } from "../../tests/support/chunker_vectors.ts";
import { PayloadChunker } from "./payload_chunker.ts";
import { type CutPiece, StreamCutter } from "./stream_cutter.ts";
import { vectorInput } from "../../tests/support/vector_input.ts";

Deno.test("payload streams are cut at suggested boundaries where the vectors say", async () => {
  const { payload_vectors: vectors } = await chunkerVectors();
  for (const vector of vectors) {
    const chunker = new PayloadChunker(vector.avg);
    vector.suggestions.forEach((offset) => chunker.suggest(offset));
    const pieces = feed(new StreamCutter(chunker), vectorInput(vector.input), vector.feed);
    const ends = pieces.map((piece) =>
      piece.offset + (piece.kind === "raw" ? piece.bytes.length : 0)
    );
    assertEquals(ends, vector.ends, vector.name);
  }
  console.log(`${vectors.length} vectors of suggested boundaries`);
});

Deno.test("payload streams are cut at forced boundaries where the vectors say", async () => {
  const { injection_vectors: vectors } = await chunkerVectors();
  for (const vector of vectors) {
    const chunker = new PayloadChunker(vector.avg);
    vector.suggestions.forEach((offset) => chunker.suggest(offset));
    const cutter = new StreamCutter(chunker);
    vector.injections.forEach((injection) => cutter.inject(injection));
    const got = feed(cutter, vectorInput(vector.input), vector.feed).map((piece) =>
      piece.kind === "raw" ? `raw ${piece.bytes.length}` : `inject ${piece.injection.size}`
    );
    const expected = vector.items.flatMap((item) => [
      ...(item.raw > 0 ? [`raw ${item.raw}`] : []),
      ...(item.then_inject === undefined ? [] : [`inject ${item.then_inject}`]),
    ]);
    assertEquals(got, expected, vector.name);
  }
  console.log(`${vectors.length} vectors of forced boundaries`);
});

function feed(cutter: StreamCutter, data: Uint8Array, size: number): CutPiece[] {
  const pieces: CutPiece[] = [];
  for (let at = 0; at < data.length; at += size) {
    pieces.push(...cutter.push(data.subarray(at, at + size)));
  }
  pieces.push(...cutter.end());
  return pieces;
}
