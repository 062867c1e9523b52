import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatTimestamp, localZone, parseTimestamp } from "./timestamp.ts";

Deno.test("formatTimestamp() shows the zone as numeric offset, never as Z", () => {
  const forms: [number, number, string][] = [
    [1700000000, 0, "2023-11-14T22:13:20+00:00"],
    [1700000000, 60, "2023-11-14T23:13:20+01:00"],
    [1700000000, 330, "2023-11-15T03:43:20+05:30"],
    [1700000000, -210, "2023-11-14T18:43:20-03:30"],
    [-62167219200, 0, "0000-01-01T00:00:00+00:00"],
    [253402300799, 0, "9999-12-31T23:59:59+00:00"],
  ];
  for (const [seconds, minutes, text] of forms) {
    assertEquals(formatTimestamp(seconds, () => minutes), text);
    assertEquals(parseTimestamp(text), seconds);
  }
  assertThrows(() => formatTimestamp(253402300800, () => 0), RangeError);
  assertThrows(() => formatTimestamp(1e18, () => 0), RangeError);
});

Deno.test("parseTimestamp() reverses formatTimestamp() in every zone", () => {
  const seconds = fc.integer({ min: 0, max: 200_000_000_000 });
  fc.assert(fc.property(seconds, fc.integer({ min: -840, max: 840 }), (seconds, minutes) => {
    assertEquals(parseTimestamp(formatTimestamp(seconds, () => minutes)), seconds);
    assertEquals(parseTimestamp(formatTimestamp(seconds, localZone)), seconds);
  }));
});

Deno.test("parseTimestamp() accepts Z and refuses fractions, other forms and false dates", () => {
  assertEquals(parseTimestamp("1970-01-01T00:00:01Z"), 1);
  assertEquals(parseTimestamp("2024-02-29T00:00:00Z"), 1709164800);
  assertEquals(parseTimestamp("2016-12-31T23:59:60Z"), 1483228800);
  for (
    const text of [
      "",
      "2023-11-14T22:13:20",
      "2023-11-14T22:13:20.000Z",
      "2023-11-14 22:13:20Z",
      "2023-11-14T22:13:20+0000",
      "2023-11-14T22:13:20+00:00 ",
      "2023-02-29T00:00:00Z",
      "2023-00-01T00:00:00Z",
      "2023-13-01T00:00:00Z",
      "2023-11-31T00:00:00Z",
      "2023-11-14T24:00:00Z",
      "2023-11-14T22:60:00Z",
      "2023-11-14T22:13:61Z",
      "٢٠٢٣-11-14T22:13:20Z",
    ]
  ) {
    assertThrows(() => parseTimestamp(text), SyntaxError, "RFC 3339");
  }
});
