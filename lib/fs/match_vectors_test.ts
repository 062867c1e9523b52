import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { MatchEntry } from "./match_entry.ts";
import { Glob } from "./match_glob.ts";

interface Case {
  kind: "glob" | "entry" | "entry-anchored";
  pattern: string;
  path: string;
  dir?: boolean;
  expect: boolean | "error" | "exclude" | "include" | "none";
}

const vectors = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors/pathpatterns.json", import.meta.url)),
) as { cases: Case[] };
const bytes = (text: string) => new TextEncoder().encode(text);

function run(test: Case): Case["expect"] {
  if (test.kind === "glob") return new Glob(bytes(test.pattern)).matches(bytes(test.path));
  const entry = new MatchEntry(bytes(test.pattern), "exclude", test.kind === "entry-anchored");
  return entry.matches(bytes(test.path), test.dir ?? false) ? entry.type : "none";
}

Deno.test(`patterns give the recorded results (${vectors.cases.length} cases)`, () => {
  assertEquals(vectors.cases.length, 521);
  for (const test of vectors.cases) {
    if (test.expect === "error") assertThrows(() => run(test), UsageError, "pattern ");
    else assertEquals(run(test), test.expect, JSON.stringify(test));
  }
});
