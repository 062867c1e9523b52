import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { attachmentField } from "./_attachment_field.ts";
import { formatEntryKey, formatEntryPath, parseEntryPath } from "./_entry_path.ts";
import { parseByteRange } from "./_byte_range.ts";
import { nameText } from "./_describe_entry.ts";

Deno.test("attachmentField() makes a field of every name, which ends no line and leaves no quotes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (name) => {
    const [, value] = attachmentField(nameText(name));
    assertMatch(value, /^attachment; filename="[^"\r\n\\/%]*"; filename\*=UTF-8''[!-~]*$/);
    const encoded = value.slice(value.indexOf("''") + 2);
    assert(!/[\p{Cc}\p{Cf}/\\]/u.test(decodeURIComponent(encoded)));
  }));
  const [, turned] = attachmentField("\u{1f600}\u202etxt.exe");
  assertMatch(turned, /''%F0%9F%98%80_txt\.exe$/);
});

Deno.test("formatEntryPath() and parseEntryPath() carry every name that an entry can have", () => {
  const name = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) =>
    bytes.map((byte) => byte === 0 || byte === 0x2f || byte === 0x2e ? 0xff : byte)
  );
  fc.assert(fc.property(fc.array(name, { maxLength: 5 }), (names) => {
    const path = names.map(formatEntryKey).join("/");
    const bytes = parseEntryPath(path);
    assertEquals(formatEntryPath(bytes), path);
    const separators = Math.max(0, names.length - 1);
    const length = names.reduce((sum, { length }) => sum + length, separators);
    assertEquals(bytes.length, length);
  }));
});

Deno.test("parseByteRange() never leads out of the content", () => {
  const number = fc.option(fc.nat(30), { nil: "" });
  fc.assert(fc.property(number, number, fc.nat(20), (first, last, size) => {
    const range = parseByteRange(`bytes=${first}-${last}`, size);
    if (range === undefined || range === "unsatisfiable") return;
    assert(range.start >= 0 && range.start < range.end && range.end <= size);
  }));
});
