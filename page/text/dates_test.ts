import { assertEquals } from "@std/assert";
import { formatAge, formatDuration, formatSpan, formatUtc } from "./dates.ts";

Deno.test("spans are told in their largest unit", () => {
  const spans: readonly (readonly [number, string])[] = [
    [30, "less than a minute"],
    [60, "1 minute"],
    [3 * 3600, "3 hours"],
    [36 * 3600, "36 hours"],
    [48 * 3600, "2 days"],
    [400 * 86400, "1 year"],
  ];
  for (const [seconds, text] of spans) assertEquals(formatSpan(seconds), text);
});

Deno.test("an age tells what is ahead, too", () => {
  assertEquals(formatAge(1000, 1010), "just now");
  assertEquals(formatAge(1000, 1000 + 7200), "2 hours ago");
  assertEquals(formatAge(1000 + 7200, 1000), "2 hours ahead");
});

Deno.test("durations have two units", () => {
  const durations: readonly (readonly [number, string])[] = [
    [-1, "0 s"],
    [59.4, "59 s"],
    [90, "1 min 30 s"],
    [7500, "2 h 5 min"],
    [3 * 86400, "3 days"],
  ];
  for (const [seconds, text] of durations) assertEquals(formatDuration(seconds), text);
});

Deno.test("times that no date can hold are shown as seconds", () => {
  assertEquals(formatUtc(0), "1970-01-01T00:00:00Z");
  assertEquals(formatUtc(2 ** 60), `${2 ** 60} s`);
});
