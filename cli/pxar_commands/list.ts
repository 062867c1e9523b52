import { quotePath } from "../../lib/bytes/mod.ts";

import type { PxarEntry } from "../../lib/pxar/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { describeEntry } from "../output/describe_entry.ts";

/** `pxar list` (spec: cli.md §7.1). */
export const command: CommandDefinition = {
  description:
    "List the entries of an archive, each with its path in quotes; with the environment " +
    "variable PXAR_LOG=debug also with its metadata.",
  positionals: [{
    name: "archive",
    type: { kind: "string", acceptsBytes: true },
    required: true,
    completion: "file-name",
    description: "Archive to list; /dev/stdin for the standard input.",
  }],
  options: [{
    name: "payload-input",
    type: { kind: "string", acceptsBytes: true },
    completion: "file-name",
    description: "File with the contents of a split archive.",
  }],
  output: "none",
  run: list,
};

/** Characters of lines that are written at once. */
const BATCH_LENGTH = 64 * 1024;

async function list(values: CommandValues, { output }: CommandContext): Promise<void> {
  const payload = values.bytes("payload-input");
  let lines = "";
  const flush = () => {
    output.print(lines);
    lines = "";
  };
  const line: (path: Uint8Array, entry: PxarEntry) => string = output.isDebug
    ? describeEntry
    : quotePath;
  const { listArchiveFile } = await import("../../lib/archive_files/mod.ts");
  try {
    await listArchiveFile({
      archive: values.bytes("archive")!,
      ...(payload === undefined ? {} : { payload }),
      onVersion: (version) => {
        if (version === 2) output.log("debug", "pxar format version 'Version2'");
      },
      onEntry: (path, entry) => {
        lines += `${line(path, entry)}\n`;
        if (lines.length >= BATCH_LENGTH) flush();
      },
    });
  } finally {
    // Entries before damage are listed as well.
    flush();
  }
}
