import { Buffer } from "node:buffer";
import type { FileStat } from "../../ffi/posix_files.ts";
import { CorruptDataError } from "../errors/mod.ts";

/**
 * Type of an entry: directory, file, symbolic link, block device, character device, named pipe, socket,
 * hard link, or what is no part of a file system (spec: protocol.md §7.4).
 */
export type GuestEntryType = "d" | "f" | "l" | "b" | "c" | "p" | "s" | "h" | "v";

/** One line of a list (spec: protocol.md §7.4, §8.3). */
export interface GuestEntry {
  /** Full path, base64. */
  readonly filepath: string;
  /** Name for people. */
  readonly text: string;
  readonly type: GuestEntryType;
  /** False for what may be listed in its turn. */
  readonly leaf: boolean;
  /** Bytes. */
  readonly size?: number;
  /** Modification time, seconds since the epoch. */
  readonly mtime?: number;
}

const TYPES: readonly GuestEntryType[] = ["d", "f", "l", "b", "c", "p", "s", "h", "v"];
const S_IFMT = 0o170000;
const TYPE_OF_MODE: Readonly<Record<number, GuestEntryType>> = {
  0o140000: "s",
  0o120000: "l",
  0o100000: "f",
  0o060000: "b",
  0o040000: "d",
  0o020000: "c",
  0o010000: "p",
};

/**
 * An entry that is no file: a disk, a kind of volume, or the root of a file system.
 *
 * @param path Bytes of its full path.
 * @param type `v`, or `d` for a root.
 */
export function volumeEntry(
  path: Uint8Array,
  name: string,
  type: "v" | "d",
  sizeBytes?: number,
): GuestEntry {
  const size = sizeBytes === undefined ? {} : { size: sizeBytes };
  return { filepath: base64Of(path), text: name, type, leaf: false, ...size };
}

/** An entry of a file system. @param path Bytes of its full path. */
export function fileEntry(path: Uint8Array, name: Uint8Array, stat: FileStat): GuestEntry {
  const type = TYPE_OF_MODE[stat.mode & S_IFMT] ?? "f";
  return {
    filepath: base64Of(path),
    text: new TextDecoder().decode(name),
    type,
    leaf: type !== "d",
    ...type === "f" ? { size: stat.size, mtime: stat.modificationTime } : {},
  };
}

function base64Of(path: Uint8Array): string {
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString("base64");
}

/**
 * Reads the entries of a list that somebody else has made.
 *
 * @param data The `data` member.
 * @throws {CorruptDataError} if it is no such list.
 */
export function readGuestEntries(data: unknown): GuestEntry[] {
  if (!Array.isArray(data)) throw new CorruptDataError("the guest's answer is no list");
  return data.map((item, index) => {
    const entry = typeof item === "object" && item !== null ? readEntry(item) : undefined;
    if (entry !== undefined) return entry;
    throw new CorruptDataError(`entry ${index} of the guest's list is malformed`);
  });
}

function readEntry(item: Readonly<Record<string, unknown>>): GuestEntry | undefined {
  const { filepath, text, type, leaf, size, mtime } = item;
  const known = TYPES.find((name) => name === type);
  if (typeof filepath !== "string" || typeof text !== "string" || known === undefined) {
    return undefined;
  }
  if (typeof leaf !== "boolean" || !isCount(size) || !isTime(mtime)) return undefined;
  return {
    filepath,
    text,
    type: known,
    leaf,
    ...typeof size === "number" ? { size } : {},
    ...typeof mtime === "number" ? { mtime } : {},
  };
}

function isCount(value: unknown): boolean {
  return isTime(value) && (typeof value !== "number" || value >= 0);
}

function isTime(value: unknown): boolean {
  return value === undefined || value === null || Number.isSafeInteger(value);
}
