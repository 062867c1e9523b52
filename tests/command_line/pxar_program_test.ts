import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { findCommand } from "../../cli/arguments/find_command.ts";
import { parseCommandLine } from "../../cli/arguments/parse_command_line.ts";
import type { Parameter } from "../../cli/command.ts";
import { loadCommands } from "../../cli/load_commands.ts";
import { PXAR_SUBJECT } from "../../cli/manual/subjects/pxar.ts";
import { splitShellWords } from "../../cli/secrets/split_shell_words.ts";
import { LEAVE_OUT_OPTIONS } from "../../cli/options/leave_out_options.ts";
import { PXAR } from "../../cli/pxar_program.ts";
import { RECORDED_PROGRAMS, toCommand } from "../support/cli_vectors.ts";
import { runPeer } from "../support/run_peer.ts";
import { runPxar, runPxarHere, runPxarOk } from "../support/run_pxar.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const commands = await loadCommands(PXAR.table.commands);
const recorded = RECORDED_PROGRAMS.filter(({ program }) => program === "pxar").map(toCommand);

/** What counts for a command line. */
function essence(parameter: Parameter): unknown {
  const { name, type, default: declared, required = false, repeatable = false } = parameter;
  const rule = type.kind === "string"
    ? type.format?.name
    : type.kind === "integer"
    ? type.minimum
    : undefined;
  return { name, kind: type.kind, rule, declared, required, repeatable };
}

const byName = (a: Parameter, b: Parameter) => a.name < b.name ? -1 : 1;

Deno.test("the commands of pxar take what those of the official pxar take", () => {
  const official = PXAR.table.commands.filter(({ isOurs }) => !isOurs).map(({ name }) => name);
  assertEquals(
    [...official, ...PXAR.table.absent].toSorted(),
    recorded.map(({ name }) => name).toSorted(),
  );
  for (const { name, positionals, options } of recorded) {
    const ours = commands.find((command) => command.name === name);
    if (ours === undefined) continue;
    assertEquals(ours.positionals.map(essence), positionals.map(essence), name);
    const added = name === "create" ? LEAVE_OUT_OPTIONS : [];
    assertEquals(added.filter((option) => !ours.options.includes(option)), [], name);
    assertEquals(
      ours.options.filter((option) => !added.includes(option)).toSorted(byName).map(essence),
      options.toSorted(byName).map(essence),
      name,
    );
  }
});

Deno.test("the name that the program is started by says what it is", async () => {
  const version = await runPxar(["--version"]);
  assertMatch(version.stdout, /^pxar \d+\.\d+\.\d+\n$/);
  const unknown = await runPxar(["backup", "a.pxar:/etc"]);
  assertEquals([unknown.code, unknown.stdout], [255, ""]);
  assertMatch(unknown.stderr, /^Error: no such command 'backup'\n\nUsage: pxar <command>/);
});

Deno.test("every command of pxar explains itself", async () => {
  const all = await runPxarOk(["--help"]);
  assertStringIncludes(all, "Usage: pxar COMMAND [OPTIONS]");
  for (const { name, options } of commands) {
    assertMatch(all, new RegExp(`^ ${name} `, "m"));
    const text = await runPxarOk([name, "--help"]);
    assertStringIncludes(text, `Usage: pxar ${name}`);
    for (const option of options) assertStringIncludes(text, ` --${option.name} `);
  }
});

Deno.test("the examples of pxar's pages are command lines that it takes", () => {
  for (const [name, examples] of PXAR_SUBJECT.examples) {
    for (const { line } of examples) {
      const words = splitShellWords(line.replace(/ [|<>] .*$/, "")).map((text) => ({ text }));
      const { command, rest } = findCommand(PXAR.table, words);
      if (name !== "") assertEquals(command.name, name);
      parseCommandLine(commands.find((each) => each.name === command.name)!, rest);
    }
  }
});

Deno.test("PXAR_LOG says what is shown, PBS_LOG does not count", async () => {
  const { stderr } = await runPxarHere(["help"], { PXAR_LOG: "loud", PBS_LOG: "louder" });
  assertMatch(stderr, /^env variable PXAR_LOG found, but parsing failed: 'loud'.*\n$/);
});

Deno.test("command lines of pxar are completed", async () => {
  const offered = async (line: string) =>
    (await runPxarOk(["bashcomplete"], { COMP_LINE: line, COMP_POINT: `${line.length}` }))
      .split("\n").filter((word) => word !== "").toSorted();
  assertEquals(await offered("pxar ex"), ["extract"]);
  assertEquals(await offered("pxar extract a b --over"), [
    "--overwrite",
    "--overwrite-files",
    "--overwrite-hardlinks",
    "--overwrite-symlinks",
  ]);
  assertStringIncludes(await runPxarOk(["completion", "bash"]), "complete -F _pxar_complete pxar");
});

testWithPeers("pxar has a manual page for each command", ["mandoc"], async () => {
  await using dir = await TempDir.make();
  await runPxarOk(["man", dir.path], { SOURCE_DATE_EPOCH: "1770000000" });
  const pages = [...Deno.readDirSync(dir.path)].map(({ name }) => name).toSorted();
  assertEquals(
    pages,
    ["pxar.1", ...commands.map(({ name }) => `pxar-${name}.1`)].toSorted(),
  );
  const paths = pages.map((name) => `${dir.path}/${name}`);
  assertEquals(await runPeer("mandoc", ["-Tlint", "-Wstyle", ...paths]), "");
  const text = (await runPeer("mandoc", ["-Tascii", `${dir.path}/pxar-create.1`]))
    // deno-lint-ignore no-control-regex
    .replaceAll(/.\x08/g, "");
  for (const word of ["--payload-output", "PXAR_LOG", ".pxarexclude", "pxar create /dev/stdout"]) {
    assertStringIncludes(text, word);
  }
  // Variables of servers and repositories are none of its business.
  assertEquals([...new Set(text.match(/PBS_\w+/g))], ["PBS_CLIENT_NATIVE", "PBS_LOG"]);
});
