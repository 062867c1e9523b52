import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ValueType } from "../command.ts";
import { checkValue } from "./check_value.ts";
import { parseByteSize } from "../../lib/bytes/mod.ts";

function refusal(type: ValueType, text: string): string | undefined {
  const checked = checkValue(type, { text });
  return "refusal" in checked ? checked.refusal : undefined;
}

Deno.test("checkValue() takes decimal integers of 64 bits", () => {
  const type = { kind: "integer" } as const;
  assertEquals(checkValue(type, { text: "-0012" }), { value: -12 });
  assertEquals(refusal(type, ""), "cannot parse integer from empty string");
  for (const text of ["1.5", "0x10", " 5", "5 ", "+", "-", "1_0", "٣"]) {
    assertEquals(refusal(type, text), "invalid digit found in string", text);
  }
  assertEquals(refusal(type, "9223372036854775807"), undefined);
  assertEquals(
    refusal(type, "9223372036854775808"),
    "number too large to fit in target type",
  );
  assertEquals(
    refusal(type, "-9223372036854775809"),
    "number too small to fit in target type",
  );
  const limited = { kind: "integer", minimum: 1, maximum: 10 } as const;
  assertEquals(refusal(limited, "11"), "value must have a maximum value of 10 (got 11)");
  assertEquals(
    refusal(limited, "9223372036854775807"),
    "value must have a maximum value of 10 (got 9223372036854775807)",
  );
});

Deno.test("checkValue() reads back every safe integer", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (number) => {
    assertEquals(checkValue({ kind: "integer" }, { text: String(number) }), { value: number });
  }));
});

Deno.test("checkValue() counts characters, not code units", () => {
  const type = { kind: "string", minLength: 2, maxLength: 3 } as const;
  assertEquals(refusal(type, "😀"), "value must be at least 2 characters long");
  assertEquals(refusal(type, "😀😀😀"), undefined);
  assertEquals(refusal(type, "abcd"), "value may only be 3 characters long");
});

Deno.test("parseByteSize() follows the table of the specification", () => {
  const sizes: [string, number][] = [
    ["500", 500],
    ["500B", 500],
    ["500 b", 500],
    ["10MB", 10_000_000],
    ["10m", 10_000_000],
    ["10 M", 10_000_000],
    ["10MiB", 10_485_760],
    ["10Mi", 10_485_760],
    ["1.5k", 1500],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1000],
    ["+5", 5],
    ["5  ", 5],
    ["1  KiB", 1024],
    ["0", 0],
  ];
  for (const [text, bytes] of sizes) assertEquals(parseByteSize(text), bytes, text);
  assertEquals(parseByteSize("-1"), "byte size may not be negative");
  for (
    const text of ["fast", "10MI", "1E", "1.5.1", "1_000", "1,5", "5 %", "", " 5", "inf", "nan"]
  ) {
    assertEquals(parseByteSize(text), "invalid float literal", text);
  }
});
