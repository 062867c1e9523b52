import { assertEquals } from "@std/assert";
import type { Command, Parameter } from "../command.ts";
import { COMMANDS } from "../command_table.ts";
import { typeText, usageLine, usageText } from "./usage_text.ts";

function parameter(name: string, rest: Partial<Parameter> = {}): Parameter {
  return { name, type: { kind: "string" }, description: "Some words.", ...rest };
}

const command: Command = {
  name: "group move",
  description: "Move.",
  positionals: [
    parameter("group", { required: true }),
    parameter("more", { repeatable: true }),
  ],
  options: [
    parameter("z-limit", { type: { kind: "integer", minimum: 1, maximum: 1000 }, default: 50 }),
    parameter("target-ns", { required: true }),
    parameter("mode", { type: { kind: "enum", values: ["a", "b"] } }),
  ],
  output: "none",
  run: () => Promise.resolve(),
};

Deno.test("usageLine() shows positionals, required options and that there are others", () => {
  assertEquals(
    usageLine(command),
    "group move <group> [{<more>}] --target-ns <string> [OPTIONS]",
  );
});

Deno.test("usageText() lists positionals, required options, then optional ones by name", () => {
  assertEquals(
    usageText(command, "program"),
    `program group move <group> [{<more>}] --target-ns <string> [OPTIONS]

Move.

 <group>    <string>
             Some words.

 <more>     <string>
             Some words. Can be given more than once.

 --target-ns <string>
             Some words.

Optional parameters:

 --mode     a|b
             Some words.

 --z-limit  <integer> (1 - 1000)   (default=50)
             Some words.
`,
  );
});

Deno.test("typeText() leaves a missing bound open", () => {
  assertEquals(typeText({ kind: "integer", minimum: 0 }), "<integer> (0 - N)");
  assertEquals(typeText({ kind: "integer" }), "<integer>");
  assertEquals(typeText({ kind: "boolean" }), "<boolean>");
});

Deno.test("no line of any command's usage is wider than a terminal", () => {
  for (const each of COMMANDS) {
    for (const line of usageText(each, "pbs-client").split("\n").slice(1)) {
      assertEquals(line.length <= 80, true, line);
    }
  }
});
