import { quotePath } from "../../lib/bytes/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { MatchEntry } from "../../lib/fs/mod.ts";
import { argumentBytes } from "../arguments/argument.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { PATTERN_FORMAT } from "../arguments/value_formats.ts";
import type { Command, Parameter } from "../command.ts";
import { describeStat } from "./describe_stat.ts";
import { NamePrinter } from "./name_printer.ts";
import type { ShellSession } from "./shell_session.ts";

/** A command of a catalog shell. */
export interface ShellCommand extends Command {
  readonly run: (values: CommandValues, session: ShellSession) => Promise<void> | void;
}

const PATH: Parameter = {
  name: "path",
  type: { kind: "string", acceptsBytes: true },
  required: true,
  completion: "archive-path",
  description: "Path in the archive, from its root or from the current directory.",
};
const { required: _, ...OPTIONAL_PATH } = PATH;

const TARGET: Parameter = {
  name: "target",
  type: { kind: "string", acceptsBytes: true },
  required: true,
  completion: "file-name",
  description: "Local directory to restore to; it is created if it does not exist.",
};

/** A command that takes no options. */
function command(
  name: string,
  description: string,
  positionals: readonly Parameter[],
  run: ShellCommand["run"],
): ShellCommand {
  return { name, description, positionals, options: [], output: "none", run };
}

/** Commands of the shell but for `help`, sorted by name (spec: cli.md §4.11). */
export const SHELL_COMMANDS: readonly ShellCommand[] = [
  command(
    "cd",
    "Change the current directory.",
    [{ ...OPTIONAL_PATH, description: "Directory of the archive; its root if absent." }],
    async (values, { shell }) => await shell.changeDirectory(values.bytes("path")),
  ),
  command(
    "clear-selected",
    "Empty the selection.",
    [],
    (_values, { shell, output }) => {
      shell.selection.clear();
      output.printLine("cleared selection");
    },
  ),
  command(
    "deselect",
    "Take a path out of the selection.",
    [PATH],
    async (values, { shell, output }) => {
      const path = await shell.canonicalPath(values.bytes("path")!);
      const done = shell.selection.removePath(path)
        ? "removed path from selection"
        : "path not selected";
      output.printLine(`${done}: ${quotePath(path)}`);
    },
  ),
  command("exit", "Leave the shell.", [], () => {}),
  {
    ...command(
      "find",
      "List the paths that match a pattern, in the whole archive.",
      [{
        name: "pattern",
        type: { kind: "string", acceptsBytes: true },
        required: true,
        description: "Match pattern; quote it where it has blanks.",
      }],
      findPaths,
    ),
    options: [{
      name: "select",
      type: { kind: "boolean" },
      default: false,
      description: "Add the pattern to the selection if it matches anything.",
    }],
  },
  {
    ...command("list-selected", "List what is selected.", [], listSelected),
    options: [{
      name: "patterns",
      type: { kind: "boolean" },
      default: false,
      description: "List the paths and patterns as they were selected, not what they match.",
    }],
  },
  command(
    "ls",
    "List the names in a directory.",
    [{ ...OPTIONAL_PATH, description: "Path in the archive; the current directory if absent." }],
    async (values, { shell, output }) =>
      await new NamePrinter(output).all(shell.list(values.bytes("path"))),
  ),
  command(
    "pwd",
    "List the current working directory.",
    [],
    (_values, { shell, output }) => output.printLine(quotePath(shell.position)),
  ),
  {
    ...command(
      "restore",
      "Restore the whole archive, or what matches a pattern, wherever the current directory is.",
      [TARGET],
      restoreMatches,
    ),
    options: [{
      name: "pattern",
      type: { kind: "string", format: PATTERN_FORMAT, acceptsBytes: true },
      description: "Restore only what matches.",
    }],
  },
  command(
    "restore-selected",
    "Restore what is selected.",
    [TARGET],
    async (values, session) => {
      const { selection } = session.shell;
      if (selection.isEmpty) throw new UsageError("no entries selected");
      const wanted = { patterns: [], selection: selection.toMatchList() };
      await session.restore(values.bytes("target")!, wanted);
    },
  ),
  command(
    "select",
    "Add a path to the selection.",
    [PATH],
    async (values, { shell, output }) => {
      const path = await shell.canonicalPath(values.bytes("path")!);
      const done = shell.selection.addPath(path) ? "added path" : "path already selected";
      output.printLine(`${done}: ${quotePath(path)}`);
    },
  ),
  command(
    "stat",
    "Show the metadata of an entry.",
    [PATH],
    async (values, { shell, output }) => {
      const { path, entry } = await shell.stat(values.bytes("path")!);
      output.print("  File: ");
      output.printBytes(new NamePrinter(output).shown(path));
      output.print(describeStat(entry));
    },
  ),
];

async function findPaths(
  values: CommandValues,
  { shell, output, signal }: ShellSession,
): Promise<void> {
  const pattern = values.bytes("pattern")!;
  const printer = new NamePrinter(output);
  let count = 0;
  try {
    for await (const path of shell.find(pattern, signal)) {
      count++;
      printer.add(path);
    }
  } finally {
    printer.flush();
  }
  if (count > 0 && values.flag("select")) shell.selection.addPattern(pattern);
}

async function listSelected(
  values: CommandValues,
  { shell, output, signal }: ShellSession,
): Promise<void> {
  if (!values.flag("patterns")) {
    await new NamePrinter(output).all(shell.selected(signal));
    return;
  }
  output.print(shell.selection.items.map(({ text }) => `${quotePath(text)}\n`).join(""));
}

async function restoreMatches(values: CommandValues, session: ShellSession): Promise<void> {
  const [pattern] = values.arguments("pattern");
  // Those that are text are named where they match nothing.
  await session.restore(values.bytes("target")!, {
    patterns: pattern === undefined || pattern.bytes !== undefined ? [] : [pattern.text],
    selection: pattern?.bytes === undefined
      ? []
      : [new MatchEntry(argumentBytes(pattern), "include")],
  });
}
