import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatDate } from "./format_date.ts";
import { formatDuration } from "./format_duration.ts";
import { formatSize } from "./format_size.ts";

Deno.test("formatSize() follows the table of the specification", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [9000, "8.789 KiB"],
    [10000000, "9.537 MiB"],
    [1073741824, "1 GiB"],
    [1181745152, "1.101 GiB"],
    [10000000000000, "9.095 TiB"],
  ];
  for (const [bytes, text] of cases) assertEquals(formatSize(bytes), text);
});

Deno.test("formatDuration() follows the table of the specification", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [0.04, "<0.1s"],
    [5.04, "5s"],
    [59.97, "60s"],
    [60.02, "1m"],
    [65.25, "1m 5.3s"],
    [3661.5, "1h 1m 1.5s"],
    [90061, "1d 1h 1m 1s"],
  ];
  for (const [seconds, text] of cases) assertEquals(formatDuration(seconds), text);
});

Deno.test("formatDuration() tells about the duration it was given", () => {
  const lengths: Record<string, number> = {
    y: 365.25 * 86400,
    M: 30.44 * 86400,
    w: 604800,
    d: 86400,
    h: 3600,
    m: 60,
    s: 1,
  };
  fc.assert(fc.property(fc.double({ min: 0.1, max: 1e9, noNaN: true }), (seconds) => {
    const read = formatDuration(seconds).split(" ").map((part) =>
      Number(part.slice(0, -1)) * lengths[part.at(-1)!]!
    ).reduce((sum, part) => sum + part, 0);
    assertEquals(Math.abs(read - seconds) <= 0.1 + 1e-6, true, `${seconds}: ${read}`);
  }));
});

Deno.test("formatDate() is ctime in the local zone, the day padded with a blank", () => {
  const date = new Date(2026, 2, 5, 2, 0, 1);
  assertEquals(formatDate(date.getTime() / 1000), "Thu Mar  5 02:00:01 2026");
  assertEquals(formatDate(date.getTime() / 1000 + 0.9), "Thu Mar  5 02:00:01 2026");
});
