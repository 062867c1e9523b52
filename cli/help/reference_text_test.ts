import { assertEquals } from "@std/assert";
import { referenceText } from "./reference_text.ts";

Deno.test("referenceText() gives every command a section in which no text means markup", () => {
  const text = referenceText([{
    name: "a b",
    description: "Does *this* with `that`, a_b|c\\d.",
    positionals: [{
      name: "paths",
      type: { kind: "string" },
      required: true,
      repeatable: true,
      description: "Some.",
    }],
    options: [
      { name: "zeta", type: { kind: "boolean" }, default: true, description: "Z." },
      { name: "must", type: { kind: "integer", minimum: 1 }, required: true, description: "M." },
      { name: "form", type: { kind: "enum", values: ["x", "y"] }, description: "F." },
    ],
    output: "none",
  }], "prog");
  assertEquals(
    text,
    [
      "prog",
      "====",
      "",
      "a b",
      "---",
      "",
      "``prog a b {<paths>} --must <integer> (1 - N) [OPTIONS]``",
      "",
      "Does \\*this\\* with \\`that\\`, a\\_b\\|c\\\\d.",
      "",
      "``<paths>`` : ``<string>``",
      "  Some. Can be given more than once.",
      "",
      "``--must`` : ``<integer> (1 - N)``",
      "  M.",
      "",
      "Optional parameters:",
      "",
      "``--form`` : ``x|y``",
      "  F.",
      "",
      "``--zeta`` : ``<boolean>`` : ``default: true``",
      "  Z.",
      "",
    ].join("\n"),
  );
});
