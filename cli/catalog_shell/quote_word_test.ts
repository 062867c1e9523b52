import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { argumentBytes } from "../arguments/argument.ts";
import { type QuoteStyle, quoteStyleOf, quoteWord } from "./quote_word.ts";
import { splitLine } from "./split_line.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const style = fc.constantFrom<QuoteStyle>("", "'", '"', "$'");
const name = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 20 }),
  fc.array(fc.constantFrom("a", " ", "'", '"', "\\", "$", "[", "]", "\n", "é", "x41", "#", "`"), {
    minLength: 1,
    maxLength: 12,
  }).map((parts) => encode(parts.join(""))),
);

Deno.test("a word that was quoted is one word again, whatever it is", () => {
  fc.assert(fc.property(name, style, fc.boolean(), (bytes, quote, isComplete) => {
    const word = quoteWord(bytes, quote, isComplete);
    const { words, current, currentAt } = splitLine(encode(`ls ${word}`));
    assertEquals([words.length, currentAt], [1, 3]);
    assertEquals(new Uint8Array(argumentBytes(current!)), new Uint8Array(bytes), word);
  }));
});

Deno.test("a complete word is followed by the next one", () => {
  fc.assert(fc.property(name, style, (bytes, quote) => {
    const { words, isOpen } = splitLine(encode(`${quoteWord(bytes, quote, true)} b `));
    assertEquals([words.length, isOpen], [2, false]);
    assertEquals(new Uint8Array(argumentBytes(words[0]!)), new Uint8Array(bytes));
  }));
});

Deno.test("a word goes on in the quotes that it begins with", () => {
  for (
    const [typed, expected] of [
      ["a", "a\\ b\\'c"],
      ["'a", "'a b'\\''c'"],
      ['"a', '"a b\'c"'],
      ["$'a", "$'a b\\'c'"],
    ] as const
  ) assertEquals(quoteWord(encode("a b'c"), quoteStyleOf(typed), true), expected);
});
