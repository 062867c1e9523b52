import { concatBytes } from "../bytes/mod.ts";

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
/** The largest number of eleven octal digits. */
const MAX_OCTAL_11 = 0o77777777777;
const MAX_OCTAL_7 = 0o7777777;
/** The largest major or minor number that a header holds; no record stands in for it. */
export const MAX_TAR_DEVICE_NUMBER = MAX_OCTAL_7;
const encoder = new TextEncoder();

/** A line of an extended header. */
export interface PaxRecord {
  /** Without `=`; raw bytes where text is not enough. */
  readonly key: string | Uint8Array;
  readonly value: Uint8Array | string;
}

/** An entry of a tar file. */
export interface TarEntry {
  /** Without leading slash. */
  readonly path: Uint8Array;
  /** `0` file, `1` hard link, `2` symlink, `3` and `4` devices, `5` folder, `6` pipe. */
  readonly type: "0" | "1" | "2" | "3" | "4" | "5" | "6";
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes that follow. */
  readonly size: number;
  /** Whole seconds since the epoch. */
  readonly mtimeSecs: number;
  /** Counted forward from `mtimeSecs`; 0 if absent. */
  readonly mtimeNanos?: number;
  /** Target of a link. */
  readonly target?: Uint8Array;
  readonly major?: number;
  readonly minor?: number;
  /** Further records of the entry. */
  readonly records?: readonly PaxRecord[];
}

/** The header of an entry, with an extended one (POSIX.1-2001) in front if something does not fit. */
export function tarHeader(entry: TarEntry): Uint8Array {
  const { path, target = new Uint8Array(0), size, mtimeSecs, mtimeNanos = 0, uid, gid } = entry;
  const records: Uint8Array[] = [];
  if (path.length > NAME_BYTES) records.push(paxRecord("path", path));
  if (target.length > NAME_BYTES) records.push(paxRecord("linkpath", target));
  if (size > MAX_OCTAL_11) records.push(paxRecord("size", `${size}`));
  if (mtimeNanos !== 0 || mtimeSecs < 0 || mtimeSecs > MAX_OCTAL_11) {
    records.push(paxRecord("mtime", timeText(mtimeSecs, mtimeNanos)));
  }
  if (uid > MAX_OCTAL_7) records.push(paxRecord("uid", `${uid}`));
  if (gid > MAX_OCTAL_7) records.push(paxRecord("gid", `${gid}`));
  for (const { key, value } of entry.records ?? []) records.push(paxRecord(key, value));
  const main = block(entry, entry.type);
  if (records.length === 0) return main;
  const body = concatBytes(records);
  const extended = block({
    ...entry,
    path: encoder.encode("././@PaxHeader"),
    target: new Uint8Array(0),
    size: body.length,
  }, "x");
  return concatBytes([extended, body, tarPadding(body.length), main]);
}

/** Padding after a content of some length, up to the next block. */
export function tarPadding(sizeBytes: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - sizeBytes % BLOCK_BYTES) % BLOCK_BYTES);
}

/** The end of a tar file. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * BLOCK_BYTES);
}

/** An end that no reader takes for one: the header of something that is missing. */
export function tarBrokenEnd(): Uint8Array {
  return block({
    path: encoder.encode("././@PaxHeader"),
    type: "0",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 2 * BLOCK_BYTES,
    mtimeSecs: 0,
  }, "x");
}

/** A time as a decimal fraction: nanoseconds count forward, the fraction away from zero. */
function timeText(secs: number, nanos: number): string {
  const isNegative = secs < 0;
  const fraction = isNegative && nanos > 0 ? 1_000_000_000 - nanos : nanos;
  // Digits of the exact value: large numbers would get an exponent.
  const whole = BigInt(isNegative ? -secs - (nanos > 0 ? 1 : 0) : secs);
  const decimals = fraction === 0 ? "" : `.${`${fraction}`.padStart(9, "0")}`;
  return `${isNegative ? "-" : ""}${whole}${decimals}`;
}

function block(entry: TarEntry, type: string): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, value: Uint8Array) => bytes.set(value.subarray(0, NAME_BYTES), at);
  const text = (at: number, value: string) => void encoder.encodeInto(value, bytes.subarray(at));
  const octal = (at: number, digits: number, value: number) => {
    const fits = value >= 0 && value < 8 ** digits;
    text(at, (fits ? value : 0).toString(8).padStart(digits, "0"));
  };
  put(0, entry.path);
  octal(100, 7, entry.mode);
  octal(108, 7, entry.uid);
  octal(116, 7, entry.gid);
  octal(124, 11, entry.size);
  octal(136, 11, entry.mtimeSecs);
  text(148, " ".repeat(8));
  text(156, type);
  put(157, entry.target ?? new Uint8Array(0));
  text(257, "ustar\x0000");
  octal(329, 7, entry.major ?? 0);
  octal(337, 7, entry.minor ?? 0);
  let sum = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) sum += bytes[i]!;
  text(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return bytes;
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string | Uint8Array, value: Uint8Array | string): Uint8Array {
  const bytesOf = (part: string | Uint8Array) =>
    typeof part === "string" ? encoder.encode(part) : part;
  const rest = concatBytes([
    encoder.encode(" "),
    bytesOf(key),
    encoder.encode("="),
    bytesOf(value),
    encoder.encode("\n"),
  ]);
  let length = rest.length + 1;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return concatBytes([encoder.encode(`${length}`), rest]);
}
