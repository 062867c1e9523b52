import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { evaluateMatchList } from "../fs/mod.ts";
import { Selection } from "./selection.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const path = fc.array(fc.constantFrom("a", "b*", "[c]", "d\\", "e?", "ü", "\n"), {
  minLength: 1,
  maxLength: 4,
}).map((names) => `/${names.join("/")}`);

Deno.test("a match list includes just the paths that were selected, few or many", () => {
  const many = Array.from({ length: 100 }, (_, i) => `/many/${i}`);
  fc.assert(
    fc.property(fc.array(path, { maxLength: 8 }), path, fc.boolean(), (paths, tested, more) => {
      const selection = new Selection();
      const selected = new Set([...paths, ...more ? many : []]);
      for (const each of selected) selection.addPath(encode(each));
      const match = evaluateMatchList(selection.toMatchList(), encode(tested), false);
      assertEquals(match, selected.has(tested) ? "include" : undefined);
      assertEquals(selection.hasPath(encode(tested)), selected.has(tested));
      const leadsTo = [...selected].some((each) => each.startsWith(`${tested}/`));
      assertEquals(selection.leadsTo(encode(tested)), leadsTo);
      for (const each of selected) selection.removePath(encode(each));
      assertEquals([selection.isEmpty, selection.leadsTo(encode("/many"))], [true, false]);
    }),
  );
});
