import { assert, assertEquals } from "@std/assert";
import { movedBytes } from "../../tests/support/moved_bytes.ts";
import { trimText } from "../bytes/mod.ts";
import { parseFields, parseRequestLine } from "./_http1_head.ts";
import { Http1Reader } from "./_http1_reader.ts";

/** Long after all that takes linear time. */
const LATE_MS = 30_000;

Deno.test("a head that comes byte by byte is moved in proportion to its length", async () => {
  const moved = async (length: number) => {
    let sent = 0;
    const bytes = new TextEncoder().encode(`GET / HTTP/1.1\r\nx: ${"y".repeat(length)}\r\n\r\n`);
    const reader = new Http1Reader({
      peer: "a peer",
      read: () => Promise.resolve(bytes.subarray(sent, ++sent)),
      write: () => Promise.resolve(),
      close: () => Promise.resolve(),
      abort: () => {},
    });
    return await movedBytes(() => reader.head(1 << 20));
  };
  const [once, fourTimes] = [await moved(10_000), await moved(40_000)];
  assert(fourTimes < 5 * once, `${once} and ${fourTimes} bytes were moved`);
});

Deno.test("blanks within a field's value take no time", () => {
  // As a pattern with two ways to see a blank this took minutes.
  const startedMs = performance.now();
  const value = `x${" ".repeat(399_000)}x`;
  assertEquals(parseFields([`a: \t${value} \t`]).get("a"), value);
  assertEquals(trimText(" ".repeat(399_000), " "), "");
  assertEquals(parseRequestLine(`GET /${"a".repeat(399_000)} HTTP/1.1`).method, "GET");
  assert(performance.now() - startedMs < LATE_MS);
});
