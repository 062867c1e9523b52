import { assertEquals } from "@std/assert";
import { sparseContent } from "./sparse_content.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const numbers = (map: Uint8Array) =>
  new TextDecoder().decode(map).replaceAll("\0", "").trim().split("\n").map(Number);

Deno.test("sparseContent() lists what is between holes, in whole blocks", () => {
  const content = sparseContent(bytes("./d/f"), 10_000, [
    { start: 0, end: 1025 },
    { start: 2000, end: 4000 },
  ]);
  assertEquals(new TextDecoder().decode(content.path), "./d/GNUSparseFile.0/f");
  assertEquals(content.holes, [{ start: 0, end: 1024 }, { start: 2048, end: 3584 }]);
  assertEquals(numbers(content.map), [2, 1024, 1024, 3584, 6416]);
  assertEquals(content.size, 512 + 1024 + 6416);
});

Deno.test("sparseContent() tells where a file ends that ends in a hole", () => {
  const content = sparseContent(bytes("f"), 10_001, [{ start: 600, end: 10_001 }]);
  assertEquals(content.holes, [{ start: 1024, end: 10_001 }]);
  assertEquals(numbers(content.map), [2, 0, 1024, 10_001, 0]);
  assertEquals(content.size, 512 + 1024);
});
