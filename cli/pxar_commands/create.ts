import { quotePath } from "../../lib/bytes/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { DEFAULT_ENTRIES_MAX, MatchEntry, type MatchList } from "../../lib/fs/mod.ts";
import { argumentBytes } from "../arguments/argument.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { isBrokenPipe } from "../output/is_broken_pipe.ts";
import { ClosedOutputError } from "../output/output.ts";
import { LEAVE_OUT_OPTIONS, readLeaveOut } from "../options/leave_out_options.ts";
import { catchSignals } from "../signals/catch_signals.ts";
import { flagOption } from "./flag_option.ts";

/** `pxar create` (spec: cli.md §7.1). */
export const command: CommandDefinition = {
  description: "Make an archive of a directory.",
  positionals: [
    {
      name: "archive",
      type: { kind: "string", acceptsBytes: true },
      required: true,
      completion: "file-name",
      description:
        "File to make, which must not exist; a named pipe, or /dev/stdout for the standard output. " +
        "A file gets this name when it is complete.",
    },
    {
      name: "source",
      type: { kind: "string", acceptsBytes: true },
      required: true,
      completion: "file-name",
      description: "Directory to archive; not a symbolic link.",
    },
  ],
  options: [
    flagOption("all-file-systems", "Enter mounted file systems."),
    {
      name: "entries-max",
      type: { kind: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      default: DEFAULT_ENTRIES_MAX,
      description: "How many entries directories may have, one and all those above it together.",
    },
    {
      name: "exclude",
      type: { kind: "string", acceptsBytes: true },
      repeatable: true,
      description: "Pattern of files to leave out, as in files named .pxarexclude.",
    },
    ...LEAVE_OUT_OPTIONS,
    flagOption("no-acls", "Leave out ACLs."),
    flagOption("no-device-nodes", "Leave out device nodes."),
    flagOption("no-fcaps", "Leave out file capabilities."),
    flagOption("no-fifos", "Leave out named pipes."),
    flagOption("no-sockets", "Leave out sockets."),
    flagOption("no-xattrs", "Leave out extended attributes, file capabilities and ACLs."),
    {
      name: "payload-output",
      type: { kind: "string", acceptsBytes: true },
      completion: "file-name",
      description: "File for the contents: makes a split archive.",
    },
  ],
  output: "none",
  run: create,
};

async function create(values: CommandValues, { output }: CommandContext): Promise<void> {
  const archive = values.bytes("archive")!;
  const payload = values.bytes("payload-output");
  const leaveOut = await readLeaveOut(values);
  if (leaveOut?.oneFileSystem && values.flag("all-file-systems")) {
    throw new UsageError("option 'one-file-system' conflicts with option 'all-file-systems'");
  }
  const excludes = [
    ...(leaveOut?.patterns ?? []).map((pattern) => new MatchEntry(pattern)),
    ...readExcludes(values),
  ];
  if (values.text("archive") === "-") {
    output.log("info", 'note: "-" is a file here; the standard output is /dev/stdout');
  }
  const { createArchiveFile } = await import("../../lib/archive_files/mod.ts");
  using signals = catchSignals(() => {});
  try {
    await createArchiveFile({
      archive,
      ...(payload === undefined ? {} : { payload }),
      source: values.bytes("source")!,
      excludes,
      ...(leaveOut === undefined ? {} : { leaveOut }),
      allFileSystems: values.flag("all-file-systems"),
      entriesMax: values.requiredInteger("entries-max"),
      xattrs: !values.flag("no-xattrs"),
      fcaps: !values.flag("no-fcaps"),
      acls: !values.flag("no-acls"),
      devices: !values.flag("no-device-nodes"),
      fifos: !values.flag("no-fifos"),
      sockets: !values.flag("no-sockets"),
      signal: signals.signal,
    }, {
      log: (level, message) => output.log(level, message),
      ...(output.isDebug ? { entry: (path) => output.log("debug", quotePath(path)) } : {}),
    });
  } catch (error) {
    signals.rethrow();
    if (isBrokenPipe(error)) {
      throw new ClosedOutputError("The reader of the archive has gone", { cause: error });
    }
    throw error;
  }
}

/** @throws {UsageError} if one is malformed. */
function readExcludes(values: CommandValues): MatchList {
  return values.arguments("exclude").map((word) => {
    try {
      return new MatchEntry(argumentBytes(word));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`error in exclude pattern: ${error.message}`);
    }
  });
}
