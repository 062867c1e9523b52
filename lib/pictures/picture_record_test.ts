import { assertEquals } from "@std/assert";
import { parsePictureRecord } from "./picture_record.ts";

const NAME = "pbs-client-0123456789abcdef-1";
const BTRFS = {
  kind: "btrfs",
  fileSystem: "8b52b792-c415-4120-809a-2f2b8ec31241",
  name: `.${NAME}`,
  parent: "0da1f278-5289-d640-a2e5-cb940845d37c",
};
const LVM = { kind: "lvm", group: "vg", name: NAME, origin: "root" };

function linesOf(...values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}

Deno.test("parsePictureRecord() knows what was announced, taken and removed", () => {
  const text = linesOf(
    { number: 1, take: BTRFS },
    { number: 1, taken: "id" },
    { number: 2, take: LVM },
    { number: 3, take: LVM },
    { number: 3, removed: true },
    { number: 4, taken: "never announced" },
  );
  assertEquals(parsePictureRecord(text).map(({ number, identity }) => [number, identity]), [
    [1, "id"],
    [2, undefined],
  ]);
  // A crash can cut the last line at any byte: all before it counts.
  const whole = linesOf({ number: 1, take: BTRFS });
  for (let end = 0; end < whole.length; end++) {
    assertEquals(parsePictureRecord(whole.slice(0, end)), []);
    assertEquals(parsePictureRecord(whole + whole.slice(0, end)).length, 1);
  }
});

Deno.test("parsePictureRecord() passes over everything that this program would not have made", () => {
  const others = [
    { ...LVM, name: "root" },
    { ...LVM, name: `${NAME}/../root` },
    { ...LVM, name: "" },
    { ...LVM, group: "-f" },
    { ...LVM, group: 7 },
    { ...LVM, kind: "rm" },
    { ...BTRFS, name: `../${NAME}` },
    { ...BTRFS, name: ".." },
    { ...BTRFS, fileSystem: "/" },
    { ...BTRFS, fileSystem: undefined },
    { kind: "zfs", dataset: "--force", name: NAME },
    { kind: "zfs", dataset: "tank@other", name: NAME },
    [LVM],
    null,
    "lvm",
  ];
  assertEquals(
    parsePictureRecord(linesOf(...others.map((take, number) => ({ number, take })))),
    [],
  );
  assertEquals(parsePictureRecord("null\n[]\n7\n{\n\n"), []);
});
