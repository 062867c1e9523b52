/** Call that reads and sets an attribute flag: `FS_IOC_GETFLAGS` or `FAT_IOCTL_GET_ATTRIBUTES`. */
type Origin = "linux" | "fat";

/** Name, bit in the archive, origin and bit there, applied before the data, restored by default. */
type Row = readonly [string, number, Origin, number, boolean, boolean];

// spec: pxar.md §8.1
const ROWS: readonly Row[] = [
  ["HIDDEN", 0x0000_2000, "fat", 0x02, false, true],
  ["SYSTEM", 0x0000_4000, "fat", 0x04, false, true],
  ["ARCHIVE", 0x0000_8000, "fat", 0x20, false, true],
  ["APPEND", 0x0001_0000, "linux", 0x0000_0020, false, true],
  ["NOATIME", 0x0002_0000, "linux", 0x0000_0080, true, true],
  ["COMPR", 0x0004_0000, "linux", 0x0000_0004, true, true],
  ["NOCOW", 0x0008_0000, "linux", 0x0080_0000, true, true],
  ["NODUMP", 0x0010_0000, "linux", 0x0000_0040, false, false],
  ["DIRSYNC", 0x0020_0000, "linux", 0x0001_0000, false, true],
  ["IMMUTABLE", 0x0040_0000, "linux", 0x0000_0010, false, true],
  ["SYNC", 0x0080_0000, "linux", 0x0000_0008, false, true],
  ["NOCOMP", 0x0100_0000, "linux", 0x0000_0400, true, true],
  ["PROJINHERIT", 0x0200_0000, "linux", 0x2000_0000, true, true],
];

function bitsWhere(wanted: (row: Row) => boolean): number {
  return ROWS.filter(wanted).reduce((bits, row) => bits | row[1], 0);
}

/** Every attribute bit an archive can hold; the other bits of the flags word have no meaning. */
export const ALL_ATTRIBUTE_FLAGS: number = bitsWhere(() => true);

/** Attribute bits that take effect only if they are set before the data is written. */
export const INITIAL_ATTRIBUTE_FLAGS: number = bitsWhere((row) => row[4]);

/** Attribute bits a restore applies unless told otherwise: all but NODUMP. */
export const DEFAULT_RESTORED_ATTRIBUTE_FLAGS: number = bitsWhere((row) => row[5]);

function translate(bits: number, origin: Origin, from: 1 | 3, to: 1 | 3): number {
  let result = 0;
  for (const row of ROWS) {
    if (row[2] === origin && (bits & row[from]) !== 0) result |= row[to];
  }
  return result;
}

/**
 * The archive's attribute bits for what the kernel told; bits without a counterpart are dropped.
 *
 * @param linuxFlags Result of `FS_IOC_GETFLAGS`.
 * @param fatAttributes Result of `FAT_IOCTL_GET_ATTRIBUTES`, 0 on other file systems.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(attributeFlagsFromLinux(0x40 | 0x10 | 0x80000), 0x0050_0000);
 * ```
 */
export function attributeFlagsFromLinux(linuxFlags: number, fatAttributes = 0): number {
  if (linuxFlags === 0 && fatAttributes === 0) return 0;
  return translate(linuxFlags, "linux", 3, 1) | translate(fatAttributes, "fat", 3, 1);
}

/** The `FS_IOC_SETFLAGS` bits for archive bits; FAT attributes and unknown bits are left out. */
export function linuxFlagsFromAttributes(flags: number): number {
  return translate(flags, "linux", 1, 3);
}

/** The `FAT_IOCTL_SET_ATTRIBUTES` bits for archive bits. */
export function fatAttributesFromAttributes(flags: number): number {
  return translate(flags, "fat", 1, 3);
}
