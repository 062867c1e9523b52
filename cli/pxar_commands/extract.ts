import { quotePath } from "../../lib/bytes/mod.ts";
import type { ExtractChoices } from "../../lib/archive_files/mod.ts";
import { PbsError, SystemError } from "../../lib/errors/mod.ts";
import { type ExtractError, type ExtractWayOut, MatchEntry } from "../../lib/fs/mod.ts";
import { argumentBytes } from "../arguments/argument.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { PATTERN_FORMAT } from "../arguments/value_formats.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { parsePatternLines } from "../files/parse_pattern_lines.ts";
import { readInputPath } from "../files/read_input.ts";
import { catchSignals } from "../signals/catch_signals.ts";
import { flagOption } from "./flag_option.ts";

/** The options that leave out what fails for others than root. */
const WAY_OUT: ExtractWayOut = {
  "extended attributes": "--no-xattrs",
  "file capabilities": "--no-fcaps",
  "access control list": "--no-acls",
  "create device": "--no-device-nodes",
};
const EEXIST = 17;
/** A list of patterns that is longer is none. */
const PATTERN_FILE_BYTES_MAX = 16 * 1024 * 1024;

/** `pxar extract` (spec: cli.md §7.1). */
export const command: CommandDefinition = {
  description: "Extract an archive.",
  positionals: [
    {
      name: "archive",
      type: { kind: "string", acceptsBytes: true },
      required: true,
      completion: "file-name",
      description: "Archive to extract; - for the standard input.",
    },
    {
      name: "target",
      type: { kind: "string", acceptsBytes: true },
      completion: "file-name",
      description:
        "Directory to extract to; created if it is not there, the current one if absent.",
    },
  ],
  options: [
    flagOption("allow-existing-dirs", "Accept directories that exist already."),
    {
      name: "files-from",
      type: { kind: "string" },
      completion: "file-name",
      description:
        "File with patterns, one a line, that are added to those of --pattern; lines that " +
        "are empty or begin with # do not count.",
    },
    flagOption("no-acls", "Do not extract ACLs."),
    flagOption("no-device-nodes", "Do not extract device nodes."),
    flagOption("no-fcaps", "Do not extract file capabilities."),
    flagOption("no-fifos", "Do not extract named pipes."),
    flagOption("no-sockets", "Do not extract sockets."),
    flagOption("no-xattrs", "Do not extract extended attributes, except file capabilities."),
    flagOption("overwrite", "Replace entries that exist, whatever they are; never a directory."),
    flagOption("overwrite-files", "Replace entries that exist where the archive has a file."),
    flagOption(
      "overwrite-hardlinks",
      "Replace entries that exist where the archive has a hard link.",
    ),
    flagOption(
      "overwrite-symlinks",
      "Replace entries that exist where the archive has a symbolic link.",
    ),
    {
      name: "pattern",
      type: { kind: "string", format: PATTERN_FORMAT },
      repeatable: true,
      description: "Extract only what matches.",
    },
    {
      name: "payload-input",
      type: { kind: "string", acceptsBytes: true },
      completion: "file-name",
      description: "File with the contents of a split archive.",
    },
    {
      name: "prelude-target",
      type: { kind: "string", acceptsBytes: true },
      completion: "file-name",
      description: "File to write the prelude of a split archive to.",
    },
    flagOption("strict", "Stop at the first error."),
  ],
  output: "none",
  run: extract,
};

async function extract(values: CommandValues, { output }: CommandContext): Promise<void> {
  const isStrict = values.flag("strict");
  const payload = values.bytes("payload-input");
  const preludeTarget = values.bytes("prelude-target");
  const texts = readPatterns(values);
  const { extractArchiveFile } = await import("../../lib/archive_files/mod.ts");
  using signals = catchSignals(() => output.log("info", "interrupted"));
  try {
    const report = await extractArchiveFile({
      archive: values.text("archive") === "-" ? "-" : values.bytes("archive")!,
      ...(payload === undefined ? {} : { payload }),
      target: values.bytes("target") ?? new TextEncoder().encode("."),
      patterns: texts.map((text) => new MatchEntry(text, "include")),
      choices: readChoices(values),
      isStrict,
      ...(preludeTarget === undefined ? {} : { preludeTarget }),
      signal: signals.signal,
    }, {
      log: (level, message) => output.log(level, message),
      failed: (error) => output.log("error", errorLines(error)),
      unmatched: (patterns) => {
        for (const i of patterns) {
          const text = new TextDecoder().decode(texts[i]);
          output.log("warn", `warning: pattern '${text}' matched nothing`);
        }
      },
    });
    if (report.errorCount > 0) {
      const isInTheWay = report.errors.some(({ errno }) => errno === EEXIST);
      throw new PbsError("there were errors", {
        ...(isInTheWay ? { situation: { kind: "target-exists", what: "tree" } } : {}),
      });
    }
  } catch (error) {
    signals.rethrow();
    if (!isStrict || !(error instanceof SystemError)) throw error;
    throw new SystemError(error.errno, `error extracting archive - ${error.message}`);
  }
}

/** One error among others, in the form of a failure with its cause (spec: cli.md §7.1). */
function errorLines({ path, message }: ExtractError): string {
  const shown = `"/${quotePath(path).slice(1)}`;
  return [`error: error at ${shown}`, "", "Caused by:", `    ${message}`].join("\n");
}

function readPatterns(values: CommandValues): Uint8Array[] {
  const file = values.text("files-from");
  return [
    ...values.arguments("pattern").map(argumentBytes),
    ...(file === undefined ? [] : parsePatternLines(readInputPath(file, PATTERN_FILE_BYTES_MAX))),
  ];
}

function readChoices(values: CommandValues): ExtractChoices {
  const overwrite = values.flag("overwrite");
  return {
    allowExistingDirs: values.flag("allow-existing-dirs"),
    overwriteFiles: overwrite || values.flag("overwrite-files"),
    overwriteSymlinks: overwrite || values.flag("overwrite-symlinks"),
    overwriteHardlinks: overwrite || values.flag("overwrite-hardlinks"),
    overwriteOthers: overwrite,
    ignoreAcls: values.flag("no-acls"),
    ignoreFcaps: values.flag("no-fcaps"),
    ignoreXattrs: values.flag("no-xattrs"),
    skipDevices: values.flag("no-device-nodes"),
    skipFifos: values.flag("no-fifos"),
    skipSockets: values.flag("no-sockets"),
    wayOut: WAY_OUT,
  };
}
