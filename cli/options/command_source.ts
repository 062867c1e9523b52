import type { ArchiveSpec } from "../../lib/backup/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { Parameter } from "../command.ts";
import { splitShellWords } from "../secrets/split_shell_words.ts";

const MAX_NAME_BYTES = 255;

/** Options for the output of a command as a source of `backup`. */
export const COMMAND_SOURCE_OPTIONS: readonly Parameter[] = [
  {
    name: "stdin-filename",
    type: { kind: "string" },
    description: "Name of the file that the command's output becomes in a pxar archive; the " +
      "archive's name if absent.",
  },
  {
    name: "stdin-from-command",
    type: { kind: "string" },
    description: "Command whose output is what the archive with the source - consists of, e.g. " +
      "dump.pxar:-. It is split into words by the rules of quoting and runs without a shell; " +
      "sh -c '...' gives it one. The backup fails if the command does.",
  },
];

/**
 * Puts the command of `--stdin-from-command` in the place of the source `-`.
 *
 * @throws {UsageError} if there is no such source, or more than one, or the options make no sense.
 */
export function withCommandSource(
  specs: readonly ArchiveSpec[],
  values: CommandValues,
): ArchiveSpec[] {
  const line = values.text("stdin-from-command");
  const fileName = values.text("stdin-filename");
  if (line === undefined) {
    if (fileName !== undefined) {
      throw new UsageError("option 'stdin-filename' needs option 'stdin-from-command'");
    }
    return [...specs];
  }
  const [program, ...args] = splitShellWords(line);
  if (program === undefined || program === "") {
    throw new UsageError("option 'stdin-from-command' names no command");
  }
  const isOutput = ({ path }: ArchiveSpec) => path.length === 1 && path[0] === "-".charCodeAt(0);
  const outputs = specs.filter(isOutput);
  const [output] = outputs;
  if (output === undefined || outputs.length > 1) {
    throw new UsageError(
      output === undefined
        ? "option 'stdin-from-command' needs an archive with the source -, e.g. dump.pxar:-"
        : "only one archive can have the output of the command",
    );
  }
  if (fileName !== undefined) checkFileName(fileName, output);
  const command = {
    words: [program, ...args] as const,
    fileName: fileName ?? output.name.replace(/\.pxar$/, ""),
  };
  return specs.map((spec) => isOutput(spec) ? { ...spec, command } : spec);
}

function checkFileName(name: string, { kind }: ArchiveSpec): void {
  if (kind !== "pxar") throw new UsageError("option 'stdin-filename' is for pxar archives only");
  const isName = name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name) &&
    new TextEncoder().encode(name).length <= MAX_NAME_BYTES;
  if (!isName) throw new UsageError(`'${name}' cannot be the name of a file, give one without /`);
}
