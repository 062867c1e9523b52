import { assertEquals } from "@std/assert";
import { readVolumeContent, VOLUME_START_BYTES } from "./volume_content.ts";

/** A volume's start with a text, a character for each byte, at a place. */
function volume(...marks: readonly (readonly [number, string])[]): Uint8Array {
  const start = new Uint8Array(VOLUME_START_BYTES);
  for (const [at, text] of marks) {
    for (let i = 0; i < text.length; i++) start[at + i] = text.charCodeAt(i);
  }
  return start;
}

Deno.test("volumes are told by the marks of their formats", () => {
  const names = [
    [0x438, "\x53\xef"],
    [0, "XFSB"],
    [0x10040, "_BHRfS_M"],
    [3, "NTFS    "],
    [0x52, "FAT32   "],
    [0x8001, "CD001"],
    [512 + 24, "LVM2 001"],
    [0, "LUKS\xba\xbe"],
    [4086, "SWAPSPACE2"],
    [128 * 1024 + 5 * 1024, "\x0c\xb1\xba\0\0\0\0\0"],
  ] as const;
  assertEquals(names.map((mark) => readVolumeContent(volume(mark))?.name), [
    "ext4",
    "xfs",
    "btrfs",
    "ntfs",
    "vfat",
    "iso9660",
    "a physical volume of LVM",
    "an encrypted volume (LUKS)",
    "swap space",
    "a part of a ZFS pool",
  ]);
});

Deno.test("what is encrypted is no file system, whatever is behind its mark", () => {
  assertEquals(readVolumeContent(volume([3, "-FVE-FS-"], [0x52, "FAT32   "]))?.kind, "other");
});

Deno.test("a volume of any size may hold nothing", () => {
  for (const size of [0, 1, 3, 512, 0x439, 0x10041, 128 * 1024 + 4, VOLUME_START_BYTES]) {
    assertEquals(readVolumeContent(new Uint8Array(size)), undefined);
    // Marks are never read across the end.
    assertEquals(readVolumeContent(volume([0x438, "\x53\xef"]).subarray(0, 0x439)), undefined);
  }
});
