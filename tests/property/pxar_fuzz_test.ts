// deno-lint-ignore-file no-console
import { assertEquals } from "@std/assert";
import { CorruptDataError, NotFoundError } from "../../lib/errors/mod.ts";
import { readRandomly, readSequentially } from "../support/pxar_read.ts";
import {
  type EncodedArchive,
  readVectorArchive,
  vectorArchiveNames,
} from "../support/pxar_vectors.ts";

const CASES = 20_000;

/** Numbers below a limit, the same ones in every run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
}

/** Flips bytes, writes telling numbers over others, cuts off, or repeats a stretch. */
function damage(original: Uint8Array, random: (limit: number) => number): Uint8Array {
  let bytes = original.slice();
  for (let change = random(3); change >= 0 && bytes.byteLength > 0; change--) {
    const at = random(bytes.byteLength);
    switch (random(5)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes[at]! ^= 1 << random(8);
        break;
      case 2:
        bytes.fill([0x00, 0xff, 0x7f, 0x80][random(4)]!, at, at + 1 + random(8));
        break;
      case 3:
        bytes = bytes.slice(0, at);
        break;
      default: {
        const from = random(bytes.byteLength);
        bytes.set(bytes.slice(from, from + Math.min(24, bytes.byteLength - at)), at);
      }
    }
  }
  return bytes;
}

async function outcome(read: () => Promise<unknown>): Promise<"read" | "refused"> {
  try {
    await read();
    return "read";
  } catch (error) {
    if (error instanceof CorruptDataError || error instanceof NotFoundError) return "refused";
    throw error;
  }
}

Deno.test("damaged archives are read or refused, never more", async () => {
  const random = numbers(20240229);
  const originals = vectorArchiveNames().filter((name) => !name.startsWith("goodbye"))
    .map(readVectorArchive);
  const counts = { read: 0, refused: 0 };
  for (let i = 0; i < CASES; i++) {
    const { archive, payload } = originals[random(originals.length)]!;
    const streams: EncodedArchive = payload !== undefined && random(4) === 0
      ? { archive, payload: damage(payload, random) }
      : { archive: damage(archive, random), payload };
    const pieceSize = 1 + random(random(2) === 0 ? 20 : 2000);
    counts[await outcome(() => readSequentially(streams, () => pieceSize))]++;
    counts[await outcome(() => readRandomly(streams))]++;
  }
  console.log(`${CASES} damaged archives, both ways:`, counts);
  assertEquals(counts.read + counts.refused, 2 * CASES);
  assertEquals(counts.refused > CASES / 2, true);
});
