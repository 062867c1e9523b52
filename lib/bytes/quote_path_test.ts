import { assertEquals } from "@std/assert";
import { quotePath } from "./quote_path.ts";

for (
  const [bytes, quoted] of [
    [[0x62, 0x61, 0x64, 0xff, 0x01], '"bad\\xFF\\u{1}"'],
    [[...'z"q\n\\'].map((c) => c.charCodeAt(0)), '"z\\"q\\n\\\\"'],
    [[..."it's"].map((c) => c.charCodeAt(0)), '"it\'s"'],
    [[0x74, 0x61, 0x62, 0x09, 0xc3, 0xbc], '"tab\\tü"'],
    [[0xc3, 0xbc, 0xc3], '"ü\\xC3"'],
    [[0xff, 0xf0, 0x9f, 0x98, 0x80, 0x80], '"\\xFF😀\\x80"'],
    [[0xed, 0xa0, 0x80], '"\\xED\\xA0\\x80"'],
    [[], '""'],
  ] as const
) {
  Deno.test(`quotePath() writes ${quoted}`, () => {
    assertEquals(quotePath(new Uint8Array(bytes)), quoted);
  });
}
