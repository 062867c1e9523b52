import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../lib/errors/mod.ts";
import { pipedLines } from "./piped_lines.ts";

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
}

Deno.test("pipedLines() puts lines together, however they come", async () => {
  for (
    const [texts, expected] of [
      [["a\nbc\n\nd"], ["a", "bc", "", "d"]],
      [["a", "b", "\n", "c\nd\n"], ["ab", "c", "d"]],
      [[], []],
      [["\n"], [""]],
    ] as const
  ) {
    const lines = await Array.fromAsync(pipedLines(pieces(...texts)));
    assertEquals(lines.map((line) => new TextDecoder().decode(line)), [...expected]);
  }
});

Deno.test("pipedLines() does not collect a line without end", async () => {
  async function* endless() {
    for (;;) yield await Promise.resolve(new Uint8Array(64 * 1024).fill(0x61));
  }
  await assertRejects(() => Array.fromAsync(pipedLines(endless())), UsageError, "too long");
});
