import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compileC, INCLUDE } from "../tests/support/compile_c.ts";
import {
  constantName,
  constantsName,
  layoutHeader,
  type LayoutTable,
  layoutTypeScript,
  macroName,
  nativeLayout,
  sizeName,
  structName,
} from "../tests/support/native_layout.ts";
import * as constants from "./native_layout.ts";

const WRITE_AGAIN = "scripts/write_native_layout.ts writes it anew";
/** A C program that compiles if the headers say what the TypeScript constants say. */
function assertions(tables: readonly LayoutTable[], shift = 0n): string {
  const lines = ["#include <stddef.h>", '#include "pbs_layout.h"'];
  const all: Record<string, unknown> = constants;
  for (const table of tables) {
    const numbers = all[constantsName(table)] as Record<string, number | bigint>;
    const unit = table.form === "words" ? 4n : 1n;
    for (const item of table.items) {
      const value = BigInt(numbers[constantName(table, item)]!) * unit + shift;
      const found = table.form === "values"
        ? macroName(table, item)
        : `offsetof(struct ${structName(table)}, ${item.name})`;
      lines.push(`_Static_assert(${found} == ${value}u, "${table.name}.${item.name}");`);
    }
    if (table.form === "values") continue;
    const size = BigInt(all[sizeName(table)] as number) + shift;
    lines.push(`_Static_assert(sizeof(struct ${structName(table)}) == ${size}u, "${table.name}");`);
  }
  return lines.join("\n") + "\n";
}

Deno.test("header and TypeScript constants are what the native core tells of its records", () => {
  const tables = nativeLayout();
  const header = Deno.readTextFileSync(`${INCLUDE}/pbs_layout.h`);
  assertEquals(header, layoutHeader(tables), WRITE_AGAIN);
  const script = Deno.readTextFileSync(new URL("native_layout.ts", import.meta.url));
  assertEquals(script, layoutTypeScript(tables), WRITE_AGAIN);
});

Deno.test("every record and value of the native core has its constants, and no others exist", () => {
  const expected = nativeLayout().flatMap((table) =>
    table.form === "values" ? [constantsName(table)] : [constantsName(table), sizeName(table)]
  );
  assertEquals(Object.keys(constants).sort(), expected.sort());
});

Deno.test("a C compiler lays the records out as the TypeScript constants say", async () => {
  const tables = nativeLayout();
  const { ok, text } = await compileC("c11", assertions(tables));
  assert(ok, text);
  // The comparison is one: with every number off by one, each assertion fails.
  const shifted = await compileC("c11", assertions(tables, 1n));
  const failed = shifted.text.match(/static assertion failed/g)?.length ?? 0;
  assertEquals(failed, assertions(tables).match(/^_Static_assert/gm)!.length);
  assertStringIncludes(shifted.text, "CaptureEntry.mode");
});

Deno.test("every header compiles by itself, as C11 and as C++", async () => {
  for (const { name } of Deno.readDirSync(INCLUDE)) {
    for (const standard of ["c11", "c++17"]) {
      // Twice: what guards against that is part of a header.
      const program = `#include "${name}"\n#include "${name}"\nextern int complete;\n`;
      const { ok, text } = await compileC(standard, program);
      assert(ok, text);
    }
  }
});
