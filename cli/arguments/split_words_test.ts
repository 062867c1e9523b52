import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Parameter } from "../command.ts";
import type { Argument } from "./argument.ts";
import { parseBoolean } from "./parse_boolean.ts";
import { ParameterProblems } from "./parameter_problems.ts";
import { isPlainWord, splitWords } from "./split_words.ts";

function parameter(name: string, kind: "string" | "boolean", fallback?: boolean): Parameter {
  return {
    name,
    type: { kind },
    description: "",
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}

const command = {
  positionals: [{ ...parameter("spec", "string"), repeatable: true }],
  options: [
    parameter("name", "string"),
    parameter("dry-run", "boolean", false),
    parameter("merge", "boolean", true),
  ],
};

/** Splits and shows: options as `name=value`, positionals, problems. */
function split(...words: string[]): { options: string[]; positionals: string[]; wrong: string } {
  const problems = new ParameterProblems();
  const result = splitWords(command, words.map((text) => ({ text })), problems);
  let wrong = "";
  try {
    problems.throwIfAny();
  } catch (error) {
    wrong = (error as Error).message.replace("parameter verification failed", "").trim();
  }
  return {
    options: result.options.map(({ name, value }) =>
      value === true ? name : `${name}=${value.text}`
    ),
    positionals: result.positionals.map(({ text }) => text),
    wrong,
  };
}

Deno.test("splitWords() follows the table of the specification", () => {
  const cases: [string[], string[], string[], string][] = [
    [["--dry-run", "root.pxar:/"], ["dry-run"], ["root.pxar:/"], ""],
    [["--dry-run", "yes", "x"], ["dry-run=yes"], ["x"], ""],
    [["--dry-run=off"], ["dry-run=off"], [], ""],
    [["--merge"], [], [], "- 'merge': missing boolean value."],
    [["--merge", "--name=x"], ["name=x"], [], "- 'merge': missing boolean value."],
    [["--merge", "no"], ["merge=no"], [], ""],
    [["--dry-run", "maybe"], ["dry-run"], ["maybe"], ""],
    [
      ["--name", "-5"],
      [],
      [],
      ":\n- 'name': missing parameter value.\n- '5': missing parameter value.",
    ],
    [["--name=-5"], ["name=-5"], [], ""],
    [["-name", "json"], ["name=json"], [], ""],
    [["-name=a=b"], ["name=a=b"], [], ""],
    [["--name="], ["name="], [], ""],
    [["--name", ""], ["name="], [], ""],
    [["--name", "-"], ["name=-"], [], ""],
    [["--name", "--"], [], [], "- 'name': missing parameter value."],
    [["-", "", "a"], [], ["-", "", "a"], ""],
    [["--", "--name", "x"], [], ["--name", "x"], ""],
    [["---name=v"], ["-name=v"], [], ""],
    [["--=v"], ["=v"], [], ""],
    [["--unknown", "v"], ["unknown=v"], [], ""],
  ];
  for (const [words, options, positionals, wrong] of cases) {
    assertEquals(split(...words), { options, positionals, wrong }, words.join(" "));
  }
});

Deno.test("splitWords() keeps every plain word, once and in order", () => {
  const word = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom("--dry-run", "--name", "--name=x", "yes", "-", "--", "-x", "--merge"),
  );
  fc.assert(fc.property(fc.array(word, { maxLength: 8 }), (words) => {
    const problems = new ParameterProblems();
    const arguments_ = words.map((text): Argument => ({ text }));
    const { options, positionals } = splitWords(command, arguments_, problems);
    const end = words.indexOf("--");
    const isAfterEnd = (index: number): boolean => end >= 0 && index > end;
    const plain = arguments_.filter(({ text }, index) => isAfterEnd(index) || isPlainWord(text));
    const taken = new Set([
      ...positionals,
      ...options.flatMap(({ value }) => (value === true ? [] : [value])),
    ]);
    // A `--` that is the value of nothing ends the options; all plain words went somewhere.
    for (const word of plain) assertEquals(taken.has(word), true, word.text);
    assertEquals(positionals, arguments_.filter((word) => positionals.includes(word)));
  }));
});

Deno.test("splitWords() gives a boolean the next word only if it reads like one", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const { options, positionals } = split("--dry-run", text);
    const isLiteral = isPlainWord(text) && parseBoolean(text) !== undefined;
    if (!isPlainWord(text)) return;
    assertEquals(options, isLiteral ? [`dry-run=${text}`] : ["dry-run"]);
    assertEquals(positionals, isLiteral ? [] : [text]);
  }));
});

Deno.test("splitWords() cuts raw bytes at the same place as the text", () => {
  const bytes = new TextEncoder().encode("--name=a=").slice();
  const raw = new Uint8Array([...bytes, 0xff]);
  const word = { text: "--name=a=\ufffd", bytes: raw };
  const { options } = splitWords(command, [word], new ParameterProblems());
  assertEquals(options, [
    { name: "name", value: { text: "a=\ufffd", bytes: new Uint8Array([0x61, 0x3d, 0xff]) } },
  ]);
});
