import { machineLayout } from "./machine_layout.ts";

const STAT = machineLayout.stat;
/** Start of the attributes in `struct fuse_entry_param`. */
const ENTRY_ATTRIBUTES = 16;
const BLOCK_BYTES = 512;
const PREFERRED_BLOCK_BYTES = 4096;
/** Numbers are never given to another node. */
const GENERATION = 1n;

/** Metadata of a node. */
export interface FuseAttributes {
  /** Complete `st_mode`: file type and permission bits. */
  readonly mode: number;
  /** Number of hard links. */
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Whole seconds since the epoch, may be negative; of all three times. */
  readonly mtimeSecs: number;
  /** 0..999999999, counted forward from `mtimeSecs`. */
  readonly mtimeNanos: number;
  /** Numbers of a device, otherwise absent. */
  readonly major?: number;
  readonly minor?: number;
}

/** Room for a `struct stat`, written over by each {@linkcode writeStat}. */
export function newStat(): DataView<ArrayBuffer> {
  return new DataView(new ArrayBuffer(STAT.length));
}

/** Writes a `struct stat` of a node at `start`. */
export function writeStat(
  view: DataView,
  node: bigint,
  attributes: FuseAttributes,
  start: number = 0,
): void {
  view.setBigUint64(start + STAT.inode, node, true);
  view.setUint32(start + STAT.mode, attributes.mode, true);
  // The upper half of x86-64's field stays zero.
  view.setUint32(start + STAT.links, attributes.links, true);
  view.setUint32(start + STAT.uid, attributes.uid, true);
  view.setUint32(start + STAT.gid, attributes.gid, true);
  view.setBigUint64(start + STAT.device, deviceNumber(attributes), true);
  view.setBigInt64(start + STAT.size, BigInt(attributes.size), true);
  view.setInt32(start + STAT.blockSize, PREFERRED_BLOCK_BYTES, true);
  view.setBigInt64(start + STAT.blocks, BigInt(Math.ceil(attributes.size / BLOCK_BYTES)), true);
  const seconds = BigInt(attributes.mtimeSecs);
  for (const at of STAT.times) {
    view.setBigInt64(start + at, seconds, true);
    view.setBigInt64(start + at + 8, BigInt(attributes.mtimeNanos), true);
  }
}

/** Room for a `struct fuse_entry_param`, written over by each {@linkcode writeEntry}. */
export function newEntry(): DataView<ArrayBuffer> {
  return new DataView(new ArrayBuffer(ENTRY_ATTRIBUTES + STAT.length + 16));
}

/**
 * Writes a `struct fuse_entry_param`.
 *
 * @param node Its number, and its inode number.
 * @param lifetimeSeconds For how long name and attributes hold.
 */
export function writeEntry(
  view: DataView,
  node: bigint,
  attributes: FuseAttributes,
  lifetimeSeconds: number,
): void {
  view.setBigUint64(0, node, true);
  view.setBigUint64(8, GENERATION, true);
  writeStat(view, node, attributes, ENTRY_ATTRIBUTES);
  const lifetimes = ENTRY_ATTRIBUTES + STAT.length;
  view.setFloat64(lifetimes, lifetimeSeconds, true);
  view.setFloat64(lifetimes + 8, lifetimeSeconds, true);
}

/** Size of a file system. */
export interface FuseStatistics {
  /** Bytes of everything in it. */
  readonly sizeBytes: number;
  /** Number of its files; 0 if it is not known. */
  readonly files: number;
}

const STATVFS_BYTES = 112;
const MAX_NAME_BYTES = 255;

/** A `struct statvfs` of a file system that is full. */
export function statisticsRecord({ sizeBytes, files }: FuseStatistics): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(STATVFS_BYTES));
  const words = new Map([
    [0, PREFERRED_BLOCK_BYTES],
    [8, PREFERRED_BLOCK_BYTES],
    [16, Math.ceil(sizeBytes / PREFERRED_BLOCK_BYTES)],
    [40, files],
    [80, MAX_NAME_BYTES],
  ]);
  for (const [at, value] of words) view.setBigUint64(at, BigInt(value), true);
  return new Uint8Array(view.buffer);
}

const OPEN_FILE_BYTES = 64;
const KEEP_CACHE = 1 << 2;
const CACHE_DIRECTORY = 1 << 6;

/** A `struct fuse_file_info` that lets the kernel keep what it read before. */
export function openedRecord({ keepsListing }: { keepsListing: boolean }): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(OPEN_FILE_BYTES));
  view.setUint32(4, KEEP_CACHE | (keepsListing ? CACHE_DIRECTORY : 0), true);
  return new Uint8Array(view.buffer);
}

/** A device's number as `st_rdev` has it. */
export function deviceNumber({ major = 0, minor = 0 }: FuseAttributes): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return (high & 0xfffn) << 8n | low & 0xffn | (low >> 8n) << 20n | (high >> 12n) << 44n;
}
