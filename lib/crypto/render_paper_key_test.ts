import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeQrCode, qrCodeToSvg, qrCodeToText } from "./_qr_code.ts";
import { paperKeyToHtml, paperKeyToText } from "./render_paper_key.ts";

const MASTER = Array.from({ length: 54 }, (_, index) => `line ${index}`);

Deno.test("a QR code of blocks and one of paths show the same modules", () => {
  const modules = encodeQrCode("hello\nworld");
  const rows = qrCodeToText(modules).trimEnd().split("\n").flatMap((line) => {
    const blocks = [...line.padEnd(modules.length)];
    return [blocks.map((b) => b === "▀" || b === "█"), blocks.map((b) => b === "▄" || b === "█")];
  }).slice(0, modules.length);
  assertEquals(rows, modules.map((row) => [...row]));
  const drawn = modules.map((row) => row.map(() => false));
  for (const [, x, y, width] of qrCodeToSvg(modules).matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    drawn[Number(y)]!.fill(true, Number(x), Number(x) + Number(width));
  }
  assertEquals(drawn, modules.map((row) => [...row]));
  assertEquals(modules.length, 21, "the smallest version, no quiet zone");
});

Deno.test("the text of a master key has numbered blocks of five lines, each with a code", async () => {
  const text = await paperKeyToText({ kind: "master-key", lines: MASTER }, "me");
  assert(text.startsWith("Subject: me\n\n 0: line 0\n 1: line 1\n"));
  const blocks = text.split("\n\n\f\n");
  assertEquals([blocks.length, blocks.at(-1)], [12, ""]);
  assertEquals(blocks[10]!.split("\n").slice(0, 4), [50, 51, 52, 53].map((n) => `${n}: line ${n}`));
});

Deno.test("the page of a master key has a picture for every twenty lines and a page for each", async () => {
  const page = await paperKeyToHtml({ kind: "master-key", lines: MASTER });
  assertEquals(page.match(/<img\n/g)!.length, 3);
  assertEquals(page.match(/page-break-after: always/g)!.length, 3);
  assertStringIncludes(page, "\n00: line 0\n01: line 1\n");
  for (const [, data] of page.matchAll(/base64,([^"]*)"/g)) {
    assertEquals(data!.includes("="), false);
    const svg = Uint8Array.fromBase64(data!.padEnd(Math.ceil(data!.length / 4) * 4, "="));
    assertStringIncludes(new TextDecoder().decode(svg), "<svg ");
  }
});

Deno.test("nothing of subject or key is taken for markup", async () => {
  const lines = ["{", '  "hint": "<script>&"', "}"];
  const page = await paperKeyToHtml({ kind: "key-file", lines }, "my <subject> & more");
  assertStringIncludes(page, "<p>Subject: my &lt;subject&gt; &amp; more</p>\n");
  assertStringIncludes(page, '"hint": "&lt;script&gt;&amp;"');
  assertEquals(page.includes("<script"), false);
});
