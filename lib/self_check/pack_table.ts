import { CorruptDataError } from "../errors/mod.ts";

/** A part of the pack that is compressed by itself. */
export interface PackFrame {
  /** Position of its first byte in the executable. */
  readonly offset: number;
  /** Compressed bytes. */
  readonly length: number;
  /** Bytes that it holds. */
  readonly size: number;
  /** SHA-256 of what it holds, as hex. */
  readonly digest: string;
}

/** A file of the pack. */
export interface PackedFile {
  /** Relative to the folder that the pack is unpacked into. */
  readonly path: string;
  readonly size: number;
  readonly isExecutable: boolean;
  /** Whether it is for starts in memory only; it is not unpacked into the folder. */
  readonly isForMemory: boolean;
  /** SHA-256, as hex. */
  readonly digest: string;
}

/** Contents of a pack. */
export interface PackTable {
  readonly version: string;
  readonly frames: readonly PackFrame[];
  readonly files: readonly PackedFile[];
}

const NUMBER = /^\d{1,10}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const VERSION = /^[0-9A-Za-z.]+$/;

/**
 * Reads the lines of a pack's table.
 *
 * @throws {CorruptDataError} if they are not what `scripts/pack` writes.
 */
export function parsePackTable(text: string): PackTable {
  let version: string | undefined;
  const frames: PackFrame[] = [];
  const files: PackedFile[] = [];
  for (const line of text.trimEnd().split("\n")) {
    const [kind, ...words] = line.split(" ");
    const frame = kind === "frame" ? frameOf(words) : undefined;
    const file = kind === "file" ? fileOf(words) : undefined;
    if (frame !== undefined) frames.push(frame);
    else if (file !== undefined) files.push(file);
    else if (kind === "version" && version === undefined && VERSION.test(words.join(" "))) {
      version = words[0]!;
    } else {
      throw new CorruptDataError(`the executable's table has a line that means nothing: ${line}`);
    }
  }
  if (version === undefined || files.length === 0 || sumOf(frames) !== sumOf(files)) {
    throw new CorruptDataError("the executable's table is not complete");
  }
  return { version, frames, files };
}

/** `OFFSET LENGTH SIZE DIGEST`; `undefined` if it is something else. */
function frameOf(words: readonly string[]): PackFrame | undefined {
  const [offset, length, size, digest, ...more] = words;
  if (![offset, length, size].every(isNumber) || !isDigest(digest) || more.length > 0) return;
  return { offset: Number(offset), length: Number(length), size: Number(size), digest };
}

/** `SIZE MODE DIGEST PATH`; `undefined` if it is something else. */
function fileOf(words: readonly string[]): PackedFile | undefined {
  const [size, mode, digest, ...rest] = words;
  const path = rest.join(" ");
  if (!isNumber(size) || !isDigest(digest) || !staysInside(path)) return undefined;
  if (mode !== "x" && mode !== "-" && mode !== "m") return undefined;
  return {
    path,
    size: Number(size),
    isExecutable: mode === "x",
    isForMemory: mode === "m",
    digest,
  };
}

function isNumber(word: string | undefined): word is string {
  return word !== undefined && NUMBER.test(word);
}

function isDigest(word: string | undefined): word is string {
  return word !== undefined && DIGEST.test(word);
}

function sumOf(parts: readonly { readonly size: number }[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

function staysInside(path: string): boolean {
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
