import { assertEquals } from "@std/assert";
import { readArguments } from "./read_arguments.ts";

function commandLine(...words: number[][]): () => Uint8Array {
  return () => new Uint8Array(words.flatMap((word) => [...word, 0]));
}

Deno.test("readArguments() does not look at the command line if all words are valid", () => {
  const words = readArguments(["a", "ü"], () => {
    throw new Error("not needed");
  });
  assertEquals(words, [{ text: "a" }, { text: "ü" }]);
});

Deno.test("readArguments() takes the last words of the command line", () => {
  const raw = commandLine([0x64], [0x72], [0x61, 0xfe], [], [0x62]);
  assertEquals(readArguments(["a\ufffd", "", "b"], raw), [
    { text: "a\ufffd", bytes: new Uint8Array([0x61, 0xfe]) },
    { text: "" },
    { text: "b" },
  ]);
});

Deno.test("readArguments() leaves a replacement character that was typed alone", () => {
  const raw = commandLine([0xef, 0xbf, 0xbd], [0xff]);
  assertEquals(readArguments(["\ufffd", "\ufffd"], raw), [
    { text: "\ufffd" },
    { text: "\ufffd", bytes: new Uint8Array([0xff]) },
  ]);
});
