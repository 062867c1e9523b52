import { assertEquals } from "@std/assert";
import { formatShare, formatSize } from "./sizes.ts";

Deno.test("sizes have binary units and three digits", () => {
  const sizes: readonly (readonly [number, string])[] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "0.98 KiB"],
    [1024, "1.00 KiB"],
    [10 * 1024, "10.0 KiB"],
    [1023 * 1024, "1.00 MiB"],
    [123.4 * 1024 ** 3, "123 GiB"],
    [2 ** 70, "1024 EiB"],
  ];
  for (const [bytes, text] of sizes) assertEquals(formatSize(bytes), text);
});

Deno.test("a share is 0 or 100 percent only if it is", () => {
  const shares: readonly (readonly [number, string])[] = [
    [0, "0 %"],
    [0.0001, "<1 %"],
    [0.5, "50 %"],
    [0.999, ">99 %"],
    [1, "100 %"],
  ];
  for (const [share, text] of shares) assertEquals(formatShare(share), text);
});
