import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../cli/command_table.ts";
import type { Command } from "../../cli/command.ts";
import { HELP_WIDTH } from "../../cli/help/wrap_text.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { LOADED_COMMANDS } from "../support/loaded_commands.ts";

/** Words of every group of commands, e.g. `snapshot notes`. */
const GROUPS = [
  ...new Set(COMMANDS.flatMap(({ name }) => {
    const words = name.split(" ");
    return words.slice(1).map((_, index) => words.slice(0, index + 1).join(" "));
  })),
].toSorted();

/** What a help call prints; it must succeed, say nothing else and fit a terminal. */
async function help(words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runInProcess(words, {});
  assertEquals([code, stderr], [0, ""], words.join(" "));
  assertFits(stdout);
  return stdout;
}

function assertFits(text: string): void {
  const wide = text.split("\n").filter((line) => [...line].length > HELP_WIDTH);
  assertEquals(wide, []);
}

function assertExplains(text: string, { positionals, options, description }: Command): void {
  assertStringIncludes(text.replaceAll(/\s+/g, " "), description);
  for (const { name } of positionals) assertMatch(text, new RegExp(`^ <${name}> `, "m"));
  for (const option of options) {
    const [line = ""] = new RegExp(`^ --${option.name} .*$`, "m").exec(text) ?? [];
    assertStringIncludes(line, `--${option.name}`);
    if (option.default !== undefined) assertStringIncludes(line, `(default=${option.default})`);
    if (option.type.kind === "enum") assertStringIncludes(line, option.type.values.join("|"));
  }
}

Deno.test(`each of ${COMMANDS.length} commands explains itself within the width of a terminal`, async () => {
  for (const command of LOADED_COMMANDS) {
    const words = command.name.split(" ");
    const text = await help([...words, "--help"]);
    assertMatch(text, new RegExp(`^Usage: pbs-client ${command.name}`));
    assertExplains(text, command);
    assertEquals(await help([...words, "-h"]), text);
    assertEquals(await help(["help", ...words]), text);
  }
});

Deno.test(`each of ${GROUPS.length} groups of commands lists what is in it`, async () => {
  for (const group of GROUPS) {
    const words = group.split(" ");
    const text = await help([...words, "--help"]);
    assertEquals(await help([...words, "-h"]), text);
    const terse = await help(["help", ...words]);
    for (const { name } of COMMANDS.filter(({ name }) => name.startsWith(`${group} `))) {
      const last = name.split(" ").at(-1)!;
      assertMatch(text, new RegExp(`\\b${last}\\b`), `${name} in ${group} --help`);
      assertStringIncludes(terse, name);
    }
  }
});

Deno.test("the program's own --help names every word that may come first", async () => {
  const text = await help(["--help"]);
  for (const { name } of COMMANDS) assertMatch(text, new RegExp(`^ ${name.split(" ")[0]} `, "m"));
  assertEquals(await help(["-h"]), text);
});

Deno.test("help without words has a usage for every command, with --verbose everything", async () => {
  const lines = (await help(["help"])).split("\n");
  assertEquals(lines.slice(0, 2), ["Usage:", ""]);
  const text = await help(["help", "--verbose"]);
  for (const command of COMMANDS) {
    const line = lines.find((each) => each === command.name || each.startsWith(`${command.name} `));
    assertEquals(line?.startsWith(command.name), true, command.name);
    assertStringIncludes(text, `${command.name}`);
  }
});

Deno.test("--help behind a shortened group explains it, behind what is none is an error", async () => {
  assertEquals(await help(["snap", "--help"]), await help(["snapshot", "--help"]));
  assertEquals((await runInProcess(["nonsense", "--help"], {})).code, 255);
  assertEquals((await runInProcess(["snapshot", "nonsense", "--help"], {})).code, 255);
});

Deno.test("usage shown with an error also fits a terminal", async () => {
  const group = await runInProcess(["key"], {});
  assertEquals(group.code, 255);
  assertFits(group.stderr.split("\n").slice(2).join("\n"));
  const command = await runInProcess(["key", "import-with-master-key"], {});
  assertEquals(command.code, 255);
  assertFits(command.stderr.split("\n").slice(1).join("\n"));
});
