import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../errors/mod.ts";
import { GlobKind } from "../../ffi/native_layout.ts";
import { Glob } from "./match_glob.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The matching procedure word by word as the specification has it, without any shortcut. */
function referenceMatch(glob: Glob, text: Uint8Array): boolean {
  type Result = "match" | "no" | "abort" | "up";
  const components = glob.components;
  const match = (ci: number, at: number, skip = 0): Result => {
    for (; ci < components.length; ci++) {
      const { kind, literal, members } = components[ci]!;
      const isLast = ci + 1 === components.length;
      if (kind === GlobKind.Star) {
        if (isLast && !text.subarray(at).includes(0x2f)) return "match";
        for (;; at++) {
          if (at === text.length) return "abort";
          const result = match(ci + 1, at);
          if (result !== "no") return result;
          if (text[at] === 0x2f) return "up";
        }
      }
      if (kind === GlobKind.StarStar) {
        if (isLast || match(ci + 1, at, 1) === "match") return "match";
        for (;; at++) {
          if (at === text.length) return "abort";
          const result = match(ci + 1, at);
          if (result === "match" || result === "abort") return result;
        }
      }
      if (at === text.length) return "abort";
      if (kind === GlobKind.Literal) {
        for (const byte of literal!.subarray(skip)) if (text[at++] !== byte) return "no";
        skip = 0;
      } else if (kind === GlobKind.AnyByte ? text[at] === 0x2f : members![text[at]!] === 0) {
        return "no";
      } else {
        at++;
      }
    }
    return at === text.length ? "match" : "no";
  };
  return match(0, 0) === "match";
}

const token = fc.constantFrom(
  ..."a b / * ** ? . [ab] [^a] [] [^] [a-]] ab **/ /**/ */ a/".split(" "),
);
const text = fc.array(fc.constantFrom("a", "b", "/", "."), { maxLength: 14 });

Deno.test("Glob.matches() agrees with the procedure of the specification", () => {
  fc.assert(
    fc.property(fc.array(token, { minLength: 1, maxLength: 7 }), text, (pattern, path) => {
      const glob = new Glob(bytes(pattern.join("")));
      const pathBytes = bytes(path.join(""));
      assertEquals(glob.matches(pathBytes), referenceMatch(glob, pathBytes));
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("Glob.matchesPathSuffix() tests the path and what follows each slash", () => {
  fc.assert(
    fc.property(fc.array(token, { minLength: 1, maxLength: 6 }), text, (pattern, path) => {
      const glob = new Glob(bytes(pattern.join("")));
      const pathBytes = bytes(path.join(""));
      const starts = [0, ...[...pathBytes].flatMap((byte, i) => byte === 0x2f ? [i + 1] : [])];
      const expected = pathBytes.length > 0 &&
        starts.some((start) => glob.matches(pathBytes.subarray(start)));
      assertEquals(glob.matchesPathSuffix(pathBytes), expected);
    }),
    { numRuns: 10_000 },
  );
});

Deno.test("Glob matches bytes that are not UTF-8", () => {
  const glob = new Glob(new Uint8Array([0xff, 0x3f, 0x2a]));
  assert(glob.matches(new Uint8Array([0xff, 0xfe])));
  assertFalse(glob.matches(new Uint8Array([0xfe, 0xfe])));
});

Deno.test("Glob takes no exponential time for patterns of many stars", () => {
  const path = new Uint8Array(4000).fill(0x61);
  assertFalse(new Glob(bytes("*a".repeat(100) + "b")).matches(path));
  assertFalse(new Glob(bytes("**/".repeat(100) + "*a*b")).matchesPathSuffix(path));
});

for (
  const [pattern, reason] of [
    ["", "empty"],
    ["abc\\", "backslash"],
    ["x[a", "byte 1 is not closed"],
    ["[[:foo:]]", "named class"],
    ["a\0", "zero byte"],
  ] as const
) {
  Deno.test(`Glob refuses ${JSON.stringify(pattern)} by name`, () => {
    const error = assertThrows(() => new Glob(bytes(pattern)), UsageError, reason);
    assert(error.message.startsWith('pattern "'), error.message);
  });
}

Deno.test("Glob refuses or compiles any bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (pattern) => {
    try {
      new Glob(pattern).matchesPathSuffix(pattern);
    } catch (error) {
      assert(error instanceof UsageError);
    }
  }));
});
