import { constants, zstdCompressSync } from "node:zlib";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { concatBytes, decodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { compressZstd, decompressZstd, statedPlainSize } from "./zstd.ts";

const TEXT = new TextEncoder().encode("one frame after the other ".repeat(50));

/** Data that the zstd program has compressed from a pipe. */
async function zstdProgram(data: Uint8Array, ...args: string[]): Promise<Uint8Array> {
  const child = new Deno.Command("zstd", { args: ["-c", ...args], stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(data as Uint8Array<ArrayBuffer>);
  await writer.close();
  return new Uint8Array((await child.output()).stdout);
}

Deno.test("decompressZstd() reads frames without content size, with checksum, of any level", async () => {
  const data = crypto.getRandomValues(new Uint8Array(60_000)).map((byte) => byte & 3);
  for (const args of [["-1"], ["-19", "--check"], ["--no-check"], ["--ultra", "-22"]]) {
    const frame = await zstdProgram(data, ...args);
    assertEquals(decompressZstd(frame, data.byteLength, "test"), data);
    assertThrows(
      () => decompressZstd(frame, data.byteLength - 1, "test"),
      CorruptDataError,
      "test is larger than 59999 bytes",
    );
  }
});

Deno.test("decompressZstd() reads several frames and steps over skippable ones", () => {
  const frame = compressZstd(TEXT);
  const skippable = concatBytes([decodeHex("5a2a4d1803000000"), new Uint8Array(3)]);
  const all = concatBytes([skippable, frame, skippable, frame]);
  const plain = decompressZstd(all, 2 * TEXT.byteLength, "test");
  assertEquals(plain, concatBytes([TEXT, TEXT]));
  assertThrows(() => decompressZstd(all, 2 * TEXT.byteLength - 1, "test"), CorruptDataError);
  assertThrows(() => decompressZstd(skippable, 100, "test"), CorruptDataError, "no zstd frame");
});

Deno.test("decompressZstd() refuses every prefix and anything after the last frame", () => {
  const frame = compressZstd(TEXT);
  for (let length = 0; length < frame.byteLength; length++) {
    assertThrows(() => decompressZstd(frame.subarray(0, length), 10_000, "x"), CorruptDataError);
  }
  for (const tail of ["00", "28b52f", "0000000000"]) {
    const more = concatBytes([frame, decodeHex(tail)]);
    assertThrows(() => decompressZstd(more, 10_000, "x"), CorruptDataError, "x is damaged");
  }
});

Deno.test("decompressZstd() of a frame with changed bytes fails cleanly or stays in bounds", () => {
  const frame = compressZstd(TEXT);
  const change = fc.tuple(fc.nat({ max: frame.byteLength - 1 }), fc.nat({ max: 255 }));
  fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
    const damaged = frame.slice();
    for (const [at, value] of changes) damaged[at] = value;
    try {
      if (decompressZstd(damaged, 5000, "x").byteLength > 5000) throw new Error("limit passed");
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
    }
  }));
});

Deno.test("compressZstd() gives back what it got", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), (data) => {
    const plain = decompressZstd(compressZstd(data), data.byteLength, "test");
    assertEquals(plain, new Uint8Array(data));
  }));
});

Deno.test("the size that a frame states is known without decompression", () => {
  for (const length of [0, 1, 255, 256, 300, 65_791, 65_792, 1 << 20]) {
    assertEquals(statedPlainSize(compressZstd(new Uint8Array(length))), length);
  }
  const unstated = zstdCompressSync(new Uint8Array(1000), {
    params: { [constants.ZSTD_c_contentSizeFlag]: 0 },
  });
  assertEquals(statedPlainSize(new Uint8Array(unstated)), undefined);
  const whole = compressZstd(new Uint8Array(70_000));
  for (let cut = 0; cut < 9; cut++) {
    assertEquals(statedPlainSize(whole.subarray(0, cut)), undefined, `cut to ${cut} bytes`);
  }
});
