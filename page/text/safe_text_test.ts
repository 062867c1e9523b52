import { assertEquals } from "@std/assert";
import { safeParts, safeText } from "./safe_text.ts";

Deno.test("names are shown as they are, whatever script they are in", () => {
  for (const name of ["readme.md", "<b>", "für", "日本語", "👩‍🚀".replace("\u200d", "")]) {
    assertEquals(safeParts(name), [{ text: name }]);
  }
});

Deno.test("what cannot be seen, or turns text around, becomes an escape that says so", () => {
  assertEquals(safeText("a\nb\tc\x1b[31m"), "a\\nb\\tc\\e[31m");
  assertEquals(safeText("photo\u202egnp.exe"), "photo\\u{202E}gnp.exe");
  assertEquals(safeText("zero\u200bwidth"), "zero\\u{200B}width");
  assertEquals(safeParts("x\u2066y"), [
    { text: "x" },
    { text: "\\u{2066}", meaning: "character U+2066" },
    { text: "y" },
  ]);
  assertEquals(safeParts("\ufffd")[0]?.meaning, "a byte that is no UTF-8");
  assertEquals(safeText("tag\u{e0041}"), "tag\\u{E0041}");
});

Deno.test("blanks at the ends of a name are marked, and those in it are not", () => {
  assertEquals(safeParts(" a b "), [
    { text: " ", meaning: "blank" },
    { text: "a b" },
    { text: " ", meaning: "blank" },
  ]);
  assertEquals(safeParts("  "), [{ text: "  ", meaning: "blank" }]);
  assertEquals(safeParts(""), [{ text: "" }]);
});
