import { assertEquals } from "@std/assert";
import { parseTimeSpan } from "./parse_time_span.ts";

Deno.test("parseTimeSpan() takes seconds, and numbers with units, the longest first", () => {
  const spans: Record<string, number | undefined> = {
    "0": 0,
    "007": 7,
    "0s": 0,
    "10s": 10,
    "5m": 300,
    "1d5m": 86700,
    "1d2h3m4s": 93784,
    "3153600000": 3153600000,
    "": undefined,
    "s": undefined,
    "-1": undefined,
    "1.5h": undefined,
    "5m1d": undefined,
    "1h 5m": undefined,
    "10S": undefined,
    "99999999999": undefined,
    "9999999d": undefined,
    ["1".repeat(100_000)]: undefined,
  };
  for (const [text, seconds] of Object.entries(spans)) {
    assertEquals(parseTimeSpan(text), seconds, text.slice(0, 20));
  }
});
