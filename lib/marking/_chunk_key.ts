import { DIGEST_DIGITS, DIGEST_WORDS, FOLDER_DIGITS } from "./format.ts";

/** Values of lower-case hex digits by character code; 16 for anything else. */
const VALUES = new Uint8Array(128).fill(16);
for (let value = 0; value < 16; value++) VALUES["0123456789abcdef".charCodeAt(value)] = value;

/** Ending of the name of a chunk that was set aside, after the digest. */
const BAD = /^\.[0-9]\.bad$/;

/**
 * Puts the digest that a key names into eight words, in the byte order of an index.
 *
 * @param start Where the folder begins in the key.
 * @returns Whether it is the key of a chunk, in the folder that its digest asks for, or of one set aside.
 */
export function digestOfKey(key: string, start: number, digest: Uint32Array): boolean {
  const name = start + FOLDER_DIGITS + 1;
  const end = name + DIGEST_DIGITS;
  if (key.length < end || key.charCodeAt(name - 1) !== 0x2f) return false;
  if (key.length > end && !BAD.test(key.slice(end))) return false;
  for (let i = 0; i < FOLDER_DIGITS; i++) {
    if (key.charCodeAt(start + i) !== key.charCodeAt(name + i)) return false;
  }
  let wrong = 0;
  for (let word = 0, at = name; word < DIGEST_WORDS; word++) {
    let bits = 0;
    for (let shift = 0; shift < 32; shift += 8, at += 2) {
      const high = VALUES[key.charCodeAt(at) & 0x7f]!;
      const low = VALUES[key.charCodeAt(at + 1) & 0x7f]!;
      wrong |= high | low | (key.charCodeAt(at) | key.charCodeAt(at + 1)) >>> 3 & 0x10;
      bits |= (high << 4 | low) << shift;
    }
    digest[word] = bits;
  }
  return (wrong & 16) === 0;
}
