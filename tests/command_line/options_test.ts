import { membersOf, ourMembers, selectMember } from "../../cli/arguments/find_command.ts";
import { assertEquals } from "@std/assert";
import { ABSENT_COMMANDS, ALIASES, COMMANDS } from "../../cli/command_table.ts";
import { RECORDED_ALIASES, RECORDED_COMMANDS, RECORDED_PROGRAMS } from "../support/cli_vectors.ts";
import {
  commandDocument,
  remarksOf,
  significantLines,
  UNEXPLAINED,
} from "../support/command_document.ts";
import { compareCommands } from "../support/compare_commands.ts";
import { LOADED_COMMANDS } from "../support/loaded_commands.ts";

const common = COMMANDS.filter((command) => !command.isOurs);

Deno.test("docs/internals/command-table.md explains every difference to the official table, and no other", async () => {
  const written = await Deno.readTextFile(
    new URL("../../docs/internals/command-table.md", import.meta.url),
  );
  const lines = significantLines(written);
  const advice = "run scripts/write_command_table.ts and explain what is new";
  assertEquals(lines, significantLines(commandDocument(remarksOf(written))), advice);
  assertEquals(lines.filter((line) => line.includes(`: ${UNEXPLAINED}`)), [], "not explained");
});

Deno.test("docs/internals/command-table.md has all commands and options that were recorded, and all of ours", async () => {
  const written = await Deno.readTextFile(
    new URL("../../docs/internals/command-table.md", import.meta.url),
  );
  const lines = significantLines(written);
  const ours = LOADED_COMMANDS.filter(({ isOurs }) => isOurs);
  const parameters = [...RECORDED_PROGRAMS, ...ours]
    .map(({ positionals, options }) => positionals.length + options.length);
  const added = compareCommands().filter(({ state }) => state === "there")
    .flatMap((command) => command.parameters.filter(({ state }) => state === "ours"));
  assertEquals(
    lines.filter((line) => line.startsWith("## `")).length,
    RECORDED_PROGRAMS.length + ours.length,
  );
  assertEquals(
    lines.filter((line) => line.startsWith("| `")).length,
    parameters.reduce((sum, count) => sum + count, added.length),
  );
});

Deno.test("every command of the official client is in the table or listed as absent", () => {
  assertEquals(
    [...common.map(({ name }) => name), ...ABSENT_COMMANDS].sort(),
    RECORDED_COMMANDS.map(({ command }) => command).sort(),
  );
});

Deno.test("the historic names are those of the official client", () => {
  assertEquals(ALIASES, RECORDED_ALIASES);
});

Deno.test("docs/commands.md names every command and every absent one", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/commands.md", import.meta.url));
  for (const name of [...COMMANDS.map((command) => command.name), ...ABSENT_COMMANDS]) {
    assertEquals(text.includes(`\`${name}\``) || text.includes(`\`${name} `), true, name);
  }
});

Deno.test("our own names change no abbreviation of the official client, whatever the group", () => {
  const official = RECORDED_COMMANDS.map(({ command }) => command);
  const groups = new Set(official.flatMap((name) => {
    const words = name.split(" ");
    return words.map((_, length) => words.slice(0, length).join(" "));
  }));
  const table = { commands: COMMANDS, absent: ABSENT_COMMANDS };
  for (const path of groups) {
    const members = membersOf(official, path);
    const ours = ourMembers(table, path);
    const all = [...members, ...ours];
    for (const name of members) {
      for (let length = 1; length <= name.length; length++) {
        const word = name.slice(0, length);
        if (ours.has(word)) continue;
        assertEquals(selectMember(all, word, ours), selectMember(members, word), `${path} ${word}`);
      }
    }
  }
  assertEquals(ourMembers(table, "snapshot").has("diff"), true);
  assertEquals(ourMembers(table, "").has("snapshot"), false);
});
