import { UsageError } from "../lib/errors/mod.ts";
import type { Argument } from "./arguments/argument.ts";
import type { CommandValues } from "./arguments/command_values.ts";
import { findCommand } from "./arguments/find_command.ts";
import { followCommandNames } from "./arguments/follow_command_names.ts";
import { parseCommandLine } from "./arguments/parse_command_line.ts";
import type { Command } from "./command.ts";
import type { CommandContext } from "./command_context.ts";
import type { Environment } from "./environment.ts";
import { ClosedOutputError, Output } from "./output/output.ts";
import { PBS_CLIENT } from "./command_table.ts";
import { WARNINGS_EXIT_OPTION } from "./options/output_options.ts";
import type { RunnableProgram } from "./runnable_program.ts";
import type { RepositoryOpener } from "./repository/repository_opener.ts";
import { RepositoryUse } from "./repository/repository_use.ts";
import { systemRepositories } from "./repository/system_repositories.ts";
import { SignalError } from "./signals/signal_error.ts";
import { VERSION } from "./version.ts";

/** Exit code of everything that fails (spec: cli.md §1.5). */
export const FAILURE = 255;
/** Exit status that a shell reports for a program that wrote into a closed pipe: 128 + SIGPIPE. */
const CLOSED_PIPE = 141;

const HELP_WORDS = new Set(["--help", "-h"]);

/** How the process is to end. */
export interface ExitStatus {
  readonly code: number;
  /** The signal that ended the run; the process dies by it. */
  readonly signalNumber?: number;
}

/** Command and values of the words, as far as they were read. */
interface Asked {
  command?: Command;
  values?: CommandValues;
}

/**
 * Runs a command line: finds the command, loads it, parses its words, runs it, reports failures.
 *
 * @param words The words after the program's name.
 * @param program Whose commands they name.
 */
export async function runCommandLine(
  words: readonly Argument[],
  environment: Environment,
  output: Output = new Output(environment),
  repositories: RepositoryOpener = systemRepositories,
  program: RunnableProgram = PBS_CLIENT,
): Promise<ExitStatus> {
  const use = new RepositoryUse(environment);
  const asked: Asked = {};
  const { table } = program;
  const context = { program, table, environment, output, repositories, use };
  const isDebug = words.some((word) => word.text === "--debug") || output.isDebug;
  try {
    const line = words.filter((word) => word.text !== "--debug");
    if (HELP_WORDS.has(line[0]?.text ?? "")) return await overview("", context);
    if (line[0]?.text === "--version") {
      output.printLine(`${program.name} ${VERSION}`);
      return { code: 0 };
    }
    if (line[0]?.text === "bashcomplete") {
      await (await import("./completion/complete.ts")).complete(context);
      return { code: 0 };
    }
    if (line[0]?.text === "__complete") {
      await (await import("./completion/answer_shell.ts")).answerShell(context);
      return { code: 0 };
    }
    if (line[0]?.text === "printdoc") {
      const { referenceText } = await import("./help/reference_text.ts");
      const { loadCommands } = await import("./load_commands.ts");
      output.print(referenceText(await loadCommands(table.commands), program.name));
      return { code: 0 };
    }
    if (line[0]?.text === "dump-catalog-shell-cli") {
      await (await import("./catalog_shell/print_reference.ts")).printReference(output);
      return { code: 0 };
    }
    const asksForHelp = HELP_WORDS.has(line.at(-1)?.text ?? "");
    if (asksForHelp) {
      const { path, command, isGroup, rest } = followCommandNames(table, line.slice(0, -1));
      if (isGroup && command === undefined && rest.length === 0) {
        return await overview(path, context);
      }
    }
    const { command: entry, rest } = findCommand(table, line);
    if (asksForHelp && rest.length > 0) {
      await help(entry.name.split(" "), context, table);
      return { code: 0 };
    }
    const command = await entry.load();
    asked.command = command;
    const values = parseCommandLine(command, rest);
    asked.values = values;
    applyVerbosity(command, values, output);
    const warningsExit = await warningsExitOf(command, values, context);
    await command.run(values, context);
    await use.record();
    return { code: output.warnings > 0 ? warningsExit : 0 };
  } catch (error) {
    if (error instanceof ClosedOutputError) return { code: CLOSED_PIPE };
    if (error instanceof SignalError) {
      return { code: 128 + error.signalNumber, signalNumber: error.signalNumber };
    }
    const { ReportedFailure } = await import("./background/reported_failure.ts");
    if (error instanceof ReportedFailure) return { code: error.code };
    const { reportFailure } = await import("./report_failure.ts");
    const commandNames = table.commands.map(({ name }) => name);
    reportFailure(error, isDebug, output, {
      programName: program.name,
      program: environment.get("PBS_CLIENT_PROGRAM") || program.name,
      commandNames,
      address: use.address,
      ...asked,
    });
    return { code: asked.command?.failureCode ?? FAILURE };
  }
}

/** `--quiet` and `--verbose`, for the commands that have both. */
function applyVerbosity(command: Command, values: CommandValues, output: Output): void {
  const takes = (name: string) => command.options.some((option) => option.name === name);
  if (!takes("quiet") || !takes("verbose")) return;
  const [quiet, verbose] = [values.flag("quiet"), values.flag("verbose")];
  if (quiet && verbose) throw new UsageError("--quiet and --verbose are mutually exclusive");
  if (quiet || verbose) output.verbosity = quiet ? "quiet" : "verbose";
}

async function overview(
  path: string,
  { program, table, output }: CommandContext,
): Promise<ExitStatus> {
  const { overviewText } = await import("./help/overview_text.ts");
  const { loadCommands } = await import("./load_commands.ts");
  output.print(`Usage: ${overviewText(await loadCommands(table.commands), path, program)}`);
  return { code: 0 };
}

async function help(
  names: string[],
  context: CommandContext,
  table: RunnableProgram["table"],
): Promise<void> {
  const { command } = findCommand(table, [{ text: "help" }]);
  const { options, positionals, run } = await command.load();
  await run(parseCommandLine({ options, positionals }, names.map((text) => ({ text }))), context);
}

/** The exit code of a run that succeeds with warnings; most commands give none. */
async function warningsExitOf(
  command: Command,
  values: CommandValues,
  context: CommandContext,
): Promise<number> {
  if (!command.options.some(({ name }) => name === WARNINGS_EXIT_OPTION.name)) return 0;
  const { readWarningsExit } = await import("./read_warnings_exit.ts");
  return readWarningsExit(values, context);
}
