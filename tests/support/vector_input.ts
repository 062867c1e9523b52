import { concatBytes, decodeHex } from "../../lib/bytes/mod.ts";
import { singleBlockSha256 } from "./single_block_sha256.ts";

/** How the test vectors describe their inputs. */
export type VectorInput =
  | { generator: "sha256-ctr"; seed: string; length: number }
  | { generator: "counter-le32"; length: number }
  | { generator: "xorshift32"; seed: number; length: number }
  | { generator: "lcg32"; seed: number; length: number }
  | { generator: "constant"; byte: number; length: number }
  | { generator: "hex"; hex: string }
  | { generator: "concat"; parts: VectorInput[] };

/** The bytes that a test vector's description stands for. */
export function vectorInput(input: VectorInput): Uint8Array<ArrayBuffer> {
  switch (input.generator) {
    case "hex":
      return new Uint8Array(decodeHex(input.hex));
    case "concat":
      return concatBytes(input.parts.map(vectorInput));
    case "constant":
      return new Uint8Array(input.length).fill(input.byte);
    case "lcg32": {
      let state = input.seed;
      return new Uint8Array(input.length).map(() => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state >>> 24;
      });
    }
    case "sha256-ctr": {
      const label = new TextEncoder().encode(input.seed);
      const message = new Uint8Array(label.length + 8);
      message.set(label);
      const counter = new DataView(message.buffer, label.length);
      return blocks(input.length, 32, (index, place) => {
        counter.setUint32(0, index, true);
        singleBlockSha256(message, new DataView(place.buffer, place.byteOffset, 32));
      });
    }
    case "counter-le32":
      return words(input.length, (index) => index);
    case "xorshift32": {
      let state = input.seed;
      return words(input.length, () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return state;
      });
    }
  }
}

function blocks(
  length: number,
  size: number,
  fill: (index: number, place: Uint8Array) => void,
): Uint8Array<ArrayBuffer> {
  const count = Math.ceil(length / size);
  const bytes = new Uint8Array(count * size);
  for (let index = 0; index < count; index++) {
    fill(index, bytes.subarray(index * size, (index + 1) * size));
  }
  return bytes.subarray(0, length);
}

function words(length: number, next: (index: number) => number): Uint8Array<ArrayBuffer> {
  return blocks(length, 4, (index, place) => {
    const word = next(index);
    place[0] = word;
    place[1] = word >>> 8;
    place[2] = word >>> 16;
    place[3] = word >>> 24;
  });
}
