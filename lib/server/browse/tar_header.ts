import { concatBytes } from "../../bytes/mod.ts";

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
/** The largest number of eleven octal digits. */
const MAX_OCTAL_11 = 0o77777777777;
const MAX_OCTAL_7 = 0o7777777;
const encoder = new TextEncoder();

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
  /** Target of a link. */
  readonly target?: Uint8Array;
  readonly major?: number;
  readonly minor?: number;
}

/** The header of an entry, with an extended one (POSIX.1-2001) in front if something does not fit. */
export function tarHeader(entry: TarEntry): Uint8Array {
  const { path, target = new Uint8Array(0), size, mtimeSecs, uid, gid } = entry;
  const records: Uint8Array[] = [];
  if (path.length > NAME_BYTES) records.push(paxRecord("path", path));
  if (target.length > NAME_BYTES) records.push(paxRecord("linkpath", target));
  const numbers = { size, mtime: mtimeSecs, uid, gid };
  for (const [key, value] of Object.entries(numbers)) {
    const most = key === "uid" || key === "gid" ? MAX_OCTAL_7 : MAX_OCTAL_11;
    if (value < 0 || value > most) records.push(paxRecord(key, encoder.encode(`${value}`)));
  }
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

/** What follows a content of some length, up to the next block. */
export function tarPadding(sizeBytes: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - sizeBytes % BLOCK_BYTES) % BLOCK_BYTES);
}

/** The end of a tar file. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * BLOCK_BYTES);
}

function block(entry: TarEntry, type: string): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, value: Uint8Array) => bytes.set(value.subarray(0, NAME_BYTES), at);
  const text = (at: number, value: string) => put(at, encoder.encode(value));
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
  const sum = bytes.reduce((all, byte) => all + byte, 0);
  text(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return bytes;
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = concatBytes([encoder.encode(` ${key}=`), value, encoder.encode("\n")]);
  let length = rest.length + 1;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return concatBytes([encoder.encode(`${length}`), rest]);
}
