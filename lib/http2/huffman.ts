import { CorruptDataError } from "../errors/mod.ts";

/**
 * Symbols by code length (RFC 7541 appendix B). The code is canonical: within one length codes
 * ascend with the symbol, and each length goes on where the shorter one ended, so that this table
 * is the whole code. 256 is the end-of-string symbol.
 */
const SYMBOLS_BY_LENGTH: readonly (readonly [lengthBits: number, symbols: string])[] = [
  [5, "48-50 97 99 101 105 111 115 116"],
  [6, "32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117"],
  [7, "58 66-87 89 106 107 113 118-122"],
  [8, "38 42 44 59 88 90"],
  [10, "33 34 40 41 63"],
  [11, "39 43 124"],
  [12, "35 62"],
  [13, "0 36 64 91 93 126"],
  [14, "94 125"],
  [15, "60 96 123"],
  [19, "92 195 208"],
  [20, "128 130 131 162 184 194 224 226"],
  [21, "153 161 167 172 176 177 179 209 216 217 227 229 230"],
  [
    22,
    "129 132-134 136 146 154 156 160 163 164 169 170 173 178 181 185-187 189 190 196 198 228 232 233",
  ],
  [
    23,
    "1 135 137-141 143 147 149-152 155 157 158 165 166 168 174 175 180 182 183 188 191 197 231 239",
  ],
  [24, "9 142 144 145 148 159 171 206 215 225 236 237"],
  [25, "199 207 234 235"],
  [26, "192 193 200-202 205 210 213 218 219 238 240 242 243 255"],
  [27, "203 204 211 212 214 221-223 241 244-248 250-254"],
  [28, "2-8 11 12 14-21 23-31 127 220 249"],
  [30, "10 13 22 256"],
];
const END_OF_STRING = 256;

const codes = new Uint32Array(257);
const lengthsBits = new Uint8Array(257);
{
  let code = 0;
  let previousBits = 0;
  for (const [lengthBits, symbols] of SYMBOLS_BY_LENGTH) {
    code <<= lengthBits - previousBits;
    previousBits = lengthBits;
    for (const range of symbols.split(" ")) {
      const [first, last] = range.split("-").map(Number);
      for (let symbol = first!; symbol <= (last ?? first!); symbol++) {
        codes[symbol] = code++;
        lengthsBits[symbol] = lengthBits;
      }
    }
  }
}

// The decoder is a state machine that eats four bits per step. A state is an inner node of the code
// tree. An entry of `steps` is: next state in bits 0-8, symbol in bits 9-16, then the flags.
const EMITS = 1 << 17;
const FAILS = 1 << 18;
const steps = new Int32Array(256 * 16);
/** Whether a string may end in this state: at most seven bits into the code of all ones. */
const accepts = new Uint8Array(256);
{
  const left = new Int32Array(256).fill(-1);
  const right = new Int32Array(256).fill(-1);
  let nodes = 1;
  for (let symbol = 0; symbol <= END_OF_STRING; symbol++) {
    let node = 0;
    for (let bit = lengthsBits[symbol]! - 1; bit >= 0; bit--) {
      const side = (codes[symbol]! >>> bit) & 1 ? right : left;
      if (bit === 0) side[node] = -2 - symbol;
      else {
        if (side[node] === -1) side[node] = nodes++;
        node = side[node]!;
      }
    }
  }
  for (let state = 0; state < 256; state++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let node = state;
      let entry = 0;
      for (let bit = 3; bit >= 0; bit--) {
        const next = (nibble >>> bit) & 1 ? right[node]! : left[node]!;
        if (next >= 0) node = next;
        else {
          const symbol = -2 - next;
          entry = symbol === END_OF_STRING ? FAILS : EMITS | (symbol << 9);
          if (symbol === END_OF_STRING) break;
          node = 0;
        }
      }
      steps[state * 16 + nibble] = entry | node;
    }
  }
  let node = 0;
  for (let ones = 0; ones < 8; ones++) {
    accepts[node] = 1;
    node = right[node]!;
  }
}

/**
 * Length of a string in the Huffman code, in bytes.
 *
 * @param bytes The plain string.
 */
export function huffmanLength(bytes: Uint8Array): number {
  let bits = 0;
  for (let i = 0; i < bytes.length; i++) bits += lengthsBits[bytes[i]!]!;
  return (bits + 7) >>> 3;
}

/**
 * Writes a string in the Huffman code of HPACK (RFC 7541 §5.2), filled up with ones.
 *
 * @param bytes The plain string.
 * @param target Where to; needs {@linkcode huffmanLength} bytes.
 * @param offset First byte to write, in bytes.
 * @returns Offset after the last byte written.
 */
export function huffmanEncode(bytes: Uint8Array, target: Uint8Array, offset: number): number {
  // At most 7 left-over bits and 30 new ones: done in two halves to stay within 32 bits.
  let bits = 0;
  let count = 0;
  for (let i = 0; i < bytes.length; i++) {
    const symbol = bytes[i]!;
    let rest = lengthsBits[symbol]!;
    const code = codes[symbol]!;
    while (rest > 0) {
      const take = Math.min(rest, 24 - count);
      rest -= take;
      bits = (bits << take) | ((code >>> rest) & ((1 << take) - 1));
      count += take;
      while (count >= 8) {
        count -= 8;
        target[offset++] = bits >>> count;
      }
      bits &= 0xff;
    }
  }
  if (count > 0) target[offset++] = (bits << (8 - count)) | (0xff >>> count);
  return offset;
}

/**
 * Decodes a string in the Huffman code of HPACK.
 *
 * @param bytes The coded string, all of it.
 * @returns The plain string, one character per byte.
 * @throws {CorruptDataError} if it holds the end-of-string symbol or wrong padding.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeHex } from "../bytes/mod.ts";
 * assertEquals(huffmanDecode(decodeHex("f1e3c2e5f23a6ba0ab90f4ff")), "www.example.com");
 * ```
 */
export function huffmanDecode(bytes: Uint8Array): string {
  let text = "";
  let state = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    let step = steps[state * 16 + (byte >>> 4)]!;
    if (step & EMITS) text += String.fromCharCode((step >>> 9) & 0xff);
    if (step & FAILS) throw new CorruptDataError("header string holds the end-of-string symbol");
    step = steps[(step & 0x1ff) * 16 + (byte & 15)]!;
    if (step & EMITS) text += String.fromCharCode((step >>> 9) & 0xff);
    if (step & FAILS) throw new CorruptDataError("header string holds the end-of-string symbol");
    state = step & 0x1ff;
  }
  if (!accepts[state]) throw new CorruptDataError("header string has wrong padding");
  return text;
}
