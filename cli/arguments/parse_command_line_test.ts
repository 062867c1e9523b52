import { assertEquals, assertThrows } from "@std/assert";
import type { Parameter } from "../command.ts";
import { ArgumentError } from "./argument_error.ts";
import { parseCommandLine } from "./parse_command_line.ts";

function option(name: string, rest: Partial<Parameter> = {}): Parameter {
  return { name, type: { kind: "string" }, description: "", ...rest };
}

const command = {
  positionals: [option("first", { required: true }), option("second")],
  options: [
    option("many", { repeatable: true }),
    option("count", { type: { kind: "integer", minimum: 1 } }),
    option("flag", { type: { kind: "boolean" } }),
    option("path", { type: { kind: "string", acceptsBytes: true } }),
  ],
};

function complaint(target: typeof command, ...words: string[]): string {
  const error = assertThrows(
    () => parseCommandLine(target, words.map((text) => ({ text }))),
    ArgumentError,
  );
  return error.message.replace("parameter verification failed", "");
}

Deno.test("parseCommandLine() takes the last positional alone with the switch that says so", () => {
  const switchable = {
    positionals: [option("first", { required: true }), option("last", { required: true })],
    lastAloneWith: "all",
    options: [option("all", { type: { kind: "boolean" } })],
  };
  const parse = (...words: string[]) =>
    parseCommandLine(switchable, words.map((text) => ({ text })));
  assertEquals(parse("--all", "x").text("last"), "x");
  assertEquals(parse("x", "--all=yes").text("first"), undefined);
  assertEquals(parse("x", "y", "--all=no").text("last"), "y");
  assertThrows(() => parse("x"), ArgumentError, "'last': missing argument");
  assertThrows(() => parse("x", "y", "--all"), ArgumentError, "additional arguments");
});

Deno.test("parseCommandLine() collects repeatable options and fills positionals in order", () => {
  const words = ["--many", "a", "x", "--many=b", "y", "--count", "+007", "--flag"];
  const values = parseCommandLine(command, words.map((text) => ({ text })));
  assertEquals(values.texts("many"), ["a", "b"]);
  assertEquals([values.text("first"), values.text("second")], ["x", "y"]);
  assertEquals([values.integer("count"), values.flag("flag")], [7, true]);
  assertEquals(values.has("path"), false);
});

Deno.test("parseCommandLine() gives the declared defaults, and still tells what was given", () => {
  const command = {
    positionals: [],
    options: [
      option("mode", { default: "legacy" }),
      option("count", { type: { kind: "integer" }, default: 3 }),
      option("flag", { type: { kind: "boolean" }, default: true }),
    ],
  };
  const bare = parseCommandLine(command, []);
  assertEquals([bare.requiredText("mode"), bare.requiredInteger("count")], ["legacy", 3]);
  assertEquals(bare.flag("flag"), true);
  assertEquals([bare.has("mode"), bare.has("count"), bare.has("flag")], [false, false, false]);
  assertEquals([bare.givenText("mode"), bare.givenInteger("count")], [undefined, undefined]);
  const words = ["--mode=data", "--count=0", "--flag=no"].map((text) => ({ text }));
  const given = parseCommandLine(command, words);
  assertEquals([given.text("mode"), given.integer("count"), given.flag("flag")], [
    "data",
    0,
    false,
  ]);
  assertEquals([given.givenText("mode"), given.givenInteger("count")], ["data", 0]);
});

Deno.test("parseCommandLine() takes an optional positional as an option too", () => {
  const words = [{ text: "x" }, { text: "--second=y" }];
  assertEquals(parseCommandLine(command, words).text("second"), "y");
  assertEquals(complaint(command, "--first=x"), " - 'first': missing argument");
  assertEquals(complaint(command, "x", "--first=x"), " - 'first': duplicate parameter.");
});

Deno.test("parseCommandLine() reports one phase at a time", () => {
  assertEquals(
    complaint(command, "--many", "--count=0", "--nope=1"),
    ":\n- 'many': missing parameter value.\n- 'first': missing argument",
  );
  assertEquals(
    complaint(command, "x", "--count=0", "--nope=1", "--count=2", "y", "z"),
    ":\n- 'count': value must have a minimum value of 1 (got 0)\n" +
      "- 'nope': schema does not allow additional properties.",
  );
  assertEquals(
    complaint(command, "x", "--count=1", "--count=2"),
    " - 'count': duplicate parameter.",
  );
  assertEquals(complaint(command, "x", "y", "z", '"q'), 'got additional arguments: ["z", "\\"q"]');
});

Deno.test("parseCommandLine() names required options that are missing, sorted", () => {
  const strict = {
    positionals: [],
    options: [option("b", { required: true }), option("a", { required: true })],
  };
  assertEquals(
    complaint(strict as unknown as typeof command),
    ":\n- 'a': parameter is missing and it is not optional.\n" +
      "- 'b': parameter is missing and it is not optional.",
  );
});

Deno.test("parseCommandLine() lets raw bytes through only where a path is expected", () => {
  const raw = { text: "a\ufffd", bytes: new Uint8Array([0x61, 0xff]) };
  const values = parseCommandLine(command, [{ text: "x" }, { text: "--path" }, raw]);
  assertEquals(values.bytes("path"), raw.bytes);
  assertThrows(() => parseCommandLine(command, [raw]), ArgumentError, "not valid UTF-8");
});
