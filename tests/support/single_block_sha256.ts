/** First 32 bits of the fractional parts of roots of the first primes (FIPS 180-4 §4.2.2, §5.3.3). */
function fractions(count: number, root: number): Int32Array {
  const words = new Int32Array(count);
  for (let candidate = 2, found = 0; found < count; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
      if (candidate % divisor === 0) prime = false;
    }
    if (prime) words[found++] = (candidate ** (1 / root) % 1) * 2 ** 32;
  }
  return words;
}

const ROUND = fractions(64, 3);
const INITIAL = fractions(8, 2);
const schedule = new Int32Array(64);

/**
 * SHA-256 of a message of at most 55 bytes, for test inputs of millions of them: calling out for
 * each takes ten times as long.
 */
export function singleBlockSha256(message: Uint8Array, digest: DataView): void {
  const block = new DataView(schedule.buffer, 0, 64);
  const bytes = new Uint8Array(schedule.buffer, 0, 64).fill(0);
  bytes.set(message);
  bytes[message.length] = 0x80;
  block.setUint32(60, message.length * 8);
  const w = schedule;
  for (let i = 0; i < 16; i++) w[i] = block.getInt32(i * 4);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!, y = w[i - 2]!;
    const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ (x >>> 3);
    const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ (y >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let a = INITIAL[0]!, b = INITIAL[1]!, c = INITIAL[2]!, d = INITIAL[3]!;
  let e = INITIAL[4]!, f = INITIAL[5]!, g = INITIAL[6]!, h = INITIAL[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
    const t1 = (h + s1 + (e & f ^ ~e & g) + ROUND[i]! + w[i]!) | 0;
    const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
    const t2 = (s0 + (a & b ^ a & c ^ b & c)) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => digest.setInt32(i * 4, word + INITIAL[i]!));
}
