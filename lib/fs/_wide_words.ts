const TWO_32 = 0x1_0000_0000;

/** A number of 64 bits that is a device or a size; those stay below 2^53. */
export function wide(words: Uint32Array, at: number): number {
  return words[at]! + words[at + 1]! * TWO_32;
}

/** A number of 64 bits as a key: exact also beyond 2^53. */
export function wideKey(words: Uint32Array, at: number): number | bigint {
  const value = wide(words, at);
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  return BigInt(words[at]!) | BigInt(words[at + 1]!) << 32n;
}
