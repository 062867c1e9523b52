import { HASH_KEY_0, HASH_KEY_1 } from "./format.ts";

const low = (value: bigint) => Number(BigInt.asIntN(32, value));
const high = (value: bigint) => Number(BigInt.asIntN(32, value >> 32n));

// Start states of SipHash as signed 32-bit halves (spec: pxar.md §2.1).
const START_0 = HASH_KEY_0 ^ 0x736f6d6570736575n;
const START_1 = HASH_KEY_1 ^ 0x646f72616e646f6dn;
const START_2 = HASH_KEY_0 ^ 0x6c7967656e657261n;
const START_3 = HASH_KEY_1 ^ 0x7465646279746573n;
const V0_LOW = low(START_0), V0_HIGH = high(START_0);
const V1_LOW = low(START_1), V1_HIGH = high(START_1);
const V2_LOW = low(START_2), V2_HIGH = high(START_2);
const V3_LOW = low(START_3), V3_HIGH = high(START_3);

/**
 * SipHash-2-4 of a file name, the key of goodbye tables, in 32-bit halves: a name is hashed for every
 * entry, and BigInt would cost more than all the rest of encoding it.
 *
 * @param bytes Holds the name, without NUL, from `start` up to `end`.
 * @param out Receives the lower half at `index` and the upper one at `index + 1`.
 */
export function hashName(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint32Array,
  index: number,
): void {
  let a = V0_LOW, A = V0_HIGH, b = V1_LOW, B = V1_HIGH;
  let c = V2_LOW, C = V2_HIGH, d = V3_LOW, D = V3_HIGH;
  const length = end - start;
  const words = (length >>> 3) + 1;
  let at = start;
  // One pass per word, the last of which holds the rest and the length, then the finalisation.
  for (let word = 0; word <= words; word++) {
    let m = 0, M = 0, rounds = 2;
    if (word === words) {
      c ^= 0xff;
      rounds = 4;
    } else if (word < words - 1) {
      m = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
      M = bytes[at + 4]! | bytes[at + 5]! << 8 | bytes[at + 6]! << 16 | bytes[at + 7]! << 24;
      at += 8;
    } else {
      const rest = end - at;
      for (let i = Math.min(rest, 4) - 1; i >= 0; i--) m = m << 8 | bytes[at + i]!;
      for (let i = rest - 1; i >= 4; i--) M = M << 8 | bytes[at + i]!;
      M |= length << 24;
    }
    d ^= m;
    D ^= M;
    for (let round = 0; round < rounds; round++) {
      // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
      let sum = (a >>> 0) + (b >>> 0);
      A = A + B + (sum > 0xffff_ffff ? 1 : 0) | 0;
      a = sum | 0;
      let swap = (b << 13 | B >>> 19) ^ a;
      B = (B << 13 | b >>> 19) ^ A;
      b = swap;
      swap = a;
      a = A;
      A = swap;
      // v2 += v3; v3 = rotl(v3, 16) ^ v2
      sum = (c >>> 0) + (d >>> 0);
      C = C + D + (sum > 0xffff_ffff ? 1 : 0) | 0;
      c = sum | 0;
      swap = (d << 16 | D >>> 16) ^ c;
      D = (D << 16 | d >>> 16) ^ C;
      d = swap;
      // v0 += v3; v3 = rotl(v3, 21) ^ v0
      sum = (a >>> 0) + (d >>> 0);
      A = A + D + (sum > 0xffff_ffff ? 1 : 0) | 0;
      a = sum | 0;
      swap = (d << 21 | D >>> 11) ^ a;
      D = (D << 21 | d >>> 11) ^ A;
      d = swap;
      // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
      sum = (c >>> 0) + (b >>> 0);
      C = C + B + (sum > 0xffff_ffff ? 1 : 0) | 0;
      c = sum | 0;
      swap = (b << 17 | B >>> 15) ^ c;
      B = (B << 17 | b >>> 15) ^ C;
      b = swap;
      swap = c;
      c = C;
      C = swap;
    }
    a ^= m;
    A ^= M;
  }
  out[index] = a ^ b ^ c ^ d;
  out[index + 1] = A ^ B ^ C ^ D;
}
