import { assertEquals } from "@std/assert";
import { checkImports } from "../../scripts/layers/check_imports.ts";

function problems(
  sources: Record<string, string>,
  known: readonly (readonly string[])[] = [],
): readonly string[] {
  return checkImports(new Map(Object.entries(sources)), known).problems;
}

Deno.test("files that import each other are a circle, whatever is between them", () => {
  const sources = {
    "lib/a/one.ts": 'import { two } from "./two.ts";\n',
    "lib/a/two.ts": 'export type { Three } from "./three.ts";\n',
    "lib/a/three.ts": 'const one = await import("./one.ts");\n',
    "lib/a/four.ts": 'import { one } from "./one.ts";\n',
  };
  const cycle = ["lib/a/one.ts", "lib/a/three.ts", "lib/a/two.ts"];
  assertEquals(problems(sources), [
    "files import each other in a circle: lib/a/one.ts, lib/a/three.ts, lib/a/two.ts",
  ]);
  assertEquals(problems(sources, [cycle]), []);
});

Deno.test("a circle that is undone has to leave the list of known ones", () => {
  assertEquals(problems({ "lib/a/one.ts": "" }, [["lib/a/one.ts", "lib/a/two.ts"]]), [
    "this circle of files is undone, take it off the list: lib/a/one.ts, lib/a/two.ts",
  ]);
});

Deno.test("folders of a room may not import each other, nor a folder the files beside it", () => {
  const found = problems({
    "lib/a/mod.ts": 'import { one } from "./in/one.ts";\n',
    "lib/a/side.ts": "",
    "lib/a/in/one.ts": 'import { side } from "../side.ts";\n',
  });
  assertEquals(found, ["folders of a room import each other in a circle: lib/a, lib/a/in"]);
});

Deno.test("an import upwards, past a door or in a circle of rooms is a problem", () => {
  const found = problems({
    "ffi/a.ts": 'import { b } from "../lib/b/mod.ts";\n',
    "lib/b/mod.ts": 'import { c } from "../c/inner.ts";\n',
    "lib/b/b_test.ts": 'import { c } from "../c/inner.ts";\n',
    "lib/c/inner.ts": 'import { b } from "../b/mod.ts";\n',
  });
  assertEquals(found, [
    "ffi/a.ts: imports upwards: lib/b/mod.ts",
    "lib/b/mod.ts: passes the door of another room: lib/c/inner.ts",
    "rooms import each other in a circle: lib/b, lib/c",
    "files import each other in a circle: lib/b/mod.ts, lib/c/inner.ts",
  ]);
});

Deno.test("the page takes the types of requests from lib, and is taken by nobody", () => {
  const found = problems({
    "page/main.tsx": 'import type { Answer } from "../lib/page/page_api.ts";\n',
    "page/view.tsx": 'import { open } from "../lib/page/mod.ts";\n',
    "cli/a.ts": 'import { view } from "../page/view.tsx";\n',
  });
  assertEquals(found, [
    "page/view.tsx: is in the browser and has only the types of requests: lib/page/mod.ts",
    "cli/a.ts: imports upwards: page/view.tsx",
  ]);
});

Deno.test("a folder with a door is a room within its room", () => {
  const found = problems({
    "lib/a/mod.ts": 'export { one } from "./in/mod.ts";\n',
    "lib/a/in/mod.ts": 'export * from "./one.ts";\n',
    "lib/a/in/one.ts": "",
    "lib/a/beside/two.ts": 'import { one } from "../in/one.ts";\n',
    "lib/b/mod.ts": 'import { one } from "../a/in/mod.ts";\n',
    "lib/b/in/mod.ts": 'import { b } from "../b.ts";\n',
    "lib/b/b.ts": 'import { b } from "./in/mod.ts";\n',
  });
  assertEquals(found, [
    "lib/a/beside/two.ts: passes the door of another room: lib/a/in/one.ts",
    "lib/b/mod.ts: enters a room within another room: lib/a/in/mod.ts",
    "lib/b/in/mod.ts: passes the door of another room: lib/b/b.ts",
    "rooms import each other in a circle: lib/b, lib/b/in",
    "files import each other in a circle: lib/b/b.ts, lib/b/in/mod.ts",
  ]);
});

Deno.test("an example may import what imports its file", () => {
  const found = problems({
    "lib/a/one.ts": '/**\n * import { two } from "./two.ts";\n */\n',
    "lib/a/two.ts": 'import { one } from "./one.ts";\n',
  });
  assertEquals(found, []);
});
