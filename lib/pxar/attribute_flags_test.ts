import { assertEquals } from "@std/assert";
import {
  ALL_ATTRIBUTE_FLAGS,
  attributeFlagsFromLinux,
  DEFAULT_RESTORED_ATTRIBUTE_FLAGS,
  fatAttributesFromAttributes,
  INITIAL_ATTRIBUTE_FLAGS,
  linuxFlagsFromAttributes,
} from "./attribute_flags.ts";

// spec: pxar.md §8.1: bit in the archive, kernel's bit
const LINUX: [number, number][] = [
  [0x10000, 0x20],
  [0x20000, 0x80],
  [0x40000, 0x4],
  [0x80000, 0x800000],
  [0x100000, 0x40],
  [0x200000, 0x10000],
  [0x400000, 0x10],
  [0x800000, 0x8],
  [0x1000000, 0x400],
  [0x2000000, 0x20000000],
];
const FAT: [number, number][] = [[0x2000, 0x02], [0x4000, 0x04], [0x8000, 0x20]];

Deno.test("attribute flags translate bit by bit in both directions", () => {
  for (const [bit, linux] of LINUX) {
    assertEquals(attributeFlagsFromLinux(linux), bit);
    assertEquals(linuxFlagsFromAttributes(bit), linux);
    assertEquals(fatAttributesFromAttributes(bit), 0);
  }
  for (const [bit, fat] of FAT) {
    assertEquals(attributeFlagsFromLinux(0, fat), bit);
    assertEquals(fatAttributesFromAttributes(bit), fat);
    assertEquals(linuxFlagsFromAttributes(bit), 0);
  }
  assertEquals(attributeFlagsFromLinux(0x40 | 0x10), 0x500000);
});

Deno.test("attribute flags drop what has no counterpart", () => {
  assertEquals(attributeFlagsFromLinux(0x1000 | 0x80000, 0x10), 0);
  assertEquals(attributeFlagsFromLinux(0xffff_ffff, 0xff), ALL_ATTRIBUTE_FLAGS);
  assertEquals(linuxFlagsFromAttributes(0xffff_ffff), 0x2081_04fc);
});

Deno.test("attribute flags know what comes before the data and what is restored", () => {
  assertEquals(INITIAL_ATTRIBUTE_FLAGS, 0x030e_0000);
  assertEquals(ALL_ATTRIBUTE_FLAGS & ~DEFAULT_RESTORED_ATTRIBUTE_FLAGS, 0x0010_0000);
});
