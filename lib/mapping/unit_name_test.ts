import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { escapeUnitName, unescapeUnitName } from "./unit_name.ts";

Deno.test("names are escaped as those of units are", () => {
  // The example of the specification (cli.md §4.12).
  assertEquals(
    escapeUnitName("joe@pbs@h:8007:my-tank:host/web1/disk.img"),
    String.raw`joe\x40pbs\x40h\x3a8007\x3amy\x2dtank\x3ahost-web1-disk.img`,
  );
  assertEquals(escapeUnitName(".a..b_"), String.raw`\x2ea..b_`);
  assertEquals(escapeUnitName("é\\"), String.raw`\xc3\xa9\x5c`);
});

Deno.test("an escaped name gives the name again", () => {
  fc.assert(fc.property(
    fc.string({ unit: "grapheme" }),
    (name) => assertEquals(unescapeUnitName(escapeUnitName(name)), name),
  ));
});

Deno.test("what is not escaped properly stays as it is", () => {
  assertEquals(unescapeUnitName(String.raw`a\x4-b\y\x`), String.raw`a\x4/b\y\x`);
});
