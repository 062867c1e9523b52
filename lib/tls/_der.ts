import { concatBytes } from "../bytes/mod.ts";

/** One DER element (X.690 §8.1): tag, length, contents. */
export function der(tag: number, ...contents: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = concatBytes(contents);
  const length: number[] = [];
  if (body.length < 0x80) length.push(body.length);
  else {
    for (let rest = body.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff);
    length.unshift(0x80 | length.length);
  }
  return concatBytes([Uint8Array.of(tag, ...length), body]);
}

/** SEQUENCE. */
export function derSequence(...elements: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return der(0x30, ...elements);
}

/** INTEGER from an unsigned big-endian number. */
export function derInteger(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  return (digits[0] ?? 0) & 0x80
    ? der(0x02, Uint8Array.of(0), digits)
    : der(0x02, digits.length > 0 ? digits : Uint8Array.of(0));
}

/** OBJECT IDENTIFIER from its dotted form. */
export function derObjectId(dotted: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...arcs] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of arcs) {
    const septets = [arc & 0x7f];
    for (let rest = arc >>> 7; rest > 0; rest >>>= 7) septets.unshift(0x80 | (rest & 0x7f));
    bytes.push(...septets);
  }
  return der(0x06, Uint8Array.from(bytes));
}

/** UTF8String. */
export function derText(text: string): Uint8Array<ArrayBuffer> {
  return der(0x0c, new TextEncoder().encode(text));
}

/** BIT STRING of whole bytes, or with unused bits at its end. */
export function derBits(bytes: Uint8Array, unusedBits = 0): Uint8Array<ArrayBuffer> {
  return der(0x03, Uint8Array.of(unusedBits), bytes);
}

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
export function derTime(time: Date): Uint8Array<ArrayBuffer> {
  const text = time.toISOString().replace(/[-:T]|\.\d+/g, "");
  return time.getUTCFullYear() < 2050
    ? der(0x17, new TextEncoder().encode(text.slice(2)))
    : der(0x18, new TextEncoder().encode(text));
}
