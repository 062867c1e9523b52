import { selectMember } from "../cli/arguments/find_command.ts";
import { assertEquals } from "@std/assert";
import { ABSENT_COMMANDS, ALIASES, COMMANDS } from "../cli/command_table.ts";
import type { Command, Parameter } from "../cli/command.ts";
import {
  RECORDED_ALIASES,
  RECORDED_COMMANDS,
  type RecordedParameter,
  toParameter,
} from "./cli_vectors.ts";

/** Options that only we have, by command. */
const OURS: Readonly<Record<string, readonly string[]>> = {
  backup: ["init", "output-format", "retry"],
};

/** What has to agree of a parameter. */
function essence(parameter: Parameter): Record<string, unknown> {
  const { kind, ...rest } = parameter.type;
  const { format, acceptsBytes: _, checkedByCommand = false, ...limits } = rest as Record<
    string,
    unknown
  >;
  return {
    name: parameter.name,
    kind,
    ...limits,
    checkedByCommand,
    format,
    default: parameter.default,
    required: parameter.required ?? false,
    repeatable: parameter.repeatable ?? false,
  };
}

function byName(parameters: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return parameters.toSorted((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
}

function recorded(parameters: readonly RecordedParameter[]): Record<string, unknown>[] {
  return parameters.map((parameter) => essence(toParameter(parameter)));
}

function assertSameParameters(command: Command): void {
  const official = RECORDED_COMMANDS.find((candidate) => candidate.command === command.name);
  if (official === undefined) throw new Error(`'${command.name}' is no command of the client`);
  assertEquals(
    command.positionals.map(essence),
    recorded(official.positionals),
    `positionals of '${command.name}'`,
  );
  const ours = OURS[command.name] ?? [];
  const shared = command.options.filter(({ name }) => !ours.includes(name));
  assertEquals(shared.length, command.options.length - ours.length, command.name);
  assertEquals(
    byName(shared.map(essence)),
    byName(recorded(official.options)),
    `options of '${command.name}'`,
  );
}

const common = COMMANDS.filter((command) => !command.isOurs);

Deno.test(`the table agrees with the official client's in ${common.length} of ${RECORDED_COMMANDS.length} commands`, () => {
  for (const command of common) assertSameParameters(command);
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
  const text = await Deno.readTextFile(new URL("../docs/commands.md", import.meta.url));
  for (const name of [...COMMANDS.map((command) => command.name), ...ABSENT_COMMANDS]) {
    assertEquals(text.includes(`\`${name}\``) || text.includes(`\`${name} `), true, name);
  }
});

Deno.test("our own top-level names change no abbreviation of the official client", () => {
  const official = [...new Set(RECORDED_COMMANDS.map(({ command }) => command.split(" ")[0]!))];
  const ours = new Set(
    COMMANDS.filter(({ isOurs }) => isOurs).map(({ name }) => name.split(" ")[0]!),
  );
  const all = [...official, ...ours];
  for (const name of official) {
    for (let length = 1; length <= name.length; length++) {
      const word = name.slice(0, length);
      if (ours.has(word)) continue;
      assertEquals(selectMember(all, word, ours), selectMember(official, word), word);
    }
  }
});
