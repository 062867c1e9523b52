import { assertEquals, assertThrows } from "@std/assert";
import { CorruptDataError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import type { PxarEntry } from "../pxar/mod.ts";
import { ContentEvidence, type ContentVerdict } from "./_content_evidence.ts";

/** An index of chunks as `letter:length`; equal letters have equal digests. */
function indexOf(chunks: string): ChunkIndex {
  const list = chunks.split(" ").map((chunk) => chunk.split(":"));
  const ends = list.map((_, i) =>
    list.slice(0, i + 1).reduce((sum, [, size]) => sum + Number(size), 0)
  );
  return {
    kind: "dynamic",
    name: "test.didx",
    chunkCount: list.length,
    size: ends.at(-1)!,
    checksum: new Uint8Array(32),
    digests: { bytes: new Uint8Array(32 * list.length), offset: 0, stride: 32, count: list.length },
    digestAt: (i) => new Uint8Array(32).fill(list[i]![0]!.charCodeAt(0)),
    startOf: (i) => i === 0 ? 0 : ends[i - 1]!,
    endOf: (i) => ends[i]!,
    findChunk: (offset) => {
      const found = ends.findIndex((end) => end > offset);
      return found < 0 ? undefined : found;
    },
  };
}

function compare(
  [before, a, size]: readonly [string, number, number],
  [after, b, sizeAfter = size]: readonly [string, number, number?],
  isComparable = true,
): ContentVerdict {
  const file = (position: number, size: number) =>
    ({
      name: new Uint8Array([0x66]),
      size,
      contentPosition: position,
    }) as unknown as PxarEntry;
  const position = ({ contentPosition }: PxarEntry) => contentPosition;
  return new ContentEvidence(
    { index: indexOf(before), position },
    { index: indexOf(after), position },
    isComparable,
  ).compare(file(a, size), file(b, sizeAfter));
}

Deno.test("contents at the same places of the same chunks are the same, wherever these lie", () => {
  assertEquals(compare(["a:100 b:100", 20, 150], ["x:7 a:100 b:100", 27]), "same");
  assertEquals(compare(["a:100", 0, 0], ["b:50", 9]), "same");
  assertEquals(compare(["a:100", 10, 90], ["a:100", 10]), "same");
});

Deno.test("a chunk that holds nothing else and has another digest proves a difference", () => {
  assertEquals(compare(["a:10 b:50 c:40", 5, 70], ["x:10 y:50 c:40", 5]), "different");
  assertEquals(compare(["a:10 b:50", 10, 50], ["a:10 z:50", 10]), "different");
  assertEquals(compare(["a:10", 0, 5], ["a:10", 0, 6]), "different");
});

Deno.test("what lies in chunks with other files, or cut in another way, is not known", () => {
  assertEquals(compare(["a:100", 20, 50], ["b:100", 20]), "unknown");
  assertEquals(compare(["a:100", 20, 50], ["a:100", 30]), "unknown");
  assertEquals(compare(["a:40 b:60", 0, 100], ["c:50 d:50", 0]), "unknown");
  assertEquals(compare(["a:40 b:60", 0, 100], ["a:40 b:60", 0], false), "unknown");
});

Deno.test("a content beyond the end of its archive is damage", () => {
  assertThrows(() => compare(["a:10", 5, 6], ["a:20", 5]), CorruptDataError, "test.didx");
  assertThrows(() => compare(["a:10", 10, 1], ["a:20", 5]), CorruptDataError, "test.didx");
});
