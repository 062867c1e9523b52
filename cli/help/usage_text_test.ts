import { assertEquals } from "@std/assert";
import type { Command, Parameter } from "../command.ts";
import { typeText, usageLine, usageLines, usageText } from "./usage_text.ts";

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

Deno.test("usageLines() breaks a line that is too long between its parts", () => {
  const names = ["first", "second", "third"].map((name) => `${name}-file-of-a-key`);
  const long = { ...command, options: names.map((name) => parameter(name, { required: true })) };
  assertEquals(
    usageLines([long], "program"),
    "program group move <group> [{<more>}] --first-file-of-a-key <string>\n" +
      "    --second-file-of-a-key <string> --third-file-of-a-key <string>\n",
  );
});

Deno.test("usageText() says what a value has to look like", () => {
  const format = { name: "safe-name", refusal: () => undefined };
  const type = { kind: "string" as const, minLength: 3, maxLength: 32, format };
  const text = usageText({ ...command, options: [parameter("datastore", { type })] }, "program");
  assertEquals(
    text.slice(text.indexOf(" --datastore")),
    ` --datastore <string>
             Some words. Format: letters, digits, _, - and ., the first neither
             - nor a full stop. Length: 3 to 32 characters.
`,
  );
});
