import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { findCommand } from "../../cli/arguments/find_command.ts";
import { parseCommandLine } from "../../cli/arguments/parse_command_line.ts";
import type { Command } from "../../cli/command.ts";
import { ALIASES, COMMANDS } from "../../cli/command_table.ts";
import { splitShellWords } from "../../cli/secrets/split_shell_words.ts";
import { ENVIRONMENT_VARIABLES } from "../../cli/manual/environment_variables.ts";
import { EXAMPLES } from "../../cli/manual/examples.ts";
import { EXIT_CODES } from "../../cli/manual/exit_codes.ts";
import { PXAR_SUBJECT } from "../../cli/manual/subjects/pxar.ts";
import { pageName } from "../../cli/manual/page_name.ts";
import { USED_FILES } from "../../cli/manual/used_files.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { LOADED_COMMANDS } from "../support/loaded_commands.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const PROGRAM = "pbs-client";
const WIDTH = 80;

/** Writes the pages; returns their sources by name. */
async function writePages(folder: string): Promise<Map<string, string>> {
  const environment = { SOURCE_DATE_EPOCH: "1770000000" };
  const { code, stdout, stderr } = await runInProcess(["man", folder], environment);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
  assertEquals([code, stdout, stderr], [
    0,
    "",
    `wrote ${names.length} manual pages to "${folder}"\n`,
  ]);
  return new Map(names.map((name) => {
    assertMatch(name, /^pbs-client[a-z0-9-]*\.1$/);
    return [name.slice(0, -2), Deno.readTextFileSync(`${folder}/${name}`)];
  }));
}

/** A page as a terminal shows it. */
async function render(path: string): Promise<string> {
  const text = await runPeer("groff", ["-ww", "-man", "-Tascii", "-P-c", "-rLL=78n", path]);
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/.\x08/g, "");
}

function flat(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

testWithPeers(
  "manual pages please groff, mandoc and a terminal, and refer to pages that exist",
  ["groff", "mandoc", "man"],
  async () => {
    await using folder = await TempDir.make();
    const pages = await writePages(folder.path);
    const paths = [...pages.keys()].map((name) => `${folder.path}/${name}.1`);
    assertEquals(await runPeer("mandoc", ["-Tlint", "-Wstyle", ...paths]), "");
    for (const path of paths) {
      const groff = await new Deno.Command("groff", {
        args: ["-ww", "-man", "-Tutf8", "-z", path],
      }).output();
      assertEquals([groff.code, new TextDecoder().decode(groff.stderr)], [0, ""], path);
      const text = await render(path);
      assertEquals(text.split("\n").filter((line) => line.length > WIDTH), [], path);
      for (const [, name] of flat(text).matchAll(/(?<![\w-])([a-z][a-z0-9-]*)\(1\)/g)) {
        assertEquals(pages.has(name!), true, `${path} refers to ${name}(1)`);
      }
    }
    const manual = await runPeer("man", ["--warnings", "-l", paths[0]!]);
    assertStringIncludes(manual, "SYNOPSIS");
  },
);

function assertComplete(command: Command, text: string): void {
  const words = flat(text);
  assertStringIncludes(words, command.description);
  for (const { name } of command.positionals) assertMatch(text, new RegExp(`^ {7}${name}\\b`, "m"));
  for (const option of command.options) {
    const start = new RegExp(`^ {7}--${option.name} `, "m").exec(text);
    assertEquals(start !== null, true, `--${option.name} of ${command.name}`);
    const rest = text.slice(start!.index);
    const entry = flat(rest.slice(0, rest.search(/\n\n {7}\S|\n[A-Z]/)));
    assertStringIncludes(entry, flat(option.description));
    const { type, default: declared } = option;
    if (type.kind === "enum") assertStringIncludes(entry, type.values.join("|"));
    if (type.kind === "integer" && type.maximum !== undefined) {
      assertStringIncludes(entry, `${type.minimum} to ${type.maximum}`);
    }
    if (declared !== undefined) {
      const shown = typeof declared === "boolean" ? (declared ? "yes" : "no") : declared;
      assertStringIncludes(entry, `Default: ${shown}.`);
    }
  }
  for (const { name, concerns } of ENVIRONMENT_VARIABLES) {
    if (concerns?.(command) ?? true) assertMatch(text, new RegExp(`^ {7}${name}\\b`, "m"));
  }
  for (const { path, concerns } of USED_FILES) {
    if (concerns(command)) assertStringIncludes(text, path);
  }
  for (const { shown } of EXIT_CODES) assertMatch(text, new RegExp(`^ {7}${shown}\\b`, "m"));
}

testWithPeers(
  "the page of every command has all its arguments, options, variables, files and exit codes",
  ["groff"],
  async () => {
    await using folder = await TempDir.make();
    const pages = await writePages(folder.path);
    for (const command of LOADED_COMMANDS) {
      const name = pageName(PROGRAM, command.name);
      assertEquals(pages.has(name), true, name);
      assertComplete(command, await render(`${folder.path}/${name}.1`));
    }
    const main = await render(`${folder.path}/${PROGRAM}.1`);
    for (const { name } of COMMANDS) assertMatch(main, new RegExp(`^ {7}${name}\\b`, "m"));
    for (const { name } of ENVIRONMENT_VARIABLES) {
      assertMatch(main, new RegExp(`^ {7}${name}\\b`, "m"));
    }
    for (const { path } of USED_FILES) assertStringIncludes(main, path);
  },
);

/** Text of all sources of the program. */
async function* sources(folder: URL): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (/(?<!_test)\.(?:ts|rs)$/.test(name)) {
      yield await Deno.readTextFile(new URL(name, folder));
    }
  }
}

Deno.test("manual pages have each variable that the program reads, and no other", async () => {
  const read = new Set<string>();
  const reading =
    /(?:\b(?:get|env::var_os)\(|\b(?:userFile|readEnvironmentSecret|readKey)\(\s*[\w.]+,|\n {2}(?:variable|logVariable):)\s*"([A-Z][A-Z0-9_]+)"/g;
  for (const layer of ["cli", "lib", "ffi", "native/launcher/src"]) {
    for await (const text of sources(new URL(`../../${layer}/`, import.meta.url))) {
      for (const [, name] of text.matchAll(reading)) read.add(name!);
      for (const [, list] of text.matchAll(/_VARIABLES = \[([^\]]*)\]/g)) {
        for (const [, name] of list!.matchAll(/"([A-Z][A-Z0-9_]+)"/g)) read.add(name!);
      }
    }
  }
  const listed = [...ENVIRONMENT_VARIABLES, ...PXAR_SUBJECT.environment].map(({ name }) => name);
  assertEquals([...new Set(listed)].toSorted(), [...read].toSorted());
});

Deno.test("the examples of manual pages are command lines that the program takes", () => {
  const table = { commands: LOADED_COMMANDS, aliases: ALIASES, absent: [] };
  for (const [name, examples] of EXAMPLES) {
    for (const { line } of examples) {
      const words = splitShellWords(line.replace(/ > \S+$/, "")).map((text) => ({ text }));
      const { command, rest } = findCommand(table, words);
      if (name !== "") assertEquals(command.name, name);
      parseCommandLine(command, rest);
    }
  }
});

Deno.test("manual pages that cannot be written are one error line", async () => {
  await using folder = await TempDir.make();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  const run = await runInProcess(["man", `${folder.path}/file`], {});
  assertEquals([run.code, run.stdout, run.stderr.split("\n").length], [255, "", 2]);
  assertStringIncludes(run.stderr, `unable to write manual pages to "${folder.path}/file"`);
  const wrong = await runInProcess(["man", folder.path], { SOURCE_DATE_EPOCH: "yesterday" });
  assertEquals(wrong.code, 255);
  assertStringIncludes(wrong.stderr, "SOURCE_DATE_EPOCH is no number of seconds: 'yesterday'");
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["file"]);
});
