import { MANIFEST_BLOB_NAME } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { CATALOG_OPTIONS } from "../options/catalog_options.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import type { OutputFormat } from "../output/output.ts";
import { openSnapshotCommand } from "../repository/open_snapshot_command.ts";

/** `catalog dump` (spec: cli.md §4.11). */
export const command: CommandDefinition = {
  description:
    "List every entry of the file archives of a snapshot, with the size and time of files. The " +
    "lines are log lines and go to the standard error, JSON goes to the standard output.",
  positionals: [SNAPSHOT_POSITIONAL],
  options: [
    ...CATALOG_OPTIONS,
    {
      ...OUTPUT_FORMAT_OPTION,
      default: "text",
      description: "Form of the list: text for log lines, or JSON on the standard output.",
    },
  ],
  output: "none",
  run: dumpCatalog,
};

async function dumpCatalog(values: CommandValues, context: CommandContext): Promise<void> {
  const { output } = context;
  await using opened = await openSnapshotCommand(values, context);
  const { repository, namespace, snapshot } = opened;
  const crypt = await openRestoreKey(readCryptOptions(values, context), context);
  await using source = await repository.openSnapshot(namespace, snapshot);
  const [{ CheckedSnapshot, ChunkCache }, { snapshotNames }, { printDump }] = await Promise.all([
    import("../../lib/reading/mod.ts"),
    import("../../lib/shell/mod.ts"),
    import("../output/catalog/print_dump.ts"),
  ]);
  const log = (level: "debug" | "info" | "warn" | "error", line: string) => output.log(level, line);
  const checked = await CheckedSnapshot.open(source, crypt, MANIFEST_BLOB_NAME, { log });
  using cache = new ChunkCache(source, crypt);
  const parts = snapshotNames({
    snapshot: checked,
    cache,
    ignoresCatalog: values.flag("ignore-catalog"),
    onNote: log,
  });
  // The variable is not heeded: scripts read the lines of the official client.
  await printDump(parts, output, values.requiredText("output-format") as OutputFormat);
}
