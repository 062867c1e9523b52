import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { evaluateMatchList } from "../fs/mod.ts";
import { GuestPath, patternOfLastName, patternsOf } from "./guest_path.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("paths lose slashes and dots that mean nothing", () => {
  for (const text of ["a.img.fidx/part/1", "/a.img.fidx//part/./1/"]) {
    const path = GuestPath.parse(bytes(text));
    assertEquals(path.bytes, bytes("a.img.fidx/part/1"));
    assertEquals([path.text(1), path.text(3)], ["part", undefined]);
    assertEquals(path.child(bytes("etc")), bytes("a.img.fidx/part/1/etc"));
  }
  for (const text of ["", "/", "./", "//"]) {
    assertEquals(GuestPath.parse(bytes(text)).components, []);
  }
});

Deno.test("names that are no text stay as they are", () => {
  const name = Uint8Array.of(0xff, 0x0a, 0x2e, 0x2e);
  const path = GuestPath.parse(Uint8Array.of(0x2f, 0x61, 0x2f, ...name));
  assertEquals(path.components.at(-1), name);
});

Deno.test("paths that lead upwards, have NUL or are too long are refused", () => {
  for (const text of ["..", "a/../b", "/../etc", "a/..", "a\0b", "a/".repeat(2049)]) {
    assertThrows(() => GuestPath.parse(bytes(text)), UsageError);
  }
});

Deno.test("patterns select one name, whatever characters it has", () => {
  const names = ["etc", "*", "[a]", "a\\b", "!a", "we?rd", "{x,y}", "a b\n"].map(bytes);
  for (const name of names) {
    const list = patternsOf(name);
    const selected = names.filter((other) =>
      evaluateMatchList(list, Uint8Array.of(0x2f, ...other), false) === "include"
    );
    assertEquals(selected, [name]);
    // What is below it is not looked at by either of them.
    const below = Uint8Array.of(0x2f, ...name, 0x2f, ...name);
    assertEquals(evaluateMatchList(list, below, false), undefined);
  }
});

Deno.test("only a path with a name has a pattern", () => {
  assertEquals(patternOfLastName(bytes("/a/b/")).pattern, bytes("/b"));
  assertThrows(() => patternOfLastName(bytes("/")), UsageError);
});
