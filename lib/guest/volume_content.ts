/** Kind of content of a disk or a partition, by the marks at its start. */
export type VolumeContent =
  /** A file system; the kernel's names for the drivers that may know it, the best one first. */
  | { readonly kind: "file-system"; readonly name: string; readonly drivers: readonly string[] }
  /** Part of something that spans volumes, or that has to be opened first; its name for people. */
  | { readonly kind: "lvm" | "zfs" | "other"; readonly name: string };

/** Bytes at the start of a volume that {@linkcode readVolumeContent} needs to see all marks. */
export const VOLUME_START_BYTES = 256 * 1024;

/** A text at a place tells the content. */
interface Mark {
  readonly at: number;
  readonly text: string;
  readonly content: VolumeContent;
}

function fileSystem(at: number, text: string, name: string, drivers = [name]): Mark {
  return { at, text, content: { kind: "file-system", name, drivers } };
}

function other(at: number, text: string, name: string): Mark {
  return { at, text, content: { kind: "other", name } };
}

const NTFS_DRIVERS = ["ntfs3", "ntfs"];

/** Marks of their formats. What encrypts comes before the file system that it looks like. */
const MARKS: readonly Mark[] = [
  other(0, "LUKS\xba\xbe", "an encrypted volume (LUKS)"),
  other(3, "-FVE-FS-", "an encrypted volume (BitLocker)"),
  other(4086, "SWAPSPACE2", "swap space"),
  other(4096, "\xfc\x4e\x2b\xa9", "a part of a software RAID"),
  other(0, "\xfc\x4e\x2b\xa9", "a part of a software RAID"),
  ...[0, 512, 1024, 1536].map((at): Mark => ({
    at: at + 24,
    text: "LVM2 001",
    content: { kind: "lvm", name: "a physical volume of LVM" },
  })),
  fileSystem(0x438, "\x53\xef", "ext4", ["ext4", "ext3", "ext2"]),
  fileSystem(0, "XFSB", "xfs"),
  fileSystem(0x10040, "_BHRfS_M", "btrfs"),
  fileSystem(3, "NTFS    ", "ntfs", NTFS_DRIVERS),
  fileSystem(3, "EXFAT   ", "exfat"),
  fileSystem(0x36, "FAT", "vfat", ["vfat", "msdos"]),
  fileSystem(0x52, "FAT32", "vfat", ["vfat", "msdos"]),
  fileSystem(0, "hsqs", "squashfs"),
  fileSystem(1024, "\xe2\xe1\xf5\xe0", "erofs"),
  fileSystem(1024, "\x10\x20\xf5\xf2", "f2fs"),
  fileSystem(1024, "H+", "hfsplus"),
  fileSystem(1024, "HX", "hfsplus"),
  fileSystem(0x8000, "JFS1", "jfs"),
  fileSystem(0x10034, "ReIsEr", "reiserfs"),
  fileSystem(0x1055c, "\x19\x01\x54\x19", "ufs"),
  fileSystem(0x8001, "CD001", "iso9660", ["iso9660", "udf"]),
  fileSystem(0x8001, "BEA01", "udf"),
];

/** Uberblocks of ZFS in its first label, in either order of bytes. */
const ZFS_FIRST = 128 * 1024;
const ZFS_STEP = 1024;
const ZFS_MARKS = ["\x0c\xb1\xba\0\0\0\0\0", "\0\0\0\0\0\xba\xb1\x0c"];

/**
 * Tells what a volume holds.
 *
 * @param start Its first bytes, up to {@linkcode VOLUME_START_BYTES}; fewer if it has no more.
 * @returns Undefined if nothing is known that looks like it.
 */
export function readVolumeContent(start: Uint8Array): VolumeContent | undefined {
  const found = MARKS.find(({ at, text }) => hasText(start, at, text))?.content;
  if (found !== undefined) return found;
  for (let at = ZFS_FIRST; at < start.length; at += ZFS_STEP) {
    if (ZFS_MARKS.some((mark) => hasText(start, at, mark))) {
      return { kind: "zfs", name: "a part of a ZFS pool" };
    }
  }
  return undefined;
}

/** @param text A character for each byte. */
function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  if (at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (bytes[at + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}
