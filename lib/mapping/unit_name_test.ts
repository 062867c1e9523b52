import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { escapeUnitName, fileNameFor, unescapeUnitName } from "./unit_name.ts";

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

Deno.test("a name that is too long for a file keeps its end, and is one of its own", () => {
  const short = "a".repeat(255);
  assertEquals(fileNameFor(short), short);
  const end = "tank:host/web-1/disk.img";
  for (let length = 200; length < 300; length++) {
    const name = "s3:https://" + "x".repeat(length) + "-".repeat(length) + end;
    const file = fileNameFor(name);
    assert(file.length <= 255);
    assert(file.length > 250);
    // Nothing is left of an escape that was cut.
    assertMatch(file, /^[0-9a-f]{16}\.\.\.(\\x[0-9a-f]{2})+tank\\x3ahost-web\\x2d1-disk\.img$/);
    assertEquals(fileNameFor(name), file);
    assertNotEquals(fileNameFor(`s3:http://${name.slice(11)}`), file);
  }
});

Deno.test("what is not escaped properly stays as it is", () => {
  assertEquals(unescapeUnitName(String.raw`a\x4-b\y\x`), String.raw`a\x4/b\y\x`);
});
