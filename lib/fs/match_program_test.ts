import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { matchNative } from "../../ffi/capture.ts";
import { MatchEntry } from "./match_entry.ts";
import { evaluateMatchList, type MatchList } from "./match_list.ts";
import { compileMatchList } from "./match_program.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const RESULTS = [undefined, "include", "exclude"] as const;

function evaluateNatively(list: MatchList, path: Uint8Array<ArrayBuffer>, isDirectory: boolean) {
  return RESULTS[matchNative(compileMatchList(list), path, isDirectory)];
}

interface Case {
  kind: "glob" | "entry" | "entry-anchored";
  pattern: string;
  path: string;
  dir?: boolean;
  expect: unknown;
}

const vectors = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors/pathpatterns.json", import.meta.url)),
) as { cases: Case[] };
const entries = vectors.cases.filter(({ kind }) => kind !== "glob");

Deno.test(`the native core gives the recorded results of entries (${entries.length} cases)`, () => {
  for (const { kind, pattern, path, dir, expect } of entries) {
    const entry = new MatchEntry(bytes(pattern), "exclude", kind === "entry-anchored");
    const result = evaluateNatively([entry], bytes(path), dir ?? false) ?? "none";
    assertEquals(result, expect, `${pattern} ${path}`);
  }
});

const token = fc.constantFrom(
  ..."a b / / * * ** ? . [ab] [^a] [!b] [[:alpha:]] \\* \\[ **/ /**/ */ a/".split(" "),
);
const text = fc.array(fc.constantFrom("a", "b", "/", ".", "*", "[", "é"), { maxLength: 24 });

Deno.test("the native core and TypeScript agree on any match list", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.boolean(), fc.boolean(), fc.array(token, { minLength: 1, maxLength: 8 })),
        { maxLength: 4 },
      ),
      text,
      fc.boolean(),
      (patterns, path, isDirectory) => {
        const list = patterns.map(([include, anchored, tokens]) =>
          new MatchEntry(bytes((include ? "!" : "") + tokens.join("")), "exclude", anchored)
        );
        const pathBytes = bytes(path.join(""));
        assertEquals(
          evaluateNatively(list, pathBytes, isDirectory),
          evaluateMatchList(list, pathBytes, isDirectory),
        );
      },
    ),
    { numRuns: 5000 },
  );
});
