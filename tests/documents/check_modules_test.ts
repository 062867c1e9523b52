import { assertEquals } from "@std/assert";
import { checkModules } from "../../scripts/layers/check_modules.ts";

function problems(
  sources: Record<string, string>,
  known: readonly (readonly string[])[] = [],
): readonly string[] {
  return checkModules(new Map(Object.entries(sources)), known);
}

Deno.test("modules of a crate that use each other are a circle, whatever is between them", () => {
  const sources = {
    "native/a/src/one.rs": "use crate::{\n    four,\n    two::{self, Two},\n};\n",
    "native/a/src/two/part.rs": "fn part() { crate::three::call() }\n",
    "native/a/src/three.rs": "use crate::one::One;\n",
    "native/a/src/four.rs": "",
    "native/b/src/two.rs": "use crate::one::One;\n",
  };
  assertEquals(problems(sources), [
    "modules use each other in a circle: a/one, a/three, a/two",
  ]);
  assertEquals(problems(sources, [["a/one", "a/three", "a/two"]]), []);
});

Deno.test("what the tests of a module use is no circle", () => {
  const sources = {
    "native/a/src/one.rs": "#[cfg(test)]\nmod tests {\n    use crate::two::Two;\n}\n",
    "native/a/src/two.rs": "use crate::one::One;\n",
  };
  assertEquals(problems(sources), []);
});

Deno.test("a circle of modules that is undone has to leave the list of known ones", () => {
  assertEquals(problems({ "native/a/src/one.rs": "" }, [["a/one", "a/two"]]), [
    "no circle any more, take it off the list: a/one,a/two",
  ]);
});
