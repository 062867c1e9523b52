import { assertEquals, assertThrows } from "@std/assert";
import vectors from "../../tests/vectors/format-vectors.json" with { type: "json" };
import { CorruptDataError } from "../errors/mod.ts";
import { NewMasterKey } from "./master_key.ts";
import { readPaperKey } from "./paper_key.ts";

Deno.test("readPaperKey() shows a key file as JSON that is the same key file", () => {
  for (const { file_text } of vectors.key_files) {
    const { kind, lines } = readPaperKey(file_text, () => 0);
    assertEquals(kind, "key-file");
    assertEquals(JSON.stringify(JSON.parse(lines.join("\n"))), file_text);
  }
  const bare = readPaperKey(
    vectors.key_files.find(({ passphrase }) => passphrase === null)!.file_text,
  );
  assertEquals(bare.lines.join("\n").length, 276);
});

Deno.test("readPaperKey() shows the lines of a private master key without blanks at their ends", async () => {
  const pem = (await NewMasterKey.generate(4096)).protect("correct horse");
  const { kind, lines } = readPaperKey(pem.replaceAll("\n", " \r\n\n"));
  assertEquals([kind, lines.length], ["master-key", pem.trimEnd().split("\n").length]);
  assertEquals(`${lines.join("\n")}\n`, pem);
});

Deno.test("readPaperKey() refuses what is neither, without quoting it", () => {
  const begin = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
  const short = `${begin}AAAA\n-----END ENCRYPTED PRIVATE KEY-----\n`;
  const mixed = `${begin}${"AAAA\n".repeat(30)}-----END RSA PRIVATE KEY-----\n`;
  for (const text of [short, mixed, begin]) {
    assertThrows(() => readPaperKey(text), CorruptDataError, "unexpected key format");
  }
  const others = ["", "hello", "{}", "-----BEGIN PUBLIC KEY-----\n", "x".repeat(70_000)];
  for (const text of others) assertThrows(() => readPaperKey(text), CorruptDataError);
});
