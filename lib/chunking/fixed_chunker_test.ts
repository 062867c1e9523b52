import { assertEquals } from "@std/assert";
import { FixedChunker } from "./fixed_chunker.ts";
import { StreamCutter } from "./stream_cutter.ts";

Deno.test("FixedChunker cuts at multiples of the size and leaves a shorter last chunk", () => {
  for (const feed of [1, 7, 10, 25, 100]) {
    const cutter = new StreamCutter(new FixedChunker(10));
    const sizes: number[] = [];
    for (let at = 0; at < 25; at += feed) {
      for (const piece of cutter.push(new Uint8Array(Math.min(feed, 25 - at)))) {
        if (piece.kind === "raw") sizes.push(piece.bytes.length);
      }
    }
    for (const piece of cutter.end()) if (piece.kind === "raw") sizes.push(piece.bytes.length);
    assertEquals(sizes, [10, 10, 5]);
  }
});
